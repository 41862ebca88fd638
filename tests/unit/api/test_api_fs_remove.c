/* A filesystem is forgotten, or deleted from its bucket, without a key. */
#include "scoped.h"
#include "uploaded_home.h"
#include "work_lock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char other_locator[74];

TestSuite(api_fs_remove, .init = set_up, .fini = tear_down);

static char told[4096];

static enum sealift_status
note(void *context, const struct sealift_removed *removed, struct sealift_error *err)
{
    size_t len = strlen(told);

    (void)context;
    (void)err;
    snprintf(told + len, sizeof(told) - len, "%s %s %s sha256=%zu key_check=%zu%s\n", removed->kind, removed->outcome,
             removed->locator != NULL ? removed->locator : "-", removed->sha256 != NULL ? strlen(removed->sha256) : 0,
             removed->key_check != NULL ? strlen(removed->key_check) : 0, removed->made_ns > 0 ? " dated" : "");
    return SEALIFT_OK;
}

static struct sealift_fs_removal
remove_by(struct sealift *sealift, const struct sealift_fs_remove_spec *spec, enum sealift_status status,
          const char *word)
{
    struct sealift_fs_removal removal;

    told[0] = '\0';
    fixture_expect(&fixture, sealift_fs_remove(sealift, spec, note, NULL, &removal, &fixture.err), status, word);
    return removal;
}

static struct sealift_fs_removal
forget(const char *name, enum sealift_status status, const char *word)
{
    return remove_by(fixture.sealift, &(struct sealift_fs_remove_spec){.name = name}, status, word);
}

static struct sealift_fs_removal
purge(const char *name, enum sealift_status status, const char *word)
{
    return remove_by(fixture.sealift, &(struct sealift_fs_remove_spec){.name = name, .purge = true}, status, word);
}

static enum sealift_status
count_row(void *context, const struct sealift_fs *fs, struct sealift_error *err)
{
    size_t *count = context;

    (void)fs;
    (void)err;
    ++*count;
    return SEALIFT_OK;
}

static size_t
filesystems(void)
{
    size_t count = 0;

    fixture_expect(&fixture, sealift_fs_list(fixture.sealift, count_row, &count, &fixture.err), SEALIFT_OK, "");
    return count;
}

Test(api_fs_remove, forgets_it_and_leaves_the_bucket_and_the_directory)
{
    size_t objects = fixture_count_objects(&fixture, "");
    struct sealift_fs_removal removal = forget("home", SEALIFT_OK, "");

    cr_assert_eq(filesystems(), 0);
    cr_assert_eq(fixture_count_objects(&fixture, ""), objects);
    cr_assert_eq(access(fixture_path(&fixture, "tree/file"), F_OK), 0);
    cr_assert(removal.forgotten);
    cr_assert_str_eq(removal.filesystem, "home");
    cr_assert_eq(strncmp(removal.id, locator, 36), 0);
    cr_assert_eq(removal.snapshots, 1);
    cr_assert_str_eq(removal.key_record, "yes");
    cr_assert_str_eq(told, "");
    forget("home", SEALIFT_NOT_FOUND, "home");
}

Test(api_fs_remove, is_possible_when_key_directory_and_store_are_all_gone)
{
    struct sealift_fs_removal removal;

    cr_assert_eq(unlink(fixture_path(&fixture, "home/local-kms.key")), 0);
    cr_assert_eq(rename(fixture_path(&fixture, "store"), fixture_path(&fixture, "away")), 0);
    cr_assert_eq(rename(fixture_path(&fixture, "tree"), fixture_path(&fixture, "nowhere")), 0);
    removal = forget("home", SEALIFT_OK, "");
    cr_assert(removal.forgotten);
    cr_assert_str_eq(removal.key_record, "unknown");
    cr_assert_eq(filesystems(), 0);
}

Test(api_fs_remove, of_one_without_a_store_loses_nothing_when_nothing_hangs_on_its_key)
{
    const struct sealift_fs_spec spec = {
        .name = "scratch", .path = fixture_path(&fixture, "scratch"), .no_key_backup = true, .allow_no_kms = true};

    cr_assert_eq(mkdir(spec.path, 0755), 0);
    fixture_expect(&fixture, sealift_fs_add(fixture.sealift, &spec, &fixture.err), SEALIFT_OK, "");
    cr_assert_str_eq(forget("scratch", SEALIFT_OK, "").key_record, "no");
}

/* The row of a filesystem that is encrypted at rest; no kernel is asked to encrypt anything. */
static void
add_encrypted(const char *name, const char *obs)
{
    struct envelope envelope;
    struct table_fs row;

    fixture_expect(&fixture, table_fs_get(fixture.sealift->table, "home", &row, &fixture.err), SEALIFT_OK, "");
    fixture_expect(&fixture, table_fs_envelope(fixture.sealift->table, &row.uuid, &envelope, &fixture.err), SEALIFT_OK,
                   "");
    row.uuid = uuid_v4(&fixture.sealift->world);
    envelope.fs = row.uuid;
    snprintf(row.name, sizeof(row.name), "%s", name);
    snprintf(row.path, sizeof(row.path), "%s", fixture_path(&fixture, name));
    snprintf(row.obs, sizeof(row.obs), "%s", obs);
    snprintf(row.at_rest, sizeof(row.at_rest), "0123456789abcdef0123456789abcdef");
    fixture_expect(&fixture, table_fs_add(fixture.sealift->table, &row, &envelope, &fixture.err), SEALIFT_OK, "");
}

Test(api_fs_remove, does_not_lose_the_last_key_of_an_encrypted_directory_unasked)
{
    struct sealift_fs_remove_spec spec = {.name = "vault", .allow_key_loss = true};

    add_encrypted("vault", "");
    forget("vault", SEALIFT_CONFLICT, "--allow-key-loss");
    cr_assert_eq(filesystems(), 2);
    remove_by(fixture.sealift, &spec, SEALIFT_OK, "");
    cr_assert_eq(filesystems(), 1);
}

Test(api_fs_remove, takes_no_key_for_saved_that_is_not_in_the_bucket)
{
    add_encrypted("vault", "dr");
    forget("vault", SEALIFT_CONFLICT, "no bucket has its key");
}

Test(api_fs_remove, purges_no_key_of_an_encrypted_directory_unasked)
{
    struct sealift_fs_remove_spec spec = {.name = "vault", .purge = true, .allow_key_loss = true};

    add_encrypted("vault", "dr");
    purge("vault", SEALIFT_CONFLICT, "deleted here and in the bucket");
    remove_by(fixture.sealift, &spec, SEALIFT_OK, "");
    cr_assert_eq(filesystems(), 1);
}

/* --- purging --- */

Test(api_fs_remove, purges_all_of_it_and_nothing_else)
{
    struct sealift_fs_removal removal;
    size_t others;
    char expected[600];

    fixture_add_uploaded(&fixture, "other", "other-tree", other_locator);
    other_locator[36] = '\0';
    locator[36] = '\0';
    others = fixture_count_objects(&fixture, other_locator);
    removal = purge("home", SEALIFT_OK, "");
    cr_assert_eq(fixture_count_objects(&fixture, locator), 0);
    cr_assert_eq(fixture_count_objects(&fixture, other_locator), others);
    cr_assert_eq(fixture_count_objects(&fixture, "sealift.json"), 1);
    cr_assert_eq(filesystems(), 1);
    cr_assert_eq(removal.manifests.objects, 1);
    cr_assert_eq(removal.keys.objects, 1);
    cr_assert_gt(removal.data.objects, 0);
    cr_assert_gt(removal.data.bytes, 0);
    cr_assert(removal.forgotten);
    locator[36] = '/';
    snprintf(expected, sizeof(expected),
             "manifest deleted %s sha256=64 key_check=64 dated\nkey-record deleted - sha256=64 key_check=64 dated\n",
             locator);
    cr_assert_str_eq(told, expected);
}

Test(api_fs_remove, purges_without_a_key)
{
    cr_assert_eq(unlink(fixture_path(&fixture, "home/local-kms.key")), 0);
    purge("home", SEALIFT_OK, "");
    cr_assert_eq(fixture_count_objects(&fixture, "/fs/"), 0);
}

Test(api_fs_remove, forgets_nothing_that_it_could_not_purge)
{
    cr_assert_eq(rename(fixture_path(&fixture, "store"), fixture_path(&fixture, "away")), 0);
    cr_assert(!purge("home", SEALIFT_NOT_FOUND, "store").forgotten);
    cr_assert_eq(filesystems(), 1);
}

Test(api_fs_remove, goes_on_with_a_purge_that_was_cut_off)
{
    char path[300];

    snprintf(path, sizeof(path), "store/fs/%.36s/snapshots/%.36s.json", locator, locator + 37);
    cr_assert_eq(unlink(fixture_path(&fixture, path)), 0);
    cr_assert_eq(purge("home", SEALIFT_OK, "").manifests.objects, 0);
    cr_assert_eq(fixture_count_objects(&fixture, "/fs/"), 0);
    cr_assert_eq(filesystems(), 0);
}

Test(api_fs_remove, purges_what_only_the_bucket_knows)
{
    struct sealift *other = fixture_open_another(&fixture, "other");
    struct sealift_fs_remove_spec spec = {.name = locator, .obs.url = fixture_url(&fixture, "store"), .purge = true};

    locator[36] = '\0';
    remove_by(fixture.sealift, &spec, SEALIFT_CONFLICT, "sealift fs remove home --purge-from-obs");
    cr_assert_eq(remove_by(other, &spec, SEALIFT_OK, "").manifests.objects, 1);
    cr_assert_eq(fixture_count_objects(&fixture, "/fs/"), 0);
    remove_by(other, &spec, SEALIFT_NOT_FOUND, "has nothing of a filesystem");
    spec.name = "home";
    remove_by(other, &spec, SEALIFT_INVALID, "by its UUID");
    spec.name = locator;
    spec.purge = false;
    remove_by(other, &spec, SEALIFT_INVALID, "without --purge-from-obs");
    sealift_close(&other);
}

Test(api_fs_remove, writes_down_what_was_there)
{
    const struct sealift_fs_remove_spec spec = {
        .name = "home", .purge = true, .evidence = fixture_path(&fixture, "evidence")};
    char text[8192];
    FILE *file;

    remove_by(fixture.sealift, &spec, SEALIFT_OK, "");
    file = fopen(spec.evidence, "r");
    cr_assert_neq(file, NULL);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    cr_assert_not_null(strstr(text, "\"kind\":\"manifest\""), "%s", text);
    cr_assert_not_null(strstr(text, "\"kind\":\"key-record\""), "%s", text);
    cr_assert_not_null(strstr(text, "\"evidence\":\"total\",\"kind\":\"data\""), "%s", text);
    cr_assert_not_null(strstr(text, "\"evidence\":\"end\""), "%s", text);
}

Test(api_fs_remove, knows_what_goes_together)
{
    struct sealift_fs_remove_spec spec = {.name = "home", .evidence = fixture_path(&fixture, "evidence")};
    const struct sealift_fs_spec bare = {
        .name = "scratch", .path = fixture_path(&fixture, "scratch"), .no_key_backup = true, .allow_no_kms = true};

    remove_by(fixture.sealift, &spec, SEALIFT_INVALID, "--purge-from-obs");
    cr_assert_eq(mkdir(bare.path, 0755), 0);
    fixture_expect(&fixture, sealift_fs_add(fixture.sealift, &bare, &fixture.err), SEALIFT_OK, "");
    purge("scratch", SEALIFT_INVALID, "nothing to purge");
    cr_assert_eq(filesystems(), 2);
}

/* --- what is under way --- */

Test(api_fs_remove, refuses_while_a_snapshot_is_uploaded)
{
    SCOPED(work_lock_free) struct work_lock *lock = NULL;
    struct table_snapshot row;
    struct table_fs fs;

    fixture_expect(&fixture, table_fs_get(fixture.sealift->table, "home", &fs, &fixture.err), SEALIFT_OK, "");
    fixture_expect(&fixture, table_snapshot_get(fixture.sealift->table, &fs.uuid, "monday", &row, &fixture.err),
                   SEALIFT_OK, "");
    row.status = TABLE_SNAPSHOT_UPLOADING;
    fixture_expect(&fixture, table_snapshot_update(fixture.sealift->table, &row, &fixture.err), SEALIFT_OK, "");
    fixture_expect(&fixture, work_lock_take(fixture.sealift->home, &row.upload, &lock, &fixture.err), SEALIFT_OK, "");
    forget("home", SEALIFT_CONFLICT, "being uploaded");
    purge("home", SEALIFT_CONFLICT, "being uploaded");
    work_lock_free(&lock);
    forget("home", SEALIFT_OK, "");
}

Test(api_fs_remove, refuses_while_it_is_being_made_but_not_what_was_cut_off)
{
    SCOPED(work_lock_free) struct work_lock *lock = NULL;
    struct envelope envelope;
    struct table_fs row;

    fixture_expect(&fixture, table_fs_get(fixture.sealift->table, "home", &row, &fixture.err), SEALIFT_OK, "");
    fixture_expect(&fixture, table_fs_envelope(fixture.sealift->table, &row.uuid, &envelope, &fixture.err), SEALIFT_OK,
                   "");
    row.uuid = envelope.fs = uuid_v4(&fixture.sealift->world);
    snprintf(row.name, sizeof(row.name), "half");
    snprintf(row.path, sizeof(row.path), "%s", fixture_path(&fixture, "half"));
    row.incomplete = true;
    fixture_expect(&fixture, table_fs_add(fixture.sealift->table, &row, &envelope, &fixture.err), SEALIFT_OK, "");
    fixture_expect(&fixture, work_lock_take(fixture.sealift->home, &row.uuid, &lock, &fixture.err), SEALIFT_OK, "");
    forget("half", SEALIFT_CONFLICT, "being made at this moment");
    work_lock_free(&lock);
    forget("half", SEALIFT_OK, "");
}
