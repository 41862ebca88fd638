#include "drill.h"

#include "fixture_kms.h"
#include "fixture_snapshot.h"
#include "manifest_fetch.h"
#include "scoped.h"
#include "store_faulty.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define SNAPSHOTS 12

static struct fixture fixture;
static struct sealift_error err;
static struct locator locators[SNAPSHOTS];
static struct drill_outcome outcome;
static bool with_table; /* the table has the filesystem */
static struct survey_fs table;

/* What was told. */
static struct {
    enum survey_kind kind;
    struct uuid upload;
    char filesystem[256];
    struct drill_finding finding;
    struct sealift_error failure;
} told[64];
static size_t told_count;

static void
set_up(void)
{
    struct upload_outcome uploaded;

    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_write_noise(&fixture, "a/file", 100000);
    for (size_t i = 0; i < SNAPSHOTS; i++)
        cr_assert_eq(fixture_upload(&fixture, fixture.store, "a", &locators[i], &uploaded, &err), SEALIFT_OK, "%s",
                     err.message);
    table = (struct survey_fs){.name = "home", .uuid = fixture.fs, .envelope = fixture.envelope};
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(drill, .init = set_up, .fini = tear_down);

static enum sealift_status
plan(void *context, struct survey_run *run, struct sealift_error *plan_err)
{
    struct store *store;

    if (with_table)
        TRY(survey_filesystem(run, &table, plan_err));
    TRY(store_faulty_new(fixture.store, *(store_fault **)context, NULL, &store, plan_err)); /* the survey frees it */
    return survey_bucket(run, &store, plan_err);
}

static enum sealift_status
tell(void *context, const struct survey_item *item, const struct drill_finding *finding, struct sealift_error *tell_err)
{
    (void)context;
    (void)tell_err;
    cr_assert_lt(told_count, 64u);
    told[told_count].kind = item->kind;
    told[told_count].upload = item->upload;
    memcpy(told[told_count].filesystem, item->filesystem, 256);
    told[told_count].failure = finding != NULL ? finding->failure : item->failure;
    if (finding != NULL)
        told[told_count].finding = *finding;
    told_count++;
    return SEALIFT_OK;
}

static enum sealift_status
run_with(store_fault *fault)
{
    const struct drill_request request = {
        .world = &fixture.world,
        .routes = fixture.routes,
        .progress = fixture.progress,
        .threads = 4,
        .plan = plan,
        .plan_context = &fault,
        .each = tell,
    };

    told_count = 0;
    return drill_run(&request, &outcome, &err);
}

static void
run(void)
{
    cr_assert_eq(run_with(NULL), SEALIFT_OK, "%s", err.message);
}

Test(drill, opens_a_frame_of_every_snapshot_in_their_order)
{
    run();
    cr_assert_eq(outcome.snapshots, SNAPSHOTS);
    cr_assert_eq(outcome.opened, SNAPSHOTS);
    cr_assert_eq(outcome.failed, 0u);
    cr_assert_eq(told_count, SNAPSHOTS);
    for (size_t i = 0; i < SNAPSHOTS; i++) {
        cr_assert(uuid_equal(&told[i].upload, &locators[i].snapshot), "%zu", i);
        cr_assert_eq(told[i].finding.wrapping, DRILL_MANIFEST);
        cr_assert_str_eq(told[i].finding.snapshot, "monday");
        cr_assert_str_eq(told[i].finding.by.type, "local");
        cr_assert_gt(told[i].finding.fetched, 500u);
        cr_assert_lt(told[i].finding.fetched, 10000u, "kilobytes, though the file has 100");
    }
}

static atomic_uint calls;

static enum sealift_status
count_call(struct kms_audit *audit, const struct kms_event *event, struct sealift_error *note_err)
{
    (void)audit;
    (void)note_err;
    if (strcmp(event->operation, "unwrap") == 0)
        atomic_fetch_add(&calls, 1);
    return SEALIFT_OK;
}

Test(drill, asks_the_kms_once_for_an_fs_key_and_place)
{
    struct kms_audit audit = {.note = count_call};

    fixture.kms->audit = &audit;
    run();
    cr_assert_eq(atomic_load(&calls), 1u, "%u for the wrapping that all manifests carry", atomic_load(&calls));
    fixture_put_key_record(&fixture, &fixture.envelope);
    with_table = true;
    atomic_store(&calls, 0);
    run();
    cr_assert_eq(outcome.opened, SNAPSHOTS + 2u);
    cr_assert_eq(told[0].finding.wrapping, DRILL_TABLE);
    cr_assert_eq(told[2].finding.wrapping, DRILL_RECORD);
    cr_assert_eq(atomic_load(&calls), 2u, "the table's, and the bucket's");
}

static void
damage(const struct locator *locator, const char *from, const char *to)
{
    SCOPED(buf_done) struct buf text = {.max = MANIFEST_MAX_SIZE};
    char name[NAME_SIZE], *at;

    name_of_manifest(&locator->fs, &locator->snapshot, name);
    cr_assert_eq(store_get(fixture.store, name, MANIFEST_MAX_SIZE, &text, &err), SEALIFT_OK);
    at = memmem(text.data, text.len, from, strlen(from));
    cr_assert_not_null(at);
    memcpy(at, to, strlen(to));
    cr_assert_eq(store_memory_overwrite(fixture.store, name, buf_bytes(&text), &err), SEALIFT_OK);
}

Test(drill, names_exactly_the_snapshots_that_do_not_open)
{
    damage(&locators[2], "\"entries\":2", "\"entries\":3");
    damage(&locators[5], "{", "[");
    run();
    cr_assert_eq(outcome.failed, 2u);
    cr_assert_eq(outcome.opened, SNAPSHOTS - 2u);
    for (size_t i = 0; i < SNAPSHOTS; i++)
        cr_assert_eq(told[i].failure.status != SEALIFT_OK, i == 2 || i == 5, "%zu: %s", i, told[i].failure.message);
    cr_assert_eq(told[2].failure.status, SEALIFT_CORRUPT);
    cr_assert_eq(outcome.first_failure.status, SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(outcome.first_failure.message, "snapshot "), "%s", outcome.first_failure.message);
}

static enum sealift_status
damage_trees(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *fault)
{
    (void)context;
    (void)after;
    if (operation != STORE_GET || strstr(name, "/tree/") == NULL)
        return SEALIFT_OK;
    fault->status = SEALIFT_CORRUPT;
    snprintf(fault->message, sizeof(fault->message), "the tree is cut off");
    return fault->status;
}

Test(drill, fails_where_the_frame_does)
{
    cr_assert_eq(run_with(damage_trees), SEALIFT_OK);
    cr_assert_eq(outcome.failed, SNAPSHOTS);
    cr_assert_not_null(strstr(told[0].failure.message, "cut off"), "%s", told[0].failure.message);
    cr_assert_eq(told[0].finding.wrapping, DRILL_MANIFEST, "the key had opened");
}

static enum sealift_status
be_away(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *fault)
{
    (void)context;
    (void)after;
    (void)name;
    if (operation != STORE_LIST)
        return SEALIFT_OK;
    fault->status = SEALIFT_UNAVAILABLE;
    snprintf(fault->message, sizeof(fault->message), "the store is away");
    return fault->status;
}

Test(drill, tells_of_a_store_that_cannot_be_listed_and_tries_the_rest)
{
    with_table = true;
    cr_assert_eq(run_with(be_away), SEALIFT_OK);
    cr_assert_eq(told_count, 2u);
    cr_assert_eq(told[0].failure.status, SEALIFT_OK);
    cr_assert_eq(told[1].kind, SURVEY_STORE);
    cr_assert_eq(outcome.waiting, 1u);
    cr_assert_eq(outcome.first_failure.status, SEALIFT_UNAVAILABLE);
}

/* A record of the filesystem's key by a KMS like Vault. */
static void
put_vault_record(struct fixture_kms *server, const struct fixture_kms_key *key)
{
    struct kms *kms = fixture_kms_connect(server, &fixture.world, key);
    struct envelope envelope;

    cr_assert_eq(keyring_seal(kms, &(struct kms_errand){.fs = fixture.fs}, fixture.fs_key, NULL, &envelope, &err),
                 SEALIFT_OK, "%s", err.message);
    cr_assert_eq(kms_routes_adopt(fixture.routes, KMS_ROLE_CLUSTER, &kms, &err), SEALIFT_OK);
    fixture_put_key_record(&fixture, &envelope);
}

Test(drill, asks_a_kms_that_is_away_once_and_says_who_waits_for_it)
{
    struct fixture_kms server = {0};
    const struct fixture_kms_key *key = fixture_kms_add(&server, "team/a", "tenant-key");

    put_vault_record(&server, key);
    run();
    cr_assert_eq(outcome.opened, SNAPSHOTS + 1u);
    cr_assert_str_eq(told[5].finding.by.key_identifier, "tenant-key");
    cr_assert_eq(told[5].finding.by.key_version, 1);
    server.away = true;
    atomic_store(&server.unwraps, 0);
    run();
    cr_assert_eq(outcome.waiting, SNAPSHOTS + 1u);
    cr_assert_eq(atomic_load(&server.unwraps), 1u);
    cr_assert_not_null(strstr(told[5].failure.message, "tenant-key (namespace team/a)"), "%s", told[5].failure.message);
}

/* A key that opens must not be called one that does not. */
Test(drill, ends_when_it_cannot_be_recorded)
{
    fixture_put_key_record(&fixture, &fixture.envelope);
    fixture.log_is_full = true;
    for (int i = 0; i < 2; i++) {
        with_table = i == 1;
        cr_assert_eq(run_with(NULL), SEALIFT_IO);
        cr_assert_str_eq(err.message, "the log is full");
        cr_assert_eq(told_count, 0u);
    }
}

Test(drill, falls_back_on_the_manifests_own_wrapping)
{
    struct fixture_kms server = {0};
    struct fixture_kms_key *key = fixture_kms_add(&server, "", "k");

    put_vault_record(&server, key);
    key->destroyed = true;
    run();
    cr_assert_eq(outcome.failed, 1u, "the key has no record that opens");
    cr_assert_eq(told[0].kind, SURVEY_KEY);
    cr_assert_eq(told[0].failure.status, SEALIFT_NOT_FOUND);
    cr_assert_eq(outcome.opened, SNAPSHOTS);
    cr_assert_eq(told[1].finding.wrapping, DRILL_MANIFEST);
}

/* Who writes the bucket can cut the at-rest key off a record that opens. */
Test(drill, misses_what_the_records_of_a_key_have_lost)
{
    const struct private_part names = {.filesystem = "home", .path = "/srv/home", .generation = 1, .encrypted = true};
    const struct key_record_wish wish = {.envelope = &fixture.envelope, .names = &names, .fs_key = fixture.fs_key};
    struct uuid record;

    cr_assert_eq(key_record_put(&fixture.world, fixture.store, &wish, &record, &err), SEALIFT_OK, "%s", err.message);
    run();
    cr_assert_eq(outcome.failed, 1u);
    cr_assert_eq(told[0].kind, SURVEY_KEY);
    cr_assert_eq(told[0].failure.status, SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(told[0].failure.message, "at-rest key"), "%s", told[0].failure.message);
    cr_assert_str_eq(told[0].finding.filesystem, "home");
    cr_assert_eq(told[1].failure.status, SEALIFT_OK, "the snapshots open");
    cr_assert_eq(told[1].finding.wrapping, DRILL_RECORD);
}

Test(drill, misses_the_at_rest_key_of_an_encrypted_filesystem)
{
    with_table = true;
    snprintf(table.at_rest, sizeof(table.at_rest), "00112233445566778899aabbccddeeff");
    run();
    cr_assert_eq(outcome.failed, 1u);
    cr_assert_eq(told[0].failure.status, SEALIFT_KEY);
    cr_assert_not_null(strstr(told[0].failure.message, "at-rest"), "%s", told[0].failure.message);
}

static enum sealift_status
stop(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *fault)
{
    (void)context;
    (void)after;
    (void)name;
    (void)fault;
    if (operation == STORE_GET)
        atomic_store(&fixture.cancel.asked, true);
    return SEALIFT_OK;
}

Test(drill, ends_by_ctrl_c)
{
    cr_assert_eq(run_with(stop), SEALIFT_CANCELLED);
}
