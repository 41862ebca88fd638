/* All FS keys of a filesystem move together, or get a wrapping by a further KMS; also when it is cut off. */
#include "error.h"
#include "fixture_rewrap.h"
#include "manifest_fetch.h"
#include "scoped.h"
#include "snapshot_key.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct sealift_error err;

TestSuite(rewrap_keys, .init = stage_set_up, .fini = stage_tear_down);

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
    struct other_keys others = {stage_random_key(FS_KEY_SIZE), stage_random_key(FS_KEY_SIZE), .snapshot = {{5, 6, 7}}};
    struct private_part of_snapshot = stage.names;

    others.older_envelope = stage_wrap(stage.here, others.older, stage.at_rest_key);
    others.snapshots_envelope = stage_wrap(stage.here, others.snapshots, NULL);
    stage_put_for(&others.older_envelope, others.older, &stage.names, (struct uuid){0});
    snprintf(of_snapshot.snapshot, sizeof(of_snapshot.snapshot), "monday");
    stage_put_for(&others.snapshots_envelope, others.snapshots, &of_snapshot, others.snapshot);
    stage.names.generation = 2;
    stage.in_table_record = stage_put(&stage.in_table);
    return others;
}

static void
expect_followed(const struct other_keys *others, const struct rewrap_outcome *outcome)
{
    SCOPED(key_record_done) struct key_record older = stage_fetch(others->older_envelope.key_check);
    SCOPED(key_record_done) struct key_record snapshots = stage_fetch(others->snapshots_envelope.key_check);
    struct private_part part;

    cr_assert_str_eq(older.envelope.kms.name_space, "tenant");
    stage_expect_holds(&older.envelope, others->older, stage.at_rest_key);
    cr_assert_eq(key_record_private(&older, others->older, &part, &err), SEALIFT_OK);
    cr_assert_eq(part.generation, 1u);

    cr_assert_str_eq(snapshots.envelope.kms.name_space, "tenant");
    stage_expect_holds(&snapshots.envelope, others->snapshots, NULL);
    cr_assert(uuid_equal(&snapshots.snapshot, &others->snapshot));
    cr_assert_eq(key_record_private(&snapshots, others->snapshots, &part, &err), SEALIFT_OK);
    cr_assert_str_eq(part.snapshot, "monday");

    stage_expect_holds(&outcome->envelope, stage.base.fs_key, stage.at_rest_key);
}

static void
expect_newest(const struct other_keys *others, const struct rewrap_outcome *outcome)
{
    SCOPED(key_record_done) struct key_record older = stage_fetch(others->older_envelope.key_check);
    SCOPED(key_record_done) struct key_record snapshots = stage_fetch(others->snapshots_envelope.key_check);

    cr_assert_gt(uuid_compare(&outcome->key_record, &older.record), 0);
    cr_assert_gt(uuid_compare(&outcome->key_record, &snapshots.record), 0);
}

Test(rewrap_keys, takes_every_fs_key_along_and_the_one_in_force_last)
{
    SCOPED(other_keys_done) struct other_keys others = add_other_keys();
    struct rewrap_request request = stage_request(stage.there);
    struct rewrap_outcome outcome = stage_run(&request);

    cr_assert_eq(outcome.keys, 3u);
    cr_assert_eq(outcome.records, 3u);
    cr_assert_eq(outcome.failed, 0u);
    cr_assert_eq(stage.records_put, 3u);
    stage_expect_calls(stage.here, 3, 0, 0);
    stage_expect_calls(stage.there, 6, 0, 3);
    expect_followed(&others, &outcome);
    expect_newest(&others, &outcome);
    outcome = stage_run(&request);
    cr_assert_eq(outcome.records, 0u);
    stage_expect_calls(stage.there, 3, 0, 0);
}

Test(rewrap_keys, knows_the_key_in_force_by_its_generation_when_the_table_does_not)
{
    SCOPED(other_keys_done) struct other_keys others = add_other_keys();
    struct rewrap_request request = stage_request(stage.there);
    struct rewrap_outcome outcome;

    request.in_force = NULL;
    outcome = stage_run(&request);
    cr_assert(digest_equal(outcome.envelope.key_check, stage.in_table.key_check, KEY_CHECK_SIZE));
    cr_assert_eq(outcome.keys, 3u);
    cr_assert(outcome.changed);
    expect_followed(&others, &outcome);
    expect_newest(&others, &outcome);
    outcome = stage_run(&request);
    cr_assert(!outcome.changed);
}

Test(rewrap_keys, leaves_behind_a_key_that_opens_nowhere_and_says_so)
{
    SCOPED(other_keys_done) struct other_keys others = add_other_keys();
    struct rewrap_request request = stage_request(stage.there);
    struct envelope lost = stage_wrap(stage.elsewhere, others.snapshots, NULL);
    SCOPED(key_record_done) struct key_record record = stage_fetch(others.snapshots_envelope.key_check);
    struct rewrap_outcome outcome;
    char key_check[2 * KEY_CHECK_SIZE + 1];

    record.envelope = lost;
    stage_overwrite(&record);
    outcome = stage_run(&request);
    cr_assert_eq(outcome.keys, 3u);
    cr_assert_eq(outcome.records, 2u);
    cr_assert_eq(outcome.failed, 1u);
    cr_assert_eq(outcome.failure.status, SEALIFT_KEY);
    hex_encode(BYTES_OF(lost.key_check), key_check);
    cr_assert_not_null(strstr(outcome.failure.message, key_check), "%s", outcome.failure.message);
    cr_assert_not_null(strstr(outcome.failure.message, "not of this key"), "%s", outcome.failure.message);
}

Test(rewrap_keys, fails_when_the_key_in_force_opens_nowhere)
{
    SCOPED(other_keys_done) struct other_keys others = add_other_keys();
    struct rewrap_request request = stage_request(stage.there);
    struct rewrap_outcome outcome;

    (void)others;
    stage.here->min_decryption_version = 2;
    cr_assert_eq(rewrap(&request, &outcome, &err), SEALIFT_KEY);
    cr_assert_not_null(strstr(err.message, "retired"), "%s", err.message);
    request.in_force = NULL;
    cr_assert_eq(rewrap(&request, &outcome, &err), SEALIFT_KEY);
}

Test(rewrap_keys, asks_a_kms_that_is_away_for_the_key_in_force_and_no_more)
{
    SCOPED(other_keys_done) struct other_keys others = add_other_keys();
    struct rewrap_request request = stage_request(stage.there);
    struct rewrap_outcome outcome;

    (void)others;
    stage.here->fails = SEALIFT_UNAVAILABLE;
    stage.here->unwraps = 0;
    cr_assert_eq(rewrap(&request, &outcome, &err), SEALIFT_UNAVAILABLE);
    cr_assert_eq(stage.here->unwraps, 2u, "%u", stage.here->unwraps);
}

Test(rewrap_keys, of_nothing_finds_nothing)
{
    struct rewrap_request request = stage_request(stage.there);
    struct rewrap_outcome outcome;

    request.in_force = NULL;
    request.fs = uuid_v4(&stage.base.world);
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
        SCOPED(key_record_done) struct key_record record = stage_fetch(settled->key_check);

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
    struct rewrap_request request = stage_request(stage.elsewhere);

    request.beside = true;
    request.each = hear;
    request.context = heard;
    return request;
}

Test(rewrap_keys, beside_gives_a_further_kms_a_wrapping_of_every_key)
{
    SCOPED(other_keys_done) struct other_keys others = add_other_keys();
    struct heard heard = {0};
    struct rewrap_request request = request_beside(&heard);
    struct rewrap_outcome outcome = stage_run(&request);

    (void)others;
    cr_assert_eq(outcome.records, 3u);
    cr_assert(heard.told == 3 && heard.put == 3 && heard.in_force == 1);
    stage_expect_calls(stage.here, 3, 0, 0);
    stage.here->fails = SEALIFT_DENIED;
    cr_assert_eq(kms_routes_adopt(stage.base.routes, KMS_ROLE_OWN, &stage.elsewhere_kms, &err), SEALIFT_OK);
    stage_expect_holds(&outcome.envelope, stage.base.fs_key, stage.at_rest_key);
}

Test(rewrap_keys, beside_takes_up_what_the_further_kms_has_whatever_is_newer)
{
    struct heard heard = {0};
    struct rewrap_request request = request_beside(&heard);
    struct rewrap_outcome first = stage_run(&request), again;

    stage.in_table_record = stage_put(&stage.in_table);
    stage.elsewhere->unwraps = 0;
    request.each = NULL;
    again = stage_run(&request);
    cr_assert(uuid_equal(&again.key_record, &first.key_record));
    cr_assert_eq(again.records, 0u);
    cr_assert_eq(stage.elsewhere->unwraps, 1u);
    stage_expect_calls(stage.here, 0, 0, 0);

    stage.elsewhere->min_decryption_version = stage.elsewhere->latest_version = 2;
    again = stage_run(&request);
    cr_assert_eq(again.records, 1u, "what opens no more does not count");
}

Test(rewrap_keys, tells_of_each_key_also_of_one_that_is_lost)
{
    struct heard heard = {0};
    struct rewrap_request request = request_beside(&heard);
    struct rewrap_outcome outcome;

    stage_put_garbage(0);
    outcome = stage_run(&request);
    cr_assert_eq(outcome.failed, 1u);
    cr_assert(heard.told == 2 && heard.failed == 1);

    heard = (struct heard){0};
    stage.here->fails = stage.elsewhere->fails = SEALIFT_DENIED;
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

    cr_assert_eq(manifest_fetch(stage.base.store, locator, &manifest, &err), SEALIFT_OK);
    cr_assert_eq(
        snapshot_key_open(&stage.base.world, stage.base.store, stage.base.routes, &manifest, &fs_key, NULL, &err),
        SEALIFT_OK, "%s", err.message);
}

Test(rewrap_keys, may_be_cut_off_at_any_step_and_goes_on)
{
    SCOPED(other_keys_done) struct other_keys others = add_other_keys();
    struct rewrap_request request = stage_request(stage.there);
    struct rewrap_outcome outcome;
    struct upload_outcome uploaded;
    struct locator locator;
    unsigned cut = 0;

    fixture_make_folder(&stage.base, "a");
    cr_assert_eq(fixture_upload(&stage.base, stage.base.store, "a", &locator, &uploaded, &err), SEALIFT_OK, "%s",
                 err.message);
    stage.records_put = 0;
    for (stage.fail_at = 1;; stage.fail_at++) {
        enum sealift_status status;

        stage.operations = 0;
        status = rewrap(&request, &outcome, &err);
        expect_snapshot_opens(&locator);
        stage_expect_holds(&stage.in_table, stage.base.fs_key, stage.at_rest_key);
        if (stage.operations < stage.fail_at)
            break;
        if (status != SEALIFT_OK || outcome.failed > 0)
            cut++;
    }
    cr_assert_eq(outcome.failed, 0u);
    cr_assert_gt(cut, 3u);
    cr_assert_leq(stage.records_put, 6u, "what was done is not done again: %u", stage.records_put);
    expect_followed(&others, &outcome);
    stage.here->fails = SEALIFT_DENIED;
    expect_snapshot_opens(&locator);
}
