#include "rewrap.h"

#include "error.h"
#include "fixture_shelf.h"
#include "fixture_snapshot.h"
#include "manifest_fetch.h"
#include "scoped.h"
#include "snapshot_key.h"
#include "store_faulty.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* The filesystem's key is wrapped by one KMS; there is a second one to move to, and a third that may open it, too, but
 * not from here. */
static struct fixture fixture;
static struct shelf *here, *there, *elsewhere;
static struct kms *elsewhere_kms;
static struct sealift_error err;

static struct store *store; /* the fixture's, counted and made to fail */
static unsigned records_put, operations, fail_at;

static struct secret *at_rest_key;
static struct envelope in_table;
static struct uuid in_table_record;
static struct private_part names = {.filesystem = "home", .path = "/srv/home", .generation = 1};

static enum sealift_status
count(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *fault)
{
    (void)context;
    (void)name;
    (void)after;
    if (++operations == fail_at) {
        fault->status = SEALIFT_IO;
        snprintf(fault->message, sizeof(fault->message), "the store was made to fail");
        return fault->status;
    }
    if (operation == STORE_PUT)
        records_put++;
    return SEALIFT_OK;
}

static struct shelf *
add_shelf(const char *name_space, const char *key, enum kms_role role)
{
    struct shelf *shelf = shelf_new(&fixture.world, name_space, key);
    struct kms *kms = &shelf->kms;

    cr_assert_eq(kms_routes_adopt(fixture.routes, role, &kms, &err), SEALIFT_OK);
    return shelf;
}

static struct secret *
random_key(size_t len)
{
    struct secret *key = NULL;

    cr_assert_eq(secret_random(&fixture.world, len, &key, &err), SEALIFT_OK);
    return key;
}

static struct envelope
wrap(struct shelf *shelf, const struct secret *fs_key, const struct secret *with)
{
    struct kms_errand errand = {.fs = fixture.fs};
    struct envelope envelope;

    cr_assert_eq(keyring_seal(&shelf->kms, &errand, fs_key, with, &envelope, &err), SEALIFT_OK, "%s", err.message);
    return envelope;
}

/* Each record is behind the one before, whatever the clock says. */
static struct uuid
put_for(const struct envelope *envelope, const struct secret *fs_key, const struct private_part *with,
        struct uuid snapshot)
{
    static struct uuid last;
    const struct key_record_wish wish = {
        .envelope = envelope,
        .names = with,
        .snapshot = snapshot,
        .fs_key = fs_key,
        .newest = &last,
    };

    cr_assert_eq(key_record_put(&fixture.world, fixture.store, &wish, &last, &err), SEALIFT_OK, "%s", err.message);
    return last;
}

static struct uuid
put(const struct envelope *envelope)
{
    return put_for(envelope, fixture.fs_key, &names, (struct uuid){0});
}

static void
set_up(void)
{
    fixture_init(&fixture);
    here = add_shelf("team", "k1", KMS_ROLE_CLUSTER);
    there = add_shelf("tenant", "k2", KMS_ROLE_OWN);
    elsewhere = shelf_new(&fixture.world, "far", "away");
    elsewhere_kms = &elsewhere->kms;
    cr_assert_eq(store_faulty_new(fixture.store, count, NULL, &store, &err), SEALIFT_OK);
    at_rest_key = random_key(AT_REST_KEY_SIZE);
    names.encrypted = true;
    names.generation = 1;
    in_table = wrap(here, fixture.fs_key, at_rest_key);
    in_table_record = put(&in_table);
    fixture.envelope = in_table;
}

static void
tear_down(void)
{
    secret_free(&at_rest_key);
    store_free(&store);
    kms_free(&elsewhere_kms);
    fixture_done(&fixture);
}

TestSuite(rewrap, .init = set_up, .fini = tear_down);

static struct rewrap_request
request_for(struct shelf *target)
{
    return (struct rewrap_request){
        .world = &fixture.world,
        .routes = fixture.routes,
        .target = &target->kms,
        .store = store,
        .fs = fixture.fs,
        .in_force = &in_table,
        .key_record = &in_table_record,
        .names = &names,
    };
}

static struct rewrap_outcome
done(const struct rewrap_request *request)
{
    struct rewrap_outcome outcome;

    here->unwraps = here->rewraps = here->wraps = 0;
    there->unwraps = there->rewraps = there->wraps = 0;
    records_put = 0;
    cr_assert_eq(rewrap(request, &outcome, &err), SEALIFT_OK, "%s", err.message);
    return outcome;
}

static void
expect_holds(const struct envelope *envelope, const struct secret *fs_key, const struct secret *at_rest)
{
    SCOPED(secret_free) struct secret *found = NULL;
    SCOPED(secret_free) struct secret *found_at_rest = NULL;
    struct kms_errand errand = {0};

    cr_assert_eq(kms_routes_open(fixture.routes, &errand, envelope, &found, &found_at_rest, &err), SEALIFT_OK, "%s",
                 err.message);
    cr_assert(secret_equal(found, fs_key));
    cr_assert_eq(found_at_rest == NULL, at_rest == NULL);
    if (at_rest != NULL)
        cr_assert(secret_equal(found_at_rest, at_rest));
}

static void
expect_calls(const struct shelf *shelf, unsigned unwraps, unsigned rewraps, unsigned wraps)
{
    cr_assert_eq(shelf->unwraps, unwraps, "%u unwraps", shelf->unwraps);
    cr_assert_eq(shelf->rewraps, rewraps, "%u rewraps", shelf->rewraps);
    cr_assert_eq(shelf->wraps, wraps, "%u wraps", shelf->wraps);
}

static struct key_record
fetch(const uint8_t key_check[KEY_CHECK_SIZE])
{
    struct key_record record;
    struct key_records records;

    cr_assert_eq(key_records_list(fixture.store, &fixture.fs, key_check, &records, &err), SEALIFT_OK);
    cr_assert_gt(key_records_count(&records), 0u);
    cr_assert_eq(
        key_record_fetch(fixture.store, &fixture.fs, key_check, key_records_newest(&records, 0), &record, &err),
        SEALIFT_OK, "%s", err.message);
    return record;
}

/* --- one key --- */

Test(rewrap, of_what_is_current_costs_one_call_and_writes_nothing)
{
    struct rewrap_request request = request_for(here);
    struct rewrap_outcome outcome;

    request.least_version = 1;
    outcome = done(&request);
    expect_calls(here, 1, 0, 0);
    cr_assert_eq(records_put, 0u);
    cr_assert(!outcome.changed);
    cr_assert_eq(outcome.keys, 1u);
    cr_assert_eq(outcome.records, 0u);
    cr_assert(uuid_equal(&outcome.key_record, &in_table_record));
    cr_assert_str_eq(outcome.proven.key_identifier, "k1");
}

Test(rewrap, to_the_newest_version_stays_inside_the_kms)
{
    struct rewrap_request request = request_for(here);
    struct rewrap_outcome outcome;

    shelf_rotate(here);
    outcome = done(&request);
    cr_assert(!outcome.changed, "no version was asked for");
    request.least_version = 2;
    outcome = done(&request);
    expect_calls(here, 2, 1, 0);
    cr_assert_eq(records_put, 1u);
    cr_assert(outcome.changed);
    cr_assert_eq(outcome.records, 1u);
    cr_assert_eq(outcome.envelope.kms.key_version, 2);
    cr_assert_eq(outcome.proven.key_version, 2);
    here->min_decryption_version = 2;
    expect_holds(&outcome.envelope, fixture.fs_key, at_rest_key);
}

Test(rewrap, goes_by_the_version_that_the_ciphertext_proves)
{
    struct rewrap_request request = request_for(here);
    struct envelope boasting = in_table;
    struct rewrap_outcome outcome;

    shelf_rotate(here);
    boasting.kms.key_version = 2;
    put(&boasting);
    request.least_version = 2;
    outcome = done(&request);
    cr_assert_eq(outcome.records, 1u);
    here->min_decryption_version = 2;
    expect_holds(&outcome.envelope, fixture.fs_key, at_rest_key);
}

Test(rewrap, to_another_kms_makes_a_fresh_kek)
{
    struct rewrap_request request = request_for(there);
    struct rewrap_outcome outcome = done(&request);
    SCOPED(key_record_done) struct key_record record = fetch(in_table.key_check);

    expect_calls(here, 1, 0, 0);
    expect_calls(there, 2, 0, 1); /* the first was in vain: it was not there yet */
    cr_assert_eq(records_put, 1u);
    cr_assert(outcome.changed);
    cr_assert_str_eq(outcome.envelope.kms.name_space, "tenant");
    cr_assert(uuid_equal(&record.record, &outcome.key_record));
    cr_assert_str_eq(record.envelope.wrapped_kek, outcome.envelope.wrapped_kek);
    cr_assert_null(strstr(outcome.envelope.wrapped_kek, strrchr(in_table.wrapped_kek, ':')));
    expect_holds(&outcome.envelope, fixture.fs_key, at_rest_key);
}

Test(rewrap, takes_up_a_record_that_the_table_has_not_heard_of)
{
    struct rewrap_request request = request_for(there);
    struct rewrap_outcome first = done(&request), again = done(&request);

    cr_assert(again.changed, "for the table still has the old one");
    cr_assert(uuid_equal(&again.key_record, &first.key_record));
    cr_assert_eq(again.records, 0u);
    cr_assert_eq(records_put, 0u);
    expect_calls(there, 1, 0, 0);
    expect_calls(here, 0, 0, 0);
}

Test(rewrap, of_a_dry_run_wraps_and_writes_nothing)
{
    struct rewrap_request request = request_for(there);
    struct rewrap_outcome outcome;

    request.dry_run = true;
    outcome = done(&request);
    cr_assert(outcome.changed);
    cr_assert_eq(outcome.records, 1u);
    cr_assert_eq(records_put, 0u);
    cr_assert_str_eq(outcome.envelope.wrapped_kek, in_table.wrapped_kek);
    expect_calls(here, 1, 0, 0);
    expect_calls(there, 1, 0, 0);
}

Test(rewrap, uses_no_wrapping_that_does_not_open_again)
{
    struct rewrap_request request = request_for(there);
    struct rewrap_outcome outcome = {.keys = 77};

    there->garbles = true;
    records_put = 0;
    cr_assert_neq(rewrap(&request, &outcome, &err), SEALIFT_OK);
    cr_assert_not_null(strstr(err.message, "is not used"), "%s", err.message);
    cr_assert_eq(records_put, 0u);
    cr_assert_eq(outcome.keys, 77u, "nothing is said of what failed");
    there->garbles = false;
    cr_assert(done(&request).changed);
}

Test(rewrap, sets_right_a_hint_that_is_out_of_date)
{
    struct rewrap_request request = request_for(here);
    struct envelope moved = in_table;
    struct rewrap_outcome outcome;

    snprintf(moved.kms.mount, sizeof(moved.kms.mount), "where-it-was");
    in_table_record = put(&moved);
    in_table = moved;
    outcome = done(&request);
    cr_assert_str_eq(outcome.envelope.kms.mount, "transit");
    cr_assert_eq(outcome.records, 0u, "an older record says it as it is, and is taken up");

    outcome = done(&request);
    expect_holds(&outcome.envelope, fixture.fs_key, at_rest_key);
}

/* A restored server, or a second one, on which somebody chose the same names. */
Test(rewrap, tells_the_target_from_another_server_with_a_key_of_the_same_name)
{
    struct shelf *twin = add_shelf("team", "k1", KMS_ROLE_FORMER);
    struct rewrap_request request = request_for(twin);
    struct rewrap_outcome outcome;

    twin->number = 2; /* opens nothing of the other's */
    shelf_rotate(here);
    outcome = done(&request);
    cr_assert(outcome.changed);
    cr_assert_eq(outcome.records, 1u);
    cr_assert_eq(twin->wraps, 1u);
    here->fails = SEALIFT_DENIED;
    expect_holds(&outcome.envelope, fixture.fs_key, at_rest_key);
}

Test(rewrap, needs_the_target_alone_when_that_opens_what_another_name_wrapped)
{
    struct shelf *restored = shelf_new(&fixture.world, "team", "k1");
    struct kms *kms = &restored->kms;
    struct rewrap_request request = request_for(restored);
    struct rewrap_outcome outcome;

    snprintf(kms->place.name_space, sizeof(kms->place.name_space), "elsewhere");
    restored->opens_all = true;
    here->fails = SEALIFT_UNAVAILABLE; /* it is gone */
    cr_assert_eq(kms_routes_adopt(fixture.routes, KMS_ROLE_FORMER, &kms, &err), SEALIFT_OK);
    outcome = done(&request);
    cr_assert_eq(outcome.records, 1u);
    cr_assert_str_eq(outcome.envelope.kms.name_space, "elsewhere");
    expect_calls(here, 0, 0, 0);
}

Test(rewrap, of_a_filesystem_without_a_bucket_is_the_tables_alone)
{
    struct rewrap_request request = request_for(there);
    struct rewrap_outcome outcome;

    request.store = NULL;
    outcome = done(&request);
    cr_assert(outcome.changed);
    cr_assert_eq(outcome.records, 0u);
    cr_assert_gt(uuid_compare(&outcome.key_record, &in_table_record), 0);
    expect_holds(&outcome.envelope, fixture.fs_key, at_rest_key);

    request.target = &here->kms;
    outcome = done(&request);
    cr_assert(!outcome.changed);
    cr_assert(uuid_equal(&outcome.key_record, &in_table_record));
}

static void
remove_record(const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *record)
{
    char name[NAME_SIZE];

    name_of_key_record(&fixture.fs, key_check, record, name);
    cr_assert_eq(store_delete(fixture.store, name, &err), SEALIFT_OK);
}

Test(rewrap, puts_what_the_bucket_has_lost)
{
    SCOPED(key_record_done) struct key_record record = {0};
    struct rewrap_request request = request_for(here);
    struct rewrap_outcome outcome;

    remove_record(in_table.key_check, &in_table_record);
    outcome = done(&request);
    expect_calls(here, 1, 0, 0);
    cr_assert_eq(outcome.records, 1u);
    cr_assert(outcome.changed);
    record = fetch(in_table.key_check);
    cr_assert_str_eq(record.envelope.wrapped_kek, in_table.wrapped_kek);
}

Test(rewrap, leaves_another_kmss_wrapping_alone_and_does_not_ask_for_it)
{
    struct rewrap_request request = request_for(here);
    struct envelope second = wrap(elsewhere, fixture.fs_key, at_rest_key);
    struct uuid record = put(&second);
    struct rewrap_outcome outcome;

    fixture.log[0] = '\0';
    outcome = done(&request);
    expect_calls(here, 1, 0, 0);
    cr_assert(!outcome.changed);
    shelf_rotate(here);
    request.least_version = 2;
    outcome = done(&request);
    expect_calls(here, 2, 1, 0);
    cr_assert_gt(uuid_compare(&outcome.key_record, &record), 0);
    cr_assert_str_eq(fixture.log, "", "%s", fixture.log);
}

Test(rewrap, names_a_record_behind_those_of_a_clock_that_is_ahead)
{
    struct rewrap_request request = request_for(there);
    struct uuid ahead = uuid_v7(&fixture.world);
    struct key_record_wish wish = {.envelope = &in_table, .names = &names, .fs_key = fixture.fs_key, .newest = &ahead};
    struct rewrap_outcome first, again;

    ahead.bytes[2]++; /* some three months */
    cr_assert_eq(key_record_put(&fixture.world, fixture.store, &wish, &ahead, &err), SEALIFT_OK);
    first = done(&request);
    cr_assert_gt(uuid_compare(&first.key_record, &ahead), 0);
    again = done(&request);
    cr_assert(uuid_equal(&again.key_record, &first.key_record));
    cr_assert_eq(records_put, 0u);
}

/* --- what somebody may do who writes the bucket --- */

static void
overwrite(const struct key_record *record)
{
    SCOPED(buf_done) struct buf text = {0};
    char name[NAME_SIZE];

    cr_assert_eq(key_record_build(record, &text, &err), SEALIFT_OK);
    name_of_key_record(&record->fs, record->envelope.key_check, &record->record, name);
    cr_assert_eq(store_memory_overwrite(fixture.store, name, buf_bytes(&text), &err), SEALIFT_OK);
}

static void
strip_at_rest_key(void)
{
    SCOPED(key_record_done) struct key_record record = fetch(in_table.key_check);

    record.envelope.has_at_rest_key = false;
    overwrite(&record);
}

Test(rewrap, does_not_lose_an_at_rest_key_that_was_cut_out_of_a_record)
{
    struct rewrap_request request = request_for(there);
    struct rewrap_outcome outcome;

    strip_at_rest_key();
    outcome = done(&request);
    expect_holds(&outcome.envelope, fixture.fs_key, at_rest_key);
    cr_assert_not_null(strstr(fixture.log, "at-rest key of the filesystem, which is encrypted, is missing"), "%s",
                       fixture.log);
}

Test(rewrap, of_a_filesystem_that_the_table_does_not_know_wants_the_at_rest_key_too)
{
    struct rewrap_request request = request_for(there);
    struct rewrap_outcome outcome;

    request.in_force = NULL;
    strip_at_rest_key();
    cr_assert_eq(rewrap(&request, &outcome, &err), SEALIFT_CORRUPT);
    in_table_record = put(&in_table);
    strip_at_rest_key();
    put(&in_table);
    strip_at_rest_key();
    in_table = wrap(here, fixture.fs_key, at_rest_key);
    put(&in_table);
    outcome = done(&request);
    expect_holds(&outcome.envelope, fixture.fs_key, at_rest_key);
}

Test(rewrap, passes_over_a_copy_under_a_newer_name)
{
    struct rewrap_request request = request_for(there);
    SCOPED(key_record_done) struct key_record record = fetch(in_table.key_check);
    SCOPED(buf_done) struct buf text = {0};
    char name[NAME_SIZE];
    struct rewrap_outcome outcome;

    record.record = uuid_v7_behind(&fixture.world, &record.record);
    cr_assert_eq(key_record_build(&record, &text, &err), SEALIFT_OK);
    name_of_key_record(&record.fs, record.envelope.key_check, &record.record, name);
    cr_assert_eq(store_put_small(fixture.store, name, buf_bytes(&text), &err), SEALIFT_OK);
    outcome = done(&request);
    cr_assert_gt(uuid_compare(&outcome.key_record, &record.record), 0);
    expect_holds(&outcome.envelope, fixture.fs_key, at_rest_key);
    cr_assert_not_null(strstr(fixture.log, "another wrapping of the key is looked for"), "%s", fixture.log);
}

static void
put_garbage(uint8_t first_byte)
{
    uint8_t key_check[KEY_CHECK_SIZE] = {first_byte};
    struct uuid record = uuid_v7(&fixture.world);
    char name[NAME_SIZE];

    name_of_key_record(&fixture.fs, key_check, &record, name);
    cr_assert_eq(store_put_small(fixture.store, name, bytes_of_text("{\"what\":"), &err), SEALIFT_OK);
}

Test(rewrap, is_not_held_up_by_garbage_in_the_bucket)
{
    struct rewrap_request request = request_for(there);
    struct rewrap_outcome outcome;

    put_garbage(0);
    put_garbage(0xff);
    outcome = done(&request);
    cr_assert(outcome.changed);
    cr_assert_eq(outcome.keys, 3u);
    cr_assert_eq(outcome.failed, 2u);
    cr_assert_not_null(strstr(outcome.failure.message, "/keys/00000000"), "%s", outcome.failure.message);
}

/* --- several keys --- */

/* An older FS key of the filesystem, and one of a snapshot alone. */
struct other_keys {
    struct secret *older, *snapshots;
    struct envelope older_envelope, snapshots_envelope;
    struct uuid snapshot;
};

static void
other_keys_done(struct other_keys *others)
{
    secret_free(&others->older);
    secret_free(&others->snapshots);
}

static struct other_keys
add_other_keys(void)
{
    struct other_keys others = {random_key(FS_KEY_SIZE), random_key(FS_KEY_SIZE), .snapshot = {{5, 6, 7}}};
    struct private_part of_snapshot = names;

    others.older_envelope = wrap(here, others.older, at_rest_key);
    others.snapshots_envelope = wrap(here, others.snapshots, NULL);
    put_for(&others.older_envelope, others.older, &names, (struct uuid){0});
    snprintf(of_snapshot.snapshot, sizeof(of_snapshot.snapshot), "monday");
    put_for(&others.snapshots_envelope, others.snapshots, &of_snapshot, others.snapshot);
    names.generation = 2;
    in_table_record = put(&in_table);
    return others;
}

static void
expect_followed(const struct other_keys *others, const struct rewrap_outcome *outcome)
{
    SCOPED(key_record_done) struct key_record older = fetch(others->older_envelope.key_check);
    SCOPED(key_record_done) struct key_record snapshots = fetch(others->snapshots_envelope.key_check);
    struct private_part part;

    cr_assert_str_eq(older.envelope.kms.name_space, "tenant");
    expect_holds(&older.envelope, others->older, at_rest_key);
    cr_assert_eq(key_record_private(&older, others->older, &part, &err), SEALIFT_OK);
    cr_assert_eq(part.generation, 1u);

    cr_assert_str_eq(snapshots.envelope.kms.name_space, "tenant");
    expect_holds(&snapshots.envelope, others->snapshots, NULL);
    cr_assert(uuid_equal(&snapshots.snapshot, &others->snapshot));
    cr_assert_eq(key_record_private(&snapshots, others->snapshots, &part, &err), SEALIFT_OK);
    cr_assert_str_eq(part.snapshot, "monday");

    expect_holds(&outcome->envelope, fixture.fs_key, at_rest_key);
}

static void
expect_newest(const struct other_keys *others, const struct rewrap_outcome *outcome)
{
    SCOPED(key_record_done) struct key_record older = fetch(others->older_envelope.key_check);
    SCOPED(key_record_done) struct key_record snapshots = fetch(others->snapshots_envelope.key_check);

    cr_assert_gt(uuid_compare(&outcome->key_record, &older.record), 0);
    cr_assert_gt(uuid_compare(&outcome->key_record, &snapshots.record), 0);
}

Test(rewrap, takes_every_fs_key_along_and_the_one_in_force_last)
{
    SCOPED(other_keys_done) struct other_keys others = add_other_keys();
    struct rewrap_request request = request_for(there);
    struct rewrap_outcome outcome = done(&request);

    cr_assert_eq(outcome.keys, 3u);
    cr_assert_eq(outcome.records, 3u);
    cr_assert_eq(outcome.failed, 0u);
    cr_assert_eq(records_put, 3u);
    expect_calls(here, 3, 0, 0);
    expect_calls(there, 6, 0, 3);
    expect_followed(&others, &outcome);
    expect_newest(&others, &outcome);
    outcome = done(&request);
    cr_assert_eq(outcome.records, 0u);
    expect_calls(there, 3, 0, 0);
}

Test(rewrap, knows_the_key_in_force_by_its_generation_when_the_table_does_not)
{
    SCOPED(other_keys_done) struct other_keys others = add_other_keys();
    struct rewrap_request request = request_for(there);
    struct rewrap_outcome outcome;

    request.in_force = NULL;
    outcome = done(&request);
    cr_assert(digest_equal(outcome.envelope.key_check, in_table.key_check, KEY_CHECK_SIZE));
    cr_assert_eq(outcome.keys, 3u);
    cr_assert(outcome.changed);
    expect_followed(&others, &outcome);
    expect_newest(&others, &outcome);
    outcome = done(&request);
    cr_assert(!outcome.changed);
}

Test(rewrap, leaves_behind_a_key_that_opens_nowhere_and_says_so)
{
    SCOPED(other_keys_done) struct other_keys others = add_other_keys();
    struct rewrap_request request = request_for(there);
    struct envelope lost = wrap(elsewhere, others.snapshots, NULL);
    SCOPED(key_record_done) struct key_record record = fetch(others.snapshots_envelope.key_check);
    struct rewrap_outcome outcome;
    char key_check[2 * KEY_CHECK_SIZE + 1];

    record.envelope = lost;
    overwrite(&record);
    outcome = done(&request);
    cr_assert_eq(outcome.keys, 3u);
    cr_assert_eq(outcome.records, 2u);
    cr_assert_eq(outcome.failed, 1u);
    cr_assert_eq(outcome.failure.status, SEALIFT_KEY);
    hex_encode(BYTES_OF(lost.key_check), key_check);
    cr_assert_not_null(strstr(outcome.failure.message, key_check), "%s", outcome.failure.message);
    cr_assert_not_null(strstr(outcome.failure.message, "not of this key"), "%s", outcome.failure.message);
}

Test(rewrap, fails_when_the_key_in_force_opens_nowhere)
{
    SCOPED(other_keys_done) struct other_keys others = add_other_keys();
    struct rewrap_request request = request_for(there);
    struct rewrap_outcome outcome;

    (void)others;
    here->min_decryption_version = 2;
    cr_assert_eq(rewrap(&request, &outcome, &err), SEALIFT_KEY);
    cr_assert_not_null(strstr(err.message, "retired"), "%s", err.message);
    request.in_force = NULL;
    cr_assert_eq(rewrap(&request, &outcome, &err), SEALIFT_KEY);
}

Test(rewrap, asks_a_kms_that_is_away_for_the_key_in_force_and_no_more)
{
    SCOPED(other_keys_done) struct other_keys others = add_other_keys();
    struct rewrap_request request = request_for(there);
    struct rewrap_outcome outcome;

    (void)others;
    here->fails = SEALIFT_UNAVAILABLE;
    here->unwraps = 0;
    cr_assert_eq(rewrap(&request, &outcome, &err), SEALIFT_UNAVAILABLE);
    cr_assert_eq(here->unwraps, 2u, "%u", here->unwraps);
}

Test(rewrap, of_nothing_finds_nothing)
{
    struct rewrap_request request = request_for(there);
    struct rewrap_outcome outcome;

    request.in_force = NULL;
    request.fs = uuid_v4(&fixture.world);
    cr_assert_eq(rewrap(&request, &outcome, &err), SEALIFT_NOT_FOUND);
}

/* --- a further KMS --- */

struct heard {
    unsigned told, put, in_force, failed;
    unsigned limit; /* of calls; 0: none */
};

static enum sealift_status
hear(void *context, const struct rewrap_settled *settled, struct sealift_error *hear_err)
{
    struct heard *heard = context;

    cr_assert_eq(settled->by == NULL, settled->failure != NULL);
    cr_assert_eq(heard->in_force, 0u, "the key in force is the last");
    heard->told++;
    heard->put += settled->put;
    heard->in_force += settled->in_force;
    heard->failed += settled->failure != NULL;
    if (settled->by != NULL) {
        SCOPED(key_record_done) struct key_record record = fetch(settled->key_check);

        cr_assert(uuid_equal(&record.record, settled->record));
        cr_assert_str_eq(settled->by->name_space, record.envelope.kms.name_space);
    }
    if (heard->told == heard->limit)
        return error_set(hear_err, SEALIFT_INVALID, "enough");
    return SEALIFT_OK;
}

static struct rewrap_request
request_beside(struct heard *heard)
{
    struct rewrap_request request = request_for(elsewhere);

    request.beside = true;
    request.each = hear;
    request.context = heard;
    return request;
}

Test(rewrap, beside_gives_a_further_kms_a_wrapping_of_every_key)
{
    SCOPED(other_keys_done) struct other_keys others = add_other_keys();
    struct heard heard = {0};
    struct rewrap_request request = request_beside(&heard);
    struct rewrap_outcome outcome = done(&request);

    (void)others;
    cr_assert_eq(outcome.records, 3u);
    cr_assert(heard.told == 3 && heard.put == 3 && heard.in_force == 1);
    expect_calls(here, 3, 0, 0);
    here->fails = SEALIFT_DENIED;
    cr_assert_eq(kms_routes_adopt(fixture.routes, KMS_ROLE_OWN, &elsewhere_kms, &err), SEALIFT_OK);
    expect_holds(&outcome.envelope, fixture.fs_key, at_rest_key);
}

Test(rewrap, beside_takes_up_what_the_further_kms_has_whatever_is_newer)
{
    struct heard heard = {0};
    struct rewrap_request request = request_beside(&heard);
    struct rewrap_outcome first = done(&request), again;

    in_table_record = put(&in_table);
    elsewhere->unwraps = 0;
    request.each = NULL;
    again = done(&request);
    cr_assert(uuid_equal(&again.key_record, &first.key_record));
    cr_assert_eq(again.records, 0u);
    cr_assert_eq(elsewhere->unwraps, 1u);
    expect_calls(here, 0, 0, 0);

    elsewhere->min_decryption_version = elsewhere->latest_version = 2;
    again = done(&request);
    cr_assert_eq(again.records, 1u, "what opens no more does not count");
}

Test(rewrap, tells_of_each_key_also_of_one_that_is_lost)
{
    struct heard heard = {0};
    struct rewrap_request request = request_beside(&heard);
    struct rewrap_outcome outcome;

    put_garbage(0);
    outcome = done(&request);
    cr_assert_eq(outcome.failed, 1u);
    cr_assert(heard.told == 2 && heard.failed == 1);

    heard = (struct heard){0};
    here->fails = elsewhere->fails = SEALIFT_DENIED;
    cr_assert_eq(rewrap(&request, &outcome, &err), SEALIFT_DENIED);
    cr_assert(heard.told == 2 && heard.failed == 2 && heard.in_force == 1);

    heard = (struct heard){.limit = 1};
    cr_assert_eq(rewrap(&request, &outcome, &err), SEALIFT_INVALID);
    cr_assert_str_eq(err.message, "enough");
    cr_assert_eq(heard.told, 1u, "who is told may end it");
}

/* --- cut off anywhere --- */

static void
expect_snapshot_opens(const struct locator *locator)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    SCOPED(secret_free) struct secret *fs_key = NULL;

    cr_assert_eq(manifest_fetch(fixture.store, locator, &manifest, &err), SEALIFT_OK);
    cr_assert_eq(snapshot_key_open(&fixture.world, fixture.store, fixture.routes, &manifest, &fs_key, NULL, &err),
                 SEALIFT_OK, "%s", err.message);
}

Test(rewrap, may_be_cut_off_at_any_step_and_goes_on)
{
    SCOPED(other_keys_done) struct other_keys others = add_other_keys();
    struct rewrap_request request = request_for(there);
    struct rewrap_outcome outcome;
    struct upload_outcome uploaded;
    struct locator locator;
    unsigned cut = 0;

    fixture_make_folder(&fixture, "a");
    cr_assert_eq(fixture_upload(&fixture, fixture.store, "a", &locator, &uploaded, &err), SEALIFT_OK, "%s",
                 err.message);
    records_put = 0;
    for (fail_at = 1;; fail_at++) {
        enum sealift_status status;

        operations = 0;
        status = rewrap(&request, &outcome, &err);
        expect_snapshot_opens(&locator);
        expect_holds(&in_table, fixture.fs_key, at_rest_key);
        if (operations < fail_at)
            break;
        if (status != SEALIFT_OK || outcome.failed > 0)
            cut++;
    }
    cr_assert_eq(outcome.failed, 0u);
    cr_assert_gt(cut, 3u);
    cr_assert_leq(records_put, 6u, "what was done is not done again: %u", records_put);
    expect_followed(&others, &outcome);
    here->fails = SEALIFT_DENIED;
    expect_snapshot_opens(&locator);
}
