/* One key: where it moves, what that costs, and what somebody may do about it who writes the bucket. */
#include "rewrap.h"

#include "error.h"
#include "fixture_rewrap.h"
#include "scoped.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct sealift_error err;

TestSuite(rewrap, .init = stage_set_up, .fini = stage_tear_down);

/* --- one key --- */

Test(rewrap, of_what_is_current_costs_one_call_and_writes_nothing)
{
    struct rewrap_request request = stage_request(stage.here);
    struct rewrap_outcome outcome;

    request.least_version = 1;
    outcome = stage_run(&request);
    stage_expect_calls(stage.here, 1, 0, 0);
    cr_assert_eq(stage.records_put, 0u);
    cr_assert(!outcome.changed);
    cr_assert_eq(outcome.keys, 1u);
    cr_assert_eq(outcome.records, 0u);
    cr_assert(uuid_equal(&outcome.key_record, &stage.in_table_record));
    cr_assert_str_eq(outcome.proven.key_identifier, "k1");
}

Test(rewrap, to_the_newest_version_stays_inside_the_kms)
{
    struct rewrap_request request = stage_request(stage.here);
    struct rewrap_outcome outcome;

    shelf_rotate(stage.here);
    outcome = stage_run(&request);
    cr_assert(!outcome.changed, "no version was asked for");
    request.least_version = 2;
    outcome = stage_run(&request);
    stage_expect_calls(stage.here, 2, 1, 0);
    cr_assert_eq(stage.records_put, 1u);
    cr_assert(outcome.changed);
    cr_assert_eq(outcome.records, 1u);
    cr_assert_eq(outcome.envelope.kms.key_version, 2);
    cr_assert_eq(outcome.proven.key_version, 2);
    stage.here->min_decryption_version = 2;
    stage_expect_holds(&outcome.envelope, stage.base.fs_key, stage.at_rest_key);
}

Test(rewrap, goes_by_the_version_that_the_ciphertext_proves)
{
    struct rewrap_request request = stage_request(stage.here);
    struct envelope boasting = stage.in_table;
    struct rewrap_outcome outcome;

    shelf_rotate(stage.here);
    boasting.kms.key_version = 2;
    stage_put(&boasting);
    request.least_version = 2;
    outcome = stage_run(&request);
    cr_assert_eq(outcome.records, 1u);
    stage.here->min_decryption_version = 2;
    stage_expect_holds(&outcome.envelope, stage.base.fs_key, stage.at_rest_key);
}

Test(rewrap, to_another_kms_makes_a_fresh_kek)
{
    struct rewrap_request request = stage_request(stage.there);
    struct rewrap_outcome outcome = stage_run(&request);
    SCOPED(key_record_done) struct key_record record = stage_fetch(stage.in_table.key_check);

    stage_expect_calls(stage.here, 1, 0, 0);
    stage_expect_calls(stage.there, 2, 0, 1); /* the first was in vain: it was not there yet */
    cr_assert_eq(stage.records_put, 1u);
    cr_assert(outcome.changed);
    cr_assert_str_eq(outcome.envelope.kms.name_space, "tenant");
    cr_assert(uuid_equal(&record.record, &outcome.key_record));
    cr_assert_str_eq(record.envelope.wrapped_kek, outcome.envelope.wrapped_kek);
    cr_assert_null(strstr(outcome.envelope.wrapped_kek, strrchr(stage.in_table.wrapped_kek, ':')));
    stage_expect_holds(&outcome.envelope, stage.base.fs_key, stage.at_rest_key);
}

Test(rewrap, takes_up_a_record_that_the_table_has_not_heard_of)
{
    struct rewrap_request request = stage_request(stage.there);
    struct rewrap_outcome first = stage_run(&request), again = stage_run(&request);

    cr_assert(again.changed, "for the table still has the old one");
    cr_assert(uuid_equal(&again.key_record, &first.key_record));
    cr_assert_eq(again.records, 0u);
    cr_assert_eq(stage.records_put, 0u);
    stage_expect_calls(stage.there, 1, 0, 0);
    stage_expect_calls(stage.here, 0, 0, 0);
}

Test(rewrap, of_a_dry_run_wraps_and_writes_nothing)
{
    struct rewrap_request request = stage_request(stage.there);
    struct rewrap_outcome outcome;

    request.dry_run = true;
    outcome = stage_run(&request);
    cr_assert(outcome.changed);
    cr_assert_eq(outcome.records, 1u);
    cr_assert_eq(stage.records_put, 0u);
    cr_assert_str_eq(outcome.envelope.wrapped_kek, stage.in_table.wrapped_kek);
    stage_expect_calls(stage.here, 1, 0, 0);
    stage_expect_calls(stage.there, 1, 0, 0);
}

Test(rewrap, uses_no_wrapping_that_does_not_open_again)
{
    struct rewrap_request request = stage_request(stage.there);
    struct rewrap_outcome outcome = {.keys = 77};

    stage.there->garbles = true;
    stage.records_put = 0;
    cr_assert_neq(rewrap(&request, &outcome, &err), SEALIFT_OK);
    cr_assert_not_null(strstr(err.message, "is not used"), "%s", err.message);
    cr_assert_eq(stage.records_put, 0u);
    cr_assert_eq(outcome.keys, 77u, "nothing is said of what failed");
    stage.there->garbles = false;
    cr_assert(stage_run(&request).changed);
}

Test(rewrap, sets_right_a_hint_that_is_out_of_date)
{
    struct rewrap_request request = stage_request(stage.here);
    struct envelope moved = stage.in_table;
    struct rewrap_outcome outcome;

    snprintf(moved.kms.mount, sizeof(moved.kms.mount), "where-it-was");
    stage.in_table_record = stage_put(&moved);
    stage.in_table = moved;
    outcome = stage_run(&request);
    cr_assert_str_eq(outcome.envelope.kms.mount, "transit");
    cr_assert_eq(outcome.records, 0u, "an older record says it as it is, and is taken up");

    outcome = stage_run(&request);
    stage_expect_holds(&outcome.envelope, stage.base.fs_key, stage.at_rest_key);
}

/* A restored server, or a second one, on which somebody chose the same names. */
Test(rewrap, tells_the_target_from_another_server_with_a_key_of_the_same_name)
{
    struct shelf *twin = stage_add_shelf("team", "k1", KMS_ROLE_FORMER);
    struct rewrap_request request = stage_request(twin);
    struct rewrap_outcome outcome;

    twin->number = 2; /* opens nothing of the other's */
    shelf_rotate(stage.here);
    outcome = stage_run(&request);
    cr_assert(outcome.changed);
    cr_assert_eq(outcome.records, 1u);
    cr_assert_eq(twin->wraps, 1u);
    stage.here->fails = SEALIFT_DENIED;
    stage_expect_holds(&outcome.envelope, stage.base.fs_key, stage.at_rest_key);
}

Test(rewrap, needs_the_target_alone_when_that_opens_what_another_name_wrapped)
{
    struct shelf *restored = shelf_new(&stage.base.world, "team", "k1");
    struct kms *kms = &restored->kms;
    struct rewrap_request request = stage_request(restored);
    struct rewrap_outcome outcome;

    snprintf(kms->place.name_space, sizeof(kms->place.name_space), "elsewhere");
    restored->opens_all = true;
    stage.here->fails = SEALIFT_UNAVAILABLE; /* it is gone */
    cr_assert_eq(kms_routes_adopt(stage.base.routes, KMS_ROLE_FORMER, &kms, &err), SEALIFT_OK);
    outcome = stage_run(&request);
    cr_assert_eq(outcome.records, 1u);
    cr_assert_str_eq(outcome.envelope.kms.name_space, "elsewhere");
    stage_expect_calls(stage.here, 0, 0, 0);
}

Test(rewrap, of_a_filesystem_without_a_bucket_is_the_tables_alone)
{
    struct rewrap_request request = stage_request(stage.there);
    struct rewrap_outcome outcome;

    request.store = NULL;
    outcome = stage_run(&request);
    cr_assert(outcome.changed);
    cr_assert_eq(outcome.records, 0u);
    cr_assert_gt(uuid_compare(&outcome.key_record, &stage.in_table_record), 0);
    stage_expect_holds(&outcome.envelope, stage.base.fs_key, stage.at_rest_key);

    request.target = &stage.here->kms;
    outcome = stage_run(&request);
    cr_assert(!outcome.changed);
    cr_assert(uuid_equal(&outcome.key_record, &stage.in_table_record));
}

static void
remove_record(const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *record)
{
    char name[NAME_SIZE];

    name_of_key_record(&stage.base.fs, key_check, record, name);
    cr_assert_eq(store_delete(stage.base.store, name, &err), SEALIFT_OK);
}

Test(rewrap, puts_what_the_bucket_has_lost)
{
    SCOPED(key_record_done) struct key_record record = {0};
    struct rewrap_request request = stage_request(stage.here);
    struct rewrap_outcome outcome;

    remove_record(stage.in_table.key_check, &stage.in_table_record);
    outcome = stage_run(&request);
    stage_expect_calls(stage.here, 1, 0, 0);
    cr_assert_eq(outcome.records, 1u);
    cr_assert(outcome.changed);
    record = stage_fetch(stage.in_table.key_check);
    cr_assert_str_eq(record.envelope.wrapped_kek, stage.in_table.wrapped_kek);
}

Test(rewrap, leaves_another_kmss_wrapping_alone_and_does_not_ask_for_it)
{
    struct rewrap_request request = stage_request(stage.here);
    struct envelope second = stage_wrap(stage.elsewhere, stage.base.fs_key, stage.at_rest_key);
    struct uuid record = stage_put(&second);
    struct rewrap_outcome outcome;

    stage.base.log[0] = '\0';
    outcome = stage_run(&request);
    stage_expect_calls(stage.here, 1, 0, 0);
    cr_assert(!outcome.changed);
    shelf_rotate(stage.here);
    request.least_version = 2;
    outcome = stage_run(&request);
    stage_expect_calls(stage.here, 2, 1, 0);
    cr_assert_gt(uuid_compare(&outcome.key_record, &record), 0);
    cr_assert_str_eq(stage.base.log, "", "%s", stage.base.log);
}

Test(rewrap, names_a_record_behind_those_of_a_clock_that_is_ahead)
{
    struct rewrap_request request = stage_request(stage.there);
    struct uuid ahead = uuid_v7(&stage.base.world);
    struct key_record_wish wish = {
        .envelope = &stage.in_table, .names = &stage.names, .fs_key = stage.base.fs_key, .newest = &ahead};
    struct rewrap_outcome first, again;

    ahead.bytes[2]++; /* some three months */
    cr_assert_eq(key_record_put(&stage.base.world, stage.base.store, &wish, &ahead, &err), SEALIFT_OK);
    first = stage_run(&request);
    cr_assert_gt(uuid_compare(&first.key_record, &ahead), 0);
    again = stage_run(&request);
    cr_assert(uuid_equal(&again.key_record, &first.key_record));
    cr_assert_eq(stage.records_put, 0u);
}

/* --- what somebody may do who writes the bucket --- */

static void
strip_at_rest_key(void)
{
    SCOPED(key_record_done) struct key_record record = stage_fetch(stage.in_table.key_check);

    record.envelope.has_at_rest_key = false;
    stage_overwrite(&record);
}

Test(rewrap, does_not_lose_an_at_rest_key_that_was_cut_out_of_a_record)
{
    struct rewrap_request request = stage_request(stage.there);
    struct rewrap_outcome outcome;

    strip_at_rest_key();
    outcome = stage_run(&request);
    stage_expect_holds(&outcome.envelope, stage.base.fs_key, stage.at_rest_key);
    cr_assert_not_null(strstr(stage.base.log, "at-rest key of the filesystem, which is encrypted, is missing"), "%s",
                       stage.base.log);
}

Test(rewrap, of_a_filesystem_that_the_table_does_not_know_wants_the_at_rest_key_too)
{
    struct rewrap_request request = stage_request(stage.there);
    struct rewrap_outcome outcome;

    request.in_force = NULL;
    strip_at_rest_key();
    cr_assert_eq(rewrap(&request, &outcome, &err), SEALIFT_CORRUPT);
    stage.in_table_record = stage_put(&stage.in_table);
    strip_at_rest_key();
    stage_put(&stage.in_table);
    strip_at_rest_key();
    stage.in_table = stage_wrap(stage.here, stage.base.fs_key, stage.at_rest_key);
    stage_put(&stage.in_table);
    outcome = stage_run(&request);
    stage_expect_holds(&outcome.envelope, stage.base.fs_key, stage.at_rest_key);
}

Test(rewrap, passes_over_a_copy_under_a_newer_name)
{
    struct rewrap_request request = stage_request(stage.there);
    SCOPED(key_record_done) struct key_record record = stage_fetch(stage.in_table.key_check);
    SCOPED(buf_done) struct buf text = {0};
    char name[NAME_SIZE];
    struct rewrap_outcome outcome;

    record.record = uuid_v7_behind(&stage.base.world, &record.record);
    cr_assert_eq(key_record_build(&record, &text, &err), SEALIFT_OK);
    name_of_key_record(&record.fs, record.envelope.key_check, &record.record, name);
    cr_assert_eq(store_put_small(stage.base.store, name, buf_bytes(&text), &err), SEALIFT_OK);
    outcome = stage_run(&request);
    cr_assert_gt(uuid_compare(&outcome.key_record, &record.record), 0);
    stage_expect_holds(&outcome.envelope, stage.base.fs_key, stage.at_rest_key);
    cr_assert_not_null(strstr(stage.base.log, "another wrapping of the key is looked for"), "%s", stage.base.log);
}

Test(rewrap, is_not_held_up_by_garbage_in_the_bucket)
{
    struct rewrap_request request = stage_request(stage.there);
    struct rewrap_outcome outcome;

    stage_put_garbage(0);
    stage_put_garbage(0xff);
    outcome = stage_run(&request);
    cr_assert(outcome.changed);
    cr_assert_eq(outcome.keys, 3u);
    cr_assert_eq(outcome.failed, 2u);
    cr_assert_not_null(strstr(outcome.failure.message, "/keys/00000000"), "%s", outcome.failure.message);
}
