#include "fixture_home.h"
#include "names.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fixture fixture;

static void
set_up(void)
{
    fixture_init(&fixture, true);
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(api_upload, .init = set_up, .fini = tear_down);

static void
add_snapshot(const char *name)
{
    fixture_add_snapshot(&fixture, "home", name);
}

static struct sealift_upload_result
upload(const struct sealift_upload_spec *spec, enum sealift_status status, const char *word)
{
    struct sealift_upload_result result = {0};

    fixture_expect(&fixture, sealift_snapshot_upload(fixture.sealift, spec, &result, &fixture.err), status, word);
    return result;
}

static struct sealift_upload_result
upload_named(const char *snapshot, enum sealift_status status, const char *word)
{
    return upload(&(struct sealift_upload_spec){.fs = "home", .snapshot = snapshot}, status, word);
}

/* The row as the table has it; what a test puts into it is as if a process had been killed there. */
static struct table_snapshot
row_of(const char *name)
{
    struct table_snapshot row;
    struct table_fs fs;

    cr_assert_eq(table_fs_get(fixture.sealift->table, "home", &fs, &fixture.err), SEALIFT_OK);
    cr_assert_eq(table_snapshot_get(fixture.sealift->table, &fs.uuid, name, &row, &fixture.err), SEALIFT_OK);
    return row;
}

static void
forget_publication(const char *name)
{
    struct table_snapshot row = row_of(name);

    row.status = TABLE_SNAPSHOT_UPLOADING;
    row.entries = row.size = row.stored = 0;
    cr_assert_eq(table_snapshot_update(fixture.sealift->table, &row, &fixture.err), SEALIFT_OK);
}

Test(api_upload, tells_what_it_carried)
{
    struct sealift_upload_result result;

    fixture_add_fs(&fixture, "home", "tree");
    fixture_write(&fixture, "tree/file", "four");
    cr_assert_eq(symlink("file", fixture_path(&fixture, "tree/link")), 0);
    add_snapshot("monday");
    result = upload_named("monday", SEALIFT_OK, "");
    cr_assert_eq(result.entries, 3u);
    cr_assert_eq(result.files, 1u);
    cr_assert_eq(result.directories, 1u);
    cr_assert_eq(result.others, 1u);
    cr_assert_eq(result.size, 4u);
    cr_assert_eq(result.segments, 2u);
    cr_assert(result.live);
    cr_assert(!result.partial);
    cr_assert_eq(strlen(result.locator), 73u);
    cr_assert_eq(row_of("monday").status, TABLE_SNAPSHOT_UPLOADED);
}

Test(api_upload, knows_what_cannot_be_uploaded)
{
    upload(&(struct sealift_upload_spec){.snapshot = "monday"}, SEALIFT_INVALID, "missing");
    upload_named(NULL, SEALIFT_INVALID, "missing");
    upload_named("monday", SEALIFT_NOT_FOUND, "home");
    fixture_add_fs(&fixture, "home", "tree");
    upload_named("monday", SEALIFT_NOT_FOUND, "monday");
    add_snapshot("monday");
    upload(&(struct sealift_upload_spec){.fs = "home", .snapshot = "monday", .compression_level = 20}, SEALIFT_INVALID,
           "20");
    cr_assert_eq(rmdir(fixture_path(&fixture, "tree")), 0);
    upload_named("monday", SEALIFT_NOT_FOUND, "mounted");
    cr_assert_eq(row_of("monday").status, TABLE_SNAPSHOT_ADDED);
}

Test(api_upload, needs_a_store)
{
    const struct sealift_fs_spec spec = {
        .name = "home", .path = fixture_path(&fixture, "tree"), .no_key_backup = true, .allow_no_kms = true};

    cr_assert_eq(mkdir(spec.path, 0755), 0);
    fixture_expect(&fixture, sealift_fs_add(fixture.sealift, &spec, &fixture.err), SEALIFT_OK, "");
    add_snapshot("monday");
    upload_named("monday", SEALIFT_INVALID, "no object store");
}

Test(api_upload, happens_once)
{
    char locator[74];

    fixture_add_uploaded(&fixture, "home", "tree", locator);
    upload_named("monday", SEALIFT_CONFLICT, "uploaded already");
    cr_assert_eq(fixture_count_objects(&fixture, "/snapshots/"), 1u);
}

Test(api_upload, marks_what_is_partial)
{
    struct sealift_upload_spec spec = {.fs = "home", .snapshot = "monday"};
    struct sealift_upload_result result;

    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0);
    fixture_done(&fixture);
    fixture_init(&fixture, true);
    fixture_add_fs(&fixture, "home", "tree");
    fixture_write(&fixture, "tree/secret", "text");
    cr_assert_eq(chmod(fixture_path(&fixture, "tree/secret"), 0), 0);
    add_snapshot("monday");
    spec.transfer = fixture_listen(&fixture);
    upload(&spec, SEALIFT_DENIED, "--allow-missing");
    cr_assert_not_null(strstr(fixture.notices, "secret: "), "%s", fixture.notices);
    cr_assert_eq(row_of("monday").status, TABLE_SNAPSHOT_ADDED);
    spec.allow_missing = true;
    result = upload(&spec, SEALIFT_OK, "");
    cr_assert(result.partial);
    cr_assert_eq(result.missing, 1u);
    cr_assert_eq(row_of("monday").status, TABLE_SNAPSHOT_PARTIAL);
    upload(&spec, SEALIFT_CONFLICT, "uploaded already");
}

/* --- attempts that were killed --- */

Test(api_upload, adopts_what_an_earlier_attempt_published)
{
    struct sealift_upload_result result;
    char locator[74];

    fixture_add_uploaded(&fixture, "home", "tree", locator);
    forget_publication("monday");
    result = upload_named("monday", SEALIFT_OK, "");
    cr_assert_str_eq(result.locator, locator);
    cr_assert_eq(result.files, 1u);
    cr_assert_eq(result.segments, 2u);
    cr_assert_eq(fixture_count_objects(&fixture, "/snapshots/"), 1u);
    cr_assert_eq(row_of("monday").status, TABLE_SNAPSHOT_UPLOADED);
    cr_assert_eq(row_of("monday").entries, 2u);
}

/* The table never learnt of the first one's sequence, so another snapshot has it too. */
Test(api_upload, adopts_also_what_was_overtaken)
{
    struct sealift_upload_result result;
    char locator[74];

    fixture_add_uploaded(&fixture, "home", "tree", locator);
    add_snapshot("tuesday");
    upload_named("tuesday", SEALIFT_OK, "");
    forget_publication("monday");
    result = upload_named("monday", SEALIFT_OK, "");
    cr_assert_str_eq(result.locator, locator);
}

Test(api_upload, begins_anew_where_an_earlier_attempt_published_nothing)
{
    struct table_snapshot row, now;

    fixture_add_fs(&fixture, "home", "tree");
    add_snapshot("monday");
    row = row_of("monday");
    row.upload = uuid_v7(&fixture.sealift->world);
    cr_assert_eq(table_snapshot_begin(fixture.sealift->table, &row, &fixture.err), SEALIFT_OK);
    upload_named("monday", SEALIFT_OK, "");
    now = row_of("monday");
    cr_assert(!uuid_equal(&now.upload, &row.upload));
}

Test(api_upload, begins_anew_where_somebody_put_garbage)
{
    char locator[74], manifest[256];

    fixture_add_uploaded(&fixture, "home", "tree", locator);
    snprintf(manifest, sizeof(manifest), "store/fs/%.36s/snapshots/%s.json", locator, locator + 37);
    fixture_write(&fixture, manifest, "no manifest");
    forget_publication("monday");
    upload_named("monday", SEALIFT_OK, "");
}

/* --- under a key for the snapshot alone --- */

static struct sealift_upload_result
upload_alone(const char *snapshot)
{
    return upload(&(struct sealift_upload_spec){.fs = "home", .snapshot = snapshot, .new_data_key = true}, SEALIFT_OK,
                  "");
}

Test(api_upload, under_a_key_for_the_snapshot_alone_goes_on_in_the_chain)
{
    struct sealift_verify_result verified;
    struct table_fs fs;
    char locator[74];

    fixture_add_uploaded(&fixture, "home", "tree", locator);
    add_snapshot("tuesday");
    upload_alone("tuesday");
    cr_assert_eq(row_of("tuesday").status, TABLE_SNAPSHOT_UPLOADED);
    cr_assert_eq(table_fs_get(fixture.sealift->table, "home", &fs, &fixture.err), SEALIFT_OK);
    cr_assert_eq(fs.last_sequence, 2u);
    cr_assert_eq(fixture_count_objects(&fixture, "/keys/"), 2u);
    for (int kind = SEALIFT_VERIFY_KEYS; kind <= SEALIFT_VERIFY_DATA; kind++)
        fixture_expect(&fixture,
                       sealift_snapshot_verify(fixture.sealift,
                                               &(struct sealift_verify_spec){.fs = "home",
                                                                             .snapshot = "tuesday",
                                                                             .kind = (enum sealift_verify_kind)kind},
                                               &verified, &fixture.err),
                       SEALIFT_OK, "");
}

/* Who has no right to decrypt could not tell a forged manifest from ours, and that of an earlier attempt stays what it
 * is: a snapshot. */
Test(api_upload, under_a_key_for_the_snapshot_alone_adopts_nothing)
{
    struct sealift_upload_result first, second;

    fixture_add_fs(&fixture, "home", "tree");
    add_snapshot("monday");
    first = upload_alone("monday");
    forget_publication("monday");
    second = upload_alone("monday");
    cr_assert_str_neq(second.locator, first.locator);
    cr_assert_eq(fixture_count_objects(&fixture, "/snapshots/"), 2u);
}

Test(api_upload, adopts_one_under_a_key_for_the_snapshot_alone)
{
    struct sealift_upload_result first, second;

    fixture_add_fs(&fixture, "home", "tree");
    add_snapshot("monday");
    first = upload_alone("monday");
    forget_publication("monday");
    second = upload_named("monday", SEALIFT_OK, "");
    cr_assert_str_eq(second.locator, first.locator);
    cr_assert_eq(row_of("monday").status, TABLE_SNAPSHOT_UPLOADED);
}

/* --- two at once --- */

struct racer {
    struct sealift *sealift;
    enum sealift_status status;
    struct sealift_upload_result result;
    struct sealift_error err;
};

static void *
race(void *argument)
{
    struct racer *racer = argument;
    const struct sealift_upload_spec spec = {.fs = "home", .snapshot = "monday"};

    racer->status = sealift_snapshot_upload(racer->sealift, &spec, &racer->result, &racer->err);
    return NULL;
}

Test(api_upload, of_one_snapshot_twice_at_once_makes_one, .timeout = 60)
{
    struct sealift_options options = {0};
    struct racer racers[2] = {0};
    const struct racer *winner, *loser;
    pthread_t threads[2];
    struct locator published;
    struct table_snapshot row;

    fixture_add_fs(&fixture, "home", "tree");
    for (int i = 0; i < 500; i++) {
        char name[64];

        snprintf(name, sizeof(name), "tree/%d", i);
        fixture_write(&fixture, name, name);
    }
    add_snapshot("monday");
    options.home = fixture_path(&fixture, "home");
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(sealift_open(&options, &racers[i].sealift, &fixture.err), SEALIFT_OK);
        cr_assert_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    winner = &racers[racers[0].status == SEALIFT_OK ? 0 : 1];
    loser = &racers[racers[0].status == SEALIFT_OK ? 1 : 0];
    cr_assert_eq(winner->status, SEALIFT_OK, "%s", winner->err.message);
    cr_assert_eq(loser->status, SEALIFT_CONFLICT, "%s", loser->err.message);
    cr_assert_eq(fixture_count_objects(&fixture, "/snapshots/"), 1u);
    row = row_of("monday");
    cr_assert_eq(row.status, TABLE_SNAPSHOT_UPLOADED);
    cr_assert(locator_parse(winner->result.locator, &published));
    cr_assert(uuid_equal(&row.upload, &published.snapshot));
    for (int i = 0; i < 2; i++)
        sealift_close(&racers[i].sealift);
}
