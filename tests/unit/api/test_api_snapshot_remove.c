/* A snapshot is removed: its manifest, then its row, without a key. */
#include "names.h"
#include "scoped.h"
#include "uploaded_home.h"
#include "work_lock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(api_snapshot_remove, .init = set_up, .fini = tear_down);

struct told {
    struct sealift_unused unused[4];
    char state[4][16], upload[4][40];
    size_t count;
};

static enum sealift_status
note(void *context, const struct sealift_unused *unused, struct sealift_error *err)
{
    struct told *told = context;

    (void)err;
    cr_assert_lt(told->count, 4);
    told->unused[told->count] = *unused;
    snprintf(told->state[told->count], sizeof(told->state[0]), "%s", unused->state);
    snprintf(told->upload[told->count++], sizeof(told->upload[0]), "%s", unused->upload);
    return SEALIFT_OK;
}

static struct told told;

static struct sealift_snapshot_removal
remove_by(struct sealift *sealift, const struct sealift_snapshot_remove_spec *spec, enum sealift_status status,
          const char *word)
{
    struct sealift_snapshot_removal removal = {0};

    told = (struct told){0};
    fixture_expect(&fixture, sealift_snapshot_remove(sealift, spec, note, &told, &removal, &fixture.err), status, word);
    return removal;
}

static struct sealift_snapshot_removal
remove_named(const char *fs, const char *snapshot, enum sealift_status status, const char *word)
{
    return remove_by(fixture.sealift, &(struct sealift_snapshot_remove_spec){.fs = fs, .snapshot = snapshot}, status,
                     word);
}

static enum sealift_status
count_row(void *context, const struct sealift_snapshot *snapshot, struct sealift_error *err)
{
    size_t *count = context;

    (void)snapshot;
    (void)err;
    ++*count;
    return SEALIFT_OK;
}

static size_t
rows(struct sealift *sealift)
{
    size_t count = 0;

    fixture_expect(&fixture, sealift_snapshot_list(sealift, NULL, count_row, &count, &fixture.err), SEALIFT_OK, "");
    return count;
}

/* The manifest's path below the scratch folder. */
static const char *
manifest_path(void)
{
    static char path[400];

    snprintf(path, sizeof(path), "%s/store/fs/%.36s/snapshots/%.36s.json", fixture.scratch.path, locator, locator + 37);
    return path;
}

Test(api_snapshot_remove, takes_manifest_and_row_and_tells_what_is_left)
{
    struct sealift_snapshot_removal removal;
    size_t others;

    fixture_add_snapshot(&fixture, "home", "tuesday");
    others = fixture_count_objects(&fixture, locator + 37) - 1;
    cr_assert_geq(others, 4);
    removal = remove_named("home", "monday", SEALIFT_OK, "");
    cr_assert_eq(rows(fixture.sealift), 1);
    cr_assert_neq(access(manifest_path(), F_OK), 0);
    cr_assert_eq(fixture_count_objects(&fixture, locator + 37), others);

    cr_assert_str_eq(removal.locator, locator);
    cr_assert_str_eq(removal.filesystem, "home");
    cr_assert_str_eq(removal.name, "monday");
    cr_assert_str_eq(removal.manifest, "deleted");
    cr_assert_eq(strlen(removal.sha256), 64);
    cr_assert_eq(strlen(removal.key_check), 64);
    cr_assert_gt(removal.published_ns, 0);
    cr_assert_gt(removal.size, 0);
    cr_assert_str_eq(removal.versioning, "no");
    cr_assert(removal.unused_known);
    cr_assert_eq(removal.unused_uploads, 1);
    cr_assert_eq(removal.unused_objects, others);
    cr_assert_eq(told.count, 1);
    cr_assert_str_eq(told.state[0], "unused");
    cr_assert_str_eq(told.upload[0], locator + 37);
    cr_assert_eq(told.unused[0].bytes, removal.unused_bytes);
}

Test(api_snapshot_remove, needs_no_key)
{
    cr_assert_eq(unlink(fixture_path(&fixture, "home/local-kms.key")), 0);
    remove_named("home", "monday", SEALIFT_OK, "");
    cr_assert_neq(access(manifest_path(), F_OK), 0);
}

Test(api_snapshot_remove, of_one_that_is_not_uploaded_asks_no_store)
{
    struct sealift_snapshot_removal removal;

    fixture_add_snapshot(&fixture, "home", "tuesday");
    cr_assert_eq(rename(fixture_path(&fixture, "store"), fixture_path(&fixture, "away")), 0);
    removal = remove_named("home", "tuesday", SEALIFT_OK, "");
    cr_assert_str_eq(removal.locator, "");
    cr_assert_eq(removal.manifest, NULL);
    cr_assert_eq(rows(fixture.sealift), 1);
}

Test(api_snapshot_remove, leaves_the_row_while_the_store_is_away)
{
    cr_assert_eq(rename(fixture_path(&fixture, "store"), fixture_path(&fixture, "away")), 0);
    fixture_expect(&fixture,
                   sealift_snapshot_remove(fixture.sealift,
                                           &(struct sealift_snapshot_remove_spec){.fs = "home", .snapshot = "monday"},
                                           NULL, NULL, &(struct sealift_snapshot_removal){0}, &fixture.err),
                   SEALIFT_NOT_FOUND, "store");
    cr_assert_eq(rows(fixture.sealift), 1);
}

Test(api_snapshot_remove, that_was_killed_between_its_two_steps_ends_well)
{
    struct sealift_snapshot_removal removal;

    cr_assert_eq(unlink(manifest_path()), 0);
    removal = remove_named("home", "monday", SEALIFT_OK, "");
    cr_assert_str_eq(removal.manifest, "absent");
    cr_assert_str_eq(removal.name, "monday");
    cr_assert_eq(rows(fixture.sealift), 0);
    cr_assert_eq(removal.unused_uploads, 1);
    remove_named("home", "monday", SEALIFT_NOT_FOUND, "monday");
}

Test(api_snapshot_remove, of_a_damaged_manifest_works_as_well)
{
    struct sealift_snapshot_removal removal;
    FILE *file = fopen(manifest_path(), "w");

    cr_assert(file != NULL && fputs("no manifest", file) >= 0 && fclose(file) == 0);
    removal = remove_named("home", "monday", SEALIFT_OK, "");
    cr_assert_str_eq(removal.manifest, "deleted");
    cr_assert_eq(removal.size, strlen("no manifest"));
    cr_assert_eq(strlen(removal.sha256), 64);
    cr_assert_eq(removal.published_ns, 0);
}

/* --- by its locator --- */

Test(api_snapshot_remove, works_where_nobody_knows_it)
{
    struct sealift *other = fixture_open_another(&fixture, "other");
    const struct sealift_snapshot_remove_spec spec = {.locator = locator, .obs.url = fixture_url(&fixture, "store")};
    struct sealift_snapshot_removal removal = remove_by(other, &spec, SEALIFT_OK, "");

    cr_assert_str_eq(removal.manifest, "deleted");
    cr_assert_str_eq(removal.name, "");
    cr_assert_eq(rows(fixture.sealift), 1);
    remove_by(other, &spec, SEALIFT_NOT_FOUND, "no snapshot has the locator");
    sealift_close(&other);

    remove_named("home", "monday", SEALIFT_OK, ""); /* the row learns of it */
    cr_assert_eq(rows(fixture.sealift), 0);
}

Test(api_snapshot_remove, takes_the_row_when_the_store_is_the_filesystems_own)
{
    const struct sealift_snapshot_remove_spec by_url = {.locator = locator, .obs.url = fixture_url(&fixture, "store")};

    cr_assert_str_eq(remove_by(fixture.sealift, &by_url, SEALIFT_OK, "").name, "monday");
    cr_assert_eq(rows(fixture.sealift), 0);
}

Test(api_snapshot_remove, takes_the_row_when_the_store_is_named)
{
    const struct sealift_snapshot_remove_spec by_name = {.locator = locator, .obs.url = "dr"};

    cr_assert_str_eq(remove_by(fixture.sealift, &by_name, SEALIFT_OK, "").name, "monday");
    cr_assert_eq(rows(fixture.sealift), 0);
}

Test(api_snapshot_remove, takes_no_row_for_a_copy_elsewhere)
{
    const struct sealift_snapshot_remove_spec spec = {.locator = locator, .obs.url = fixture_url(&fixture, "copy")};
    char command[700];

    snprintf(command, sizeof(command), "cp -r '%s' '%s'", fixture_path(&fixture, "store"),
             fixture_path(&fixture, "copy"));
    cr_assert_eq(system(command), 0);
    cr_assert_str_eq(remove_by(fixture.sealift, &spec, SEALIFT_OK, "").name, "");
    cr_assert_eq(rows(fixture.sealift), 1);
    cr_assert_eq(access(manifest_path(), F_OK), 0);
}

Test(api_snapshot_remove, knows_a_locator_when_it_sees_one)
{
    struct sealift_snapshot_remove_spec spec = {.locator = "monday", .obs.url = "dr"};

    remove_by(fixture.sealift, &spec, SEALIFT_INVALID, "is no locator");
    spec = (struct sealift_snapshot_remove_spec){.locator = locator};
    remove_by(fixture.sealift, &spec, SEALIFT_INVALID, "object store");
    remove_named("home", "friday", SEALIFT_NOT_FOUND, "friday");
    remove_named("nowhere", "friday", SEALIFT_NOT_FOUND, "nowhere");
    cr_assert_eq(rows(fixture.sealift), 1);
}

/* --- while it is uploaded --- */

/* The row as an upload leaves it that is killed behind its manifest. */
static struct uuid
make_uploading(void)
{
    struct table_snapshot row;
    struct table_fs fs;

    fixture_expect(&fixture, table_fs_get(fixture.sealift->table, "home", &fs, &fixture.err), SEALIFT_OK, "");
    fixture_expect(&fixture, table_snapshot_get(fixture.sealift->table, &fs.uuid, "monday", &row, &fixture.err),
                   SEALIFT_OK, "");
    row.status = TABLE_SNAPSHOT_UPLOADING;
    fixture_expect(&fixture, table_snapshot_update(fixture.sealift->table, &row, &fixture.err), SEALIFT_OK, "");
    return row.upload;
}

Test(api_snapshot_remove, takes_what_was_cut_off_with_the_manifest_that_it_may_have)
{
    make_uploading();
    cr_assert_str_eq(remove_named("home", "monday", SEALIFT_OK, "").manifest, "deleted");
    cr_assert_eq(rows(fixture.sealift), 0);
    cr_assert_neq(access(manifest_path(), F_OK), 0);
}

Test(api_snapshot_remove, refuses_while_the_uploads_process_lives)
{
    SCOPED(work_lock_free) struct work_lock *lock = NULL;
    struct uuid upload = make_uploading();

    fixture_expect(&fixture, work_lock_take(fixture.sealift->home, &upload, &lock, &fixture.err), SEALIFT_OK, "");
    remove_named("home", "monday", SEALIFT_CONFLICT, "being uploaded at this moment");
    cr_assert_eq(access(manifest_path(), F_OK), 0);
    work_lock_free(&lock);
    remove_named("home", "monday", SEALIFT_OK, "");
}

/* Something that happens in the middle of an upload. */
struct meanwhile {
    enum sealift_status (*act)(struct sealift *another, struct sealift_error *err);
    struct sealift *another; /* of the same home, as another process has it */
    enum sealift_status status;
    unsigned tries;
};

static void
act_meanwhile(void *context, enum sealift_notice notice, const char *path, const char *reason)
{
    struct meanwhile *meanwhile = context;
    struct sealift_error err;

    (void)path;
    (void)reason;
    if (notice != SEALIFT_NOTICE_EXCLUDED)
        return;
    meanwhile->status = meanwhile->act(meanwhile->another, &err);
    meanwhile->tries++;
}

/* Uploads "tuesday", and acts when it hears of what is left out. */
static enum sealift_status
upload_and(struct meanwhile *meanwhile)
{
    static const char *const exclude[] = {"*.tmp", NULL};
    const struct sealift_options options = {.home = fixture_path(&fixture, "home")};
    const struct sealift_upload_spec upload = {
        .fs = "home",
        .snapshot = "tuesday",
        .selection.exclude = exclude,
        .transfer = {.notice = act_meanwhile, .context = meanwhile},
    };
    struct sealift_upload_result result;
    enum sealift_status status;

    fixture_add_snapshot(&fixture, "home", "tuesday");
    fixture_write(&fixture, "tree/a.tmp", "left out");
    fixture_expect(&fixture, sealift_open(&options, &meanwhile->another, &fixture.err), SEALIFT_OK, "");
    cr_assert_eq(rows(meanwhile->another), 2);
    status = sealift_snapshot_upload(fixture.sealift, &upload, &result, &fixture.err);
    cr_assert_eq(meanwhile->tries, 1);
    sealift_close(&meanwhile->another);
    return status;
}

static enum sealift_status
remove_tuesday(struct sealift *another, struct sealift_error *err)
{
    const struct sealift_snapshot_remove_spec spec = {.fs = "home", .snapshot = "tuesday"};
    struct sealift_snapshot_removal removal;

    return sealift_snapshot_remove(another, &spec, NULL, NULL, &removal, err);
}

Test(api_snapshot_remove, is_refused_in_the_middle_of_an_upload, .timeout = 60)
{
    struct meanwhile meanwhile = {.act = remove_tuesday};

    fixture_expect(&fixture, upload_and(&meanwhile), SEALIFT_OK, "");
    cr_assert_eq(meanwhile.status, SEALIFT_CONFLICT);
    cr_assert_eq(rows(fixture.sealift), 2);
}

/* As somebody does it who does not know of the lock: an older sealift, or a hand in the table. */
static enum sealift_status
drop_row_of_tuesday(struct sealift *another, struct sealift_error *err)
{
    struct table_fs fs;

    TRY(table_fs_get(another->table, "home", &fs, err));
    return table_snapshot_remove(another->table, &fs.uuid, "tuesday", err);
}

Test(api_snapshot_remove, keeps_an_upload_from_publishing_what_is_removed, .timeout = 60)
{
    struct meanwhile meanwhile = {.act = drop_row_of_tuesday};

    fixture_expect(&fixture, upload_and(&meanwhile), SEALIFT_NOT_FOUND, "tuesday");
    cr_assert_eq(meanwhile.status, SEALIFT_OK);
    cr_assert_eq(fixture_count_objects(&fixture, "/snapshots/"), 1);
}

/* --- evidence --- */

static void
read_evidence(char out[8192])
{
    FILE *file = fopen(fixture_path(&fixture, "evidence"), "r");

    cr_assert_neq(file, NULL);
    out[fread(out, 1, 8191, file)] = '\0';
    fclose(file);
}

Test(api_snapshot_remove, writes_down_what_was_there)
{
    const struct sealift_snapshot_remove_spec spec = {
        .fs = "home", .snapshot = "monday", .evidence = fixture_path(&fixture, "evidence")};
    struct sealift_snapshot_removal removal = remove_by(fixture.sealift, &spec, SEALIFT_OK, "");
    char text[8192];

    read_evidence(text);
    cr_assert_not_null(strstr(text, "\"command\":\"fs snapshot remove\""), "%s", text);
    cr_assert_not_null(strstr(text, removal.sha256), "%s", text);
    cr_assert_not_null(strstr(text, locator), "%s", text);
    cr_assert_not_null(strstr(text, "\"outcome\":\"deleted\""), "%s", text);
    cr_assert_not_null(strstr(text, "\"status\":\"ok\""), "%s", text);
}

Test(api_snapshot_remove, deletes_nothing_where_evidence_would_be_written_over)
{
    const struct sealift_snapshot_remove_spec spec = {
        .fs = "home", .snapshot = "monday", .evidence = fixture_path(&fixture, "evidence")};
    char text[8192];

    fixture_write(&fixture, "evidence", "of last year");
    remove_by(fixture.sealift, &spec, SEALIFT_CONFLICT, "name another file");
    cr_assert_eq(access(manifest_path(), F_OK), 0);
    cr_assert_eq(rows(fixture.sealift), 1);
    read_evidence(text);
    cr_assert_str_eq(text, "of last year");
}

Test(api_snapshot_remove, leaves_no_evidence_of_what_it_did_not_begin)
{
    const struct sealift_snapshot_remove_spec spec = {
        .fs = "home", .snapshot = "monday", .evidence = fixture_path(&fixture, "evidence")};

    cr_assert_eq(unlink(fixture_path(&fixture, "store/sealift.json")), 0);
    remove_by(fixture.sealift, &spec, SEALIFT_NOT_FOUND, "holds nothing of sealift");
    cr_assert_neq(access(fixture_path(&fixture, "evidence"), F_OK), 0);
}

Test(api_snapshot_remove, keeps_everything_where_the_store_refuses)
{
    const struct sealift_snapshot_remove_spec spec = {
        .fs = "home", .snapshot = "monday", .evidence = fixture_path(&fixture, "evidence")};
    char folder[300], text[8192];

    if (geteuid() == 0)
        cr_skip_test("root may delete everywhere");
    snprintf(folder, sizeof(folder), "store/fs/%.36s/snapshots", locator);
    cr_assert_eq(chmod(fixture_path(&fixture, folder), 0555), 0);
    remove_by(fixture.sealift, &spec, SEALIFT_DENIED, "the snapshot is as it was");
    cr_assert_eq(chmod(fixture_path(&fixture, folder), 0755), 0);
    cr_assert_eq(rows(fixture.sealift), 1);
    read_evidence(text);
    cr_assert_not_null(strstr(text, "\"outcome\":\"refused\""), "%s", text);
    cr_assert_not_null(strstr(text, "\"status\":\"denied\""), "%s", text);
}

/* --- one that a filesystem was made of --- */

Test(api_snapshot_remove, of_an_origin_takes_the_row_alone)
{
    const struct sealift_download_spec spec = {.name = "home2",
                                               .path = fixture_path(&fixture, "back"),
                                               .obs.url = "dr",
                                               .locator = locator,
                                               .allow_no_kms = true};
    struct table_snapshot row = {.status = TABLE_SNAPSHOT_DOWNLOADED, .name = "origin"};
    struct sealift_download_result result;
    struct sealift_snapshot_removal removal;
    struct locator parsed;
    struct table_fs fs;

    fixture_expect(&fixture, sealift_fs_download(fixture.sealift, &spec, &result, &fixture.err), SEALIFT_OK, "");
    fixture_expect(&fixture, table_fs_get(fixture.sealift->table, "home2", &fs, &fixture.err), SEALIFT_OK, "");
    cr_assert(locator_parse(locator, &parsed));
    row.fs = fs.uuid;
    row.upload = parsed.snapshot;
    fixture_expect(&fixture, table_snapshot_add(fixture.sealift->table, &row, &fixture.err), SEALIFT_OK, "");
    removal = remove_named("home2", "origin", SEALIFT_OK, "");
    cr_assert_eq(removal.manifest, NULL);
    cr_assert_eq(rows(fixture.sealift), 1);
    cr_assert_eq(access(manifest_path(), F_OK), 0);
}
