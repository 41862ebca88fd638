#include "snapshot_key.h"

#include "aead.h"
#include "fixture_snapshot.h"
#include "kdf.h"
#include "key_records.h"
#include "manifest_fetch.h"
#include "scoped.h"
#include "store_faulty.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct fixture fixture;
static struct sealift_error err;
static struct locator locator;

/* Hints of envelopes for which there is no KMS here, or one that is not there at all. */
#define NO_KMS   "nowhere"
#define AWAY_KMS "away"

static enum sealift_status
be_away(struct kms *kms, struct kms_errand *errand, const struct kms_hint *hint, const char *wrapped_kek,
        struct secret **ret_kek, struct sealift_error *kms_err)
{
    (void)kms;
    (void)errand;
    (void)wrapped_kek;
    (void)ret_kek;
    kms_err->status = SEALIFT_UNAVAILABLE;
    snprintf(kms_err->message, sizeof(kms_err->message), "the KMS is %s", hint->name_space);
    return kms_err->status;
}

static void
free_away(struct kms *kms)
{
    free(kms);
}

static void
add_kms_that_is_away(void)
{
    static const struct kms_ops ops = {.type = "vault", .unwrap = be_away, .free = free_away};
    struct kms *kms = calloc(1, sizeof(*kms));

    kms->ops = &ops;
    kms->world = &fixture.world;
    kms->place = (struct kms_hint){.type = "vault", .name_space = AWAY_KMS};
    cr_assert_eq(kms_routes_adopt(fixture.routes, KMS_ROLE_OWN, &kms, &err), SEALIFT_OK);
}

static void
set_up(void)
{
    struct upload_outcome outcome;

    fixture_init(&fixture);
    add_kms_that_is_away();
    fixture_make_folder(&fixture, "a");
    cr_assert_eq(fixture_upload(&fixture, fixture.store, "a", &locator, &outcome, &err), SEALIFT_OK, "%s", err.message);
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(snapshot_key, .init = set_up, .fini = tear_down);

/* Records are dated by the millisecond: each is newer than the one before. */
static void
let_time_pass(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static void
put_record(const struct envelope *envelope)
{
    fixture_put_key_record(&fixture, envelope);
}

static void
put_garbage(void)
{
    struct uuid record;
    char name[NAME_SIZE];

    let_time_pass();
    record = uuid_v7(&fixture.world);
    name_of_key_record(&fixture.fs, fixture.envelope.key_check, &record, name);
    cr_assert_eq(store_put_small(fixture.store, name, bytes_of_text("{\"what\":"), &err), SEALIFT_OK);
}

static struct envelope
wrap(const struct secret *fs_key)
{
    struct envelope envelope;

    cr_assert_eq(keyring_seal(fixture.kms, &(struct kms_errand){.fs = fixture.fs}, fs_key, NULL, &envelope, &err),
                 SEALIFT_OK);
    return envelope;
}

/* What somebody can make who may encrypt with the KMS and write the bucket: it names our key, and holds another. */
static struct envelope
forge(void)
{
    SCOPED(secret_free) struct secret *kek = NULL;
    SCOPED(secret_free) struct secret *sub_key = NULL;
    SCOPED(secret_free) struct secret *other = NULL;
    SCOPED(buf_done) struct buf context = {0};
    SCOPED(buf_done) struct buf sealed = {0};
    SCOPED(buf_done) struct buf wrapped = {0};
    struct envelope forged = fixture.envelope;

    cr_assert_eq(secret_random(&fixture.world, KEY_SIZE, &kek, &err), SEALIFT_OK);
    cr_assert_eq(secret_random(&fixture.world, FS_KEY_SIZE, &other, &err), SEALIFT_OK);
    cr_assert_eq(envelope_context(&forged, &context, &err), SEALIFT_OK);
    cr_assert_eq(hkdf_sha256(kek, (struct bytes){0}, "sealift/1 seal fs key", KEY_SIZE, &sub_key, &err), SEALIFT_OK);
    cr_assert_eq(aead_seal_secret(sub_key, buf_bytes(&context), other, &sealed, &err), SEALIFT_OK);
    memcpy(forged.sealed_fs_key, sealed.data, sizeof(forged.sealed_fs_key));
    cr_assert_eq(kms_wrap(fixture.kms, &(struct kms_errand){0}, kek, &forged.kms, &wrapped, &err), SEALIFT_OK);
    memcpy(forged.wrapped_kek, wrapped.data, wrapped.len);
    forged.wrapped_kek[wrapped.len] = '\0';
    return forged;
}

static struct envelope
wrapped_elsewhere(const char *where)
{
    struct envelope envelope = fixture.envelope;

    snprintf(envelope.kms.type, sizeof(envelope.kms.type), "vault");
    snprintf(envelope.kms.name_space, sizeof(envelope.kms.name_space), "%s", where);
    return envelope;
}

/* With the manifest as it is in the store now. */
static enum sealift_status
open_with(struct store *store, uint64_t *ret_opened)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    SCOPED(secret_free) struct secret *fs_key = NULL;
    enum sealift_status status;

    cr_assert_eq(manifest_fetch(fixture.store, &locator, &manifest, &err), SEALIFT_OK, "%s", err.message);
    status = snapshot_key_open(&fixture.world, store, fixture.routes, &manifest, &fs_key, ret_opened, &err);
    if (status == SEALIFT_OK)
        cr_assert(secret_equal(fs_key, fixture.fs_key));
    return status;
}

static void
expect_opens(uint64_t wrappings)
{
    uint64_t opened = 0;

    cr_assert_eq(open_with(fixture.store, NULL), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(open_with(fixture.store, &opened), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(opened, wrappings);
}

static void
expect_logged(const char *text)
{
    cr_assert_not_null(strstr(fixture.log, text), "\"%s\" is not in: %s", text, fixture.log);
}

Test(snapshot_key, opens_with_the_manifests_own_wrapping)
{
    expect_opens(1);
}

Test(snapshot_key, counts_every_wrapping_that_opens)
{
    put_record(&fixture.envelope);
    put_record(&fixture.envelope);
    expect_opens(3);
}

Test(snapshot_key, passes_over_garbage_and_says_so)
{
    put_record(&fixture.envelope);
    put_garbage();
    expect_opens(2);
    expect_logged("of no use");
}

Test(snapshot_key, reports_a_record_that_holds_another_key_and_goes_on)
{
    struct envelope forged = forge();

    put_record(&forged);
    expect_opens(1);
    expect_logged("not the one that its key check value names");
}

Test(snapshot_key, passes_over_records_of_other_keys_in_silence)
{
    SCOPED(secret_free) struct secret *other = NULL;
    struct envelope envelope;

    cr_assert_eq(secret_random(&fixture.world, FS_KEY_SIZE, &other, &err), SEALIFT_OK);
    envelope = wrap(other);
    put_record(&envelope);
    expect_opens(1);
    cr_assert_null(strstr(fixture.log, "of no use"), "%s", fixture.log);
}

/* As after a year of rekeys, or of keys for one snapshot alone. */
Test(snapshot_key, is_not_hidden_by_newer_records_of_other_keys)
{
    SCOPED(secret_free) struct secret *other = NULL;
    struct envelope envelope;

    put_record(&fixture.envelope);
    cr_assert_eq(secret_random(&fixture.world, FS_KEY_SIZE, &other, &err), SEALIFT_OK);
    envelope = wrap(other);
    for (int i = 0; i < KEY_RECORDS_MAX + 1; i++)
        put_record(&envelope);
    expect_opens(2);
}

/* Somebody renamed it, so that it is looked at. */
Test(snapshot_key, passes_over_a_record_under_another_keys_name_and_says_so)
{
    SCOPED(secret_free) struct secret *other = NULL;
    SCOPED(buf_done) struct buf text = {0};
    SCOPED(key_record_done) struct key_record record = {.fs = fixture.fs, .record = uuid_v7(&fixture.world)};
    char name[NAME_SIZE];

    cr_assert_eq(secret_random(&fixture.world, FS_KEY_SIZE, &other, &err), SEALIFT_OK);
    record.envelope = wrap(other);
    cr_assert_eq(key_record_build(&record, &text, &err), SEALIFT_OK);
    name_of_key_record(&fixture.fs, fixture.envelope.key_check, &record.record, name);
    cr_assert_eq(store_put_small(fixture.store, name, buf_bytes(&text), &err), SEALIFT_OK);
    expect_opens(1);
    expect_logged("another key than its name says");
}

/* Whoever writes the bucket can add as many as he likes. */
Test(snapshot_key, is_not_hidden_by_newer_wrappings_of_others)
{
    struct envelope envelope = wrapped_elsewhere(NO_KMS);

    put_record(&fixture.envelope);
    for (int i = 0; i < KEY_RECORDS_ASKED_MAX + 8; i++)
        put_record(&envelope);
    expect_opens(2);
}

Test(snapshot_key, looks_at_the_newest_records_and_no_more_than_it_should)
{
    struct envelope envelope = wrapped_elsewhere(NO_KMS);

    put_record(&fixture.envelope);
    for (int i = 0; i < KEY_RECORDS_MAX; i++)
        put_record(&envelope);
    expect_opens(1); /* the record is out of sight, the manifest's own is not */
    put_record(&fixture.envelope);
    expect_opens(2);
}

/* The manifest's own is replaced, too. */
static void
make_unopenable(const char *where)
{
    struct envelope envelope = wrapped_elsewhere(where);
    SCOPED(manifest_done) struct manifest manifest = {0};
    SCOPED(buf_done) struct buf text = {.max = MANIFEST_MAX_SIZE};
    char name[NAME_SIZE];

    cr_assert_eq(manifest_fetch(fixture.store, &locator, &manifest, &err), SEALIFT_OK);
    manifest.envelope = envelope;
    buf_clear(&manifest.body);
    cr_assert_eq(manifest_build(&manifest, fixture.fs_key, &text, &err), SEALIFT_OK, "%s", err.message);
    name_of_manifest(&locator.fs, &locator.snapshot, name);
    cr_assert_eq(store_memory_overwrite(fixture.store, name, buf_bytes(&text), &err), SEALIFT_OK);
}

Test(snapshot_key, gives_the_failure_of_the_first_it_tried_as_the_reason)
{
    struct envelope older = wrapped_elsewhere("team/a"), newer = wrapped_elsewhere("team/b");

    make_unopenable(NO_KMS);
    put_record(&older);
    put_record(&newer);
    cr_assert_eq(open_with(fixture.store, NULL), SEALIFT_DENIED);
    cr_assert_not_null(strstr(err.message, "in namespace team/b"), "%s", err.message);
    cr_assert_not_null(strstr(err.message, "other wrappings of this key are of no use either: 2"), "%s", err.message);
    cr_assert_not_null(strstr(err.message, "/snapshots/"), "%s", err.message);
}

Test(snapshot_key, waits_for_no_other_wrapping_when_the_kms_is_away)
{
    struct envelope away = wrapped_elsewhere(AWAY_KMS);

    put_record(&away);
    cr_assert_eq(open_with(fixture.store, NULL), SEALIFT_UNAVAILABLE);
}

static enum sealift_status
refuse_keys(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *fault)
{
    const enum sealift_status *status = context;

    (void)after;
    if (strstr(name, "/keys/") == NULL || (operation != STORE_LIST && operation != STORE_GET))
        return SEALIFT_OK;
    fault->status = *status;
    snprintf(fault->message, sizeof(fault->message), "the bucket's policy");
    return *status;
}

Test(snapshot_key, opens_without_the_right_to_see_key_records)
{
    enum sealift_status status = SEALIFT_DENIED;
    SCOPED(store_free) struct store *store = NULL;

    cr_assert_eq(store_faulty_new(fixture.store, refuse_keys, &status, &store, &err), SEALIFT_OK);
    cr_assert_eq(open_with(store, NULL), SEALIFT_OK, "%s", err.message);
    expect_logged("the bucket's policy");
    status = SEALIFT_UNAVAILABLE;
    cr_assert_eq(open_with(store, NULL), SEALIFT_UNAVAILABLE);
}

Test(snapshot_key, blames_the_manifest_when_the_key_opens_and_the_manifest_is_altered)
{
    SCOPED(buf_done) struct buf text = {.max = MANIFEST_MAX_SIZE};
    char name[NAME_SIZE], *digit;

    put_record(&fixture.envelope);
    name_of_manifest(&locator.fs, &locator.snapshot, name);
    cr_assert_eq(store_get(fixture.store, name, MANIFEST_MAX_SIZE, &text, &err), SEALIFT_OK);
    digit = memmem(text.data, text.len, "\"entries\":1", 11);
    cr_assert_not_null(digit);
    digit[10] = '2';
    cr_assert_eq(store_memory_overwrite(fixture.store, name, buf_bytes(&text), &err), SEALIFT_OK);
    cr_assert_eq(open_with(fixture.store, NULL), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "/snapshots/"), "%s", err.message);
    cr_assert_null(strstr(fixture.log, "of no use"), "no wrapping is to blame: %s", fixture.log);
}

/* --- what a manifest is to carry --- */

static struct envelope
in_force(void)
{
    struct envelope envelope;

    cr_assert_eq(snapshot_key_in_force(&fixture.world, fixture.store, fixture.routes, fixture.fs_key, &fixture.envelope,
                                       &envelope, &err),
                 SEALIFT_OK, "%s", err.message);
    return envelope;
}

Test(snapshot_key, in_force_is_the_newest_that_opens)
{
    struct envelope rewrapped = wrap(fixture.fs_key);
    struct envelope forged = forge();
    struct envelope elsewhere = wrapped_elsewhere(NO_KMS);
    struct envelope found = in_force();

    cr_assert_str_eq(found.wrapped_kek, fixture.envelope.wrapped_kek, "the table's, when there is no other");
    put_record(&fixture.envelope);
    put_record(&rewrapped);
    put_record(&forged);
    put_record(&elsewhere);
    put_garbage();
    found = in_force();
    cr_assert_str_eq(found.wrapped_kek, rewrapped.wrapped_kek);
}

Test(snapshot_key, in_force_is_none_when_none_opens)
{
    struct envelope fallback = wrapped_elsewhere(NO_KMS);
    struct envelope envelope;

    cr_assert_eq(snapshot_key_in_force(&fixture.world, fixture.store, fixture.routes, fixture.fs_key, &fallback,
                                       &envelope, &err),
                 SEALIFT_DENIED);
}
