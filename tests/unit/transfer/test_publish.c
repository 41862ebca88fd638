#include "publish.h"

#include "fixture_snapshot.h"
#include "key_records.h"
#include "manifest_fetch.h"
#include "object_count.h"
#include "scoped.h"
#include "store_faulty.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct fixture fixture;
static struct sealift_error err;

static void
set_up(void)
{
    fixture_init(&fixture);
    fixture_make_folder(&fixture, "a");
    fixture_write_text(&fixture, "a/file", "text");
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(publish, .init = set_up, .fini = tear_down);

static size_t
count_manifests(void)
{
    char prefix[NAME_SIZE];

    name_of_manifests(&fixture.fs, prefix);
    return object_count(fixture.store, prefix);
}

/* Does something when an object is put whose name has `part` in it, before or behind that. */
struct meddler {
    const char *part;
    bool after;
    enum sealift_status (*act)(const char *name, struct sealift_error *err);
};

static enum sealift_status
meddle(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *fault)
{
    const struct meddler *meddler = context;

    if (operation != STORE_PUT || strstr(name, meddler->part) == NULL)
        return SEALIFT_OK;
    *after = meddler->after;
    return meddler->act(name, fault);
}

static enum sealift_status
upload_among(const struct meddler *meddler)
{
    SCOPED(store_free) struct store *store = NULL;
    struct meddler copy = *meddler;
    struct upload_outcome outcome;
    struct locator locator;

    cr_assert_eq(store_faulty_new(fixture.store, meddle, &copy, &store, &err), SEALIFT_OK);
    return fixture_upload(&fixture, store, "a", &locator, &outcome, &err);
}

static void
condemn(const char *objects)
{
    struct uuid list = uuid_v7(&fixture.world);
    char name[NAME_SIZE + UUID_TEXT_SIZE], id[UUID_TEXT_SIZE], text[1024];

    name_of_condemned(&fixture.fs, name);
    uuid_format(&list, id);
    strcat(name, id);
    snprintf(text, sizeof(text), "{\"objects\":[%s]}", objects);
    cr_assert_eq(store_put_small(fixture.store, name, bytes_of_text(text), &err), SEALIFT_OK, "%s", err.message);
}

static enum sealift_status
condemn_it(const char *name, struct sealift_error *fault)
{
    char quoted[NAME_SIZE + 2];

    (void)fault;
    snprintf(quoted, sizeof(quoted), "\"%s\"", name);
    condemn(quoted);
    return SEALIFT_OK;
}

Test(publish, does_not_happen_when_something_is_condemned)
{
    cr_assert_eq(upload_among(&(struct meddler){.part = "/data/", .act = condemn_it}), SEALIFT_CONFLICT);
    cr_assert_not_null(strstr(err.message, "/data/"), "%s", err.message);
    cr_assert_eq(count_manifests(), 0u);
}

static enum sealift_status
condemn_the_first_segment(const char *name, struct sealift_error *fault)
{
    char quoted[3 * NAME_SIZE], upload[UUID_TEXT_SIZE], fs[UUID_TEXT_SIZE];

    (void)fault;
    memcpy(upload, strrchr(name, '/') + 1, UUID_TEXT_SIZE - 1);
    upload[UUID_TEXT_SIZE - 1] = '\0';
    uuid_format(&fixture.fs, fs);
    snprintf(quoted, sizeof(quoted), "\"fs/%s/tree/%s/00000000\"", fs, upload);
    condemn(quoted);
    return SEALIFT_OK;
}

Test(publish, tells_what_was_condemned_while_it_happened)
{
    cr_assert_eq(upload_among(&(struct meddler){.part = "/snapshots/", .act = condemn_the_first_segment}),
                 SEALIFT_CONFLICT);
    cr_assert_not_null(strstr(err.message, "/tree/"), "%s", err.message);
}

Test(publish, does_not_mind_what_others_lose)
{
    struct upload_outcome outcome;
    struct locator locator;

    condemn("");
    condemn("\"fs/of/somebody/else\"");
    cr_assert_eq(fixture_upload(&fixture, fixture.store, "a", &locator, &outcome, &err), SEALIFT_OK, "%s", err.message);
}

Test(publish, does_not_happen_while_a_list_of_the_condemned_cannot_be_read)
{
    struct upload_outcome outcome;
    struct locator locator;

    condemn("!");
    cr_assert_eq(fixture_upload(&fixture, fixture.store, "a", &locator, &outcome, &err), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "/condemned/"), "%s", err.message);
    cr_assert_eq(count_manifests(), 0u);
}

static enum sealift_status
lose_answer(const char *name, struct sealift_error *fault)
{
    (void)name;
    fault->status = SEALIFT_UNAVAILABLE;
    snprintf(fault->message, sizeof(fault->message), "the answer got lost");
    return SEALIFT_UNAVAILABLE;
}

Test(publish, may_have_happened_when_it_fails)
{
    cr_assert_eq(upload_among(&(struct meddler){.part = "/snapshots/", .act = lose_answer}), SEALIFT_UNAVAILABLE);
    cr_assert_eq(count_manifests(), 0u);
    cr_assert_eq(upload_among(&(struct meddler){.part = "/snapshots/", .act = lose_answer, .after = true}),
                 SEALIFT_UNAVAILABLE);
    cr_assert_eq(count_manifests(), 1u);
}

Test(publish, carries_the_newest_wrapping)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    struct envelope rewrapped;
    struct upload_outcome outcome;
    struct locator locator;

    cr_assert_eq(
        keyring_seal(fixture.kms, &(struct kms_errand){.fs = fixture.fs}, fixture.fs_key, NULL, &rewrapped, &err),
        SEALIFT_OK);
    fixture_put_key_record(&fixture, &rewrapped);
    cr_assert_eq(fixture_upload(&fixture, fixture.store, "a", &locator, &outcome, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(manifest_fetch(fixture.store, &locator, &manifest, &err), SEALIFT_OK);
    cr_assert_str_eq(manifest.envelope.wrapped_kek, rewrapped.wrapped_kek);
    cr_assert(!manifest.partial);
    cr_assert(manifest.live);
}

Test(publish, does_not_happen_when_the_key_opens_no_more)
{
    struct upload_outcome outcome;
    struct locator locator;

    fixture.envelope.wrapped_kek[20] ^= 1;
    cr_assert_neq(fixture_upload(&fixture, fixture.store, "a", &locator, &outcome, &err), SEALIFT_OK);
    cr_assert_not_null(strstr(err.message, "nothing was published"), "%s", err.message);
    cr_assert_eq(count_manifests(), 0u);
}

/* --- a key for this snapshot alone --- */

/* As an uploader without the right to decrypt does it: the filesystem's envelope and the routes are of no use. */
static enum sealift_status
upload_alone(struct store *store, struct secret **ret_key, struct locator *ret_locator)
{
    const struct private_part names = {
        .filesystem = "home", .snapshot = "monday", .path = "/srv/home", .host = "test", .generation = 1};
    SCOPED(manifest_done) struct manifest manifest = {0};
    SCOPED(secret_free) struct secret *key = NULL;
    struct upload_request request = {.path = fixture_path(&fixture, "a"), .live = true, .compression_level = 3};
    struct upload_outcome outcome;
    const struct publication publication = {
        .request = &request, .outcome = &outcome, .names = &names, .sequence = 1, .alone = fixture.kms};

    cr_assert_eq(secret_random(&fixture.world, FS_KEY_SIZE, &key, &err), SEALIFT_OK);
    cr_assert_eq(budget_plan(&(struct budget_wish){BUDGET_LEAST, 1, 1, 0}, &request.budget, &err), SEALIFT_OK);
    request.fs = fixture.fs;
    request.fs_key = key;
    request.upload = uuid_v7(&fixture.world);
    *ret_locator = (struct locator){request.fs, request.upload};
    TRY(upload_run(&fixture.world, store, fixture.progress, &request, &outcome, &err));
    TRY(publish_prepare(&fixture.world, store, &publication, &manifest, &err));
    TRY(publish_put(store, &publication, &manifest, &err));
    *ret_key = TAKE(key);
    return SEALIFT_OK;
}

static enum sealift_status
fetch_only_record(void *context, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *newest, uint64_t count,
                  struct sealift_error *fetch_err)
{
    cr_assert_eq(count, 1u);
    return key_record_fetch(fixture.store, &fixture.fs, key_check, newest, context, fetch_err);
}

Test(publish, puts_a_record_of_a_key_for_this_snapshot_alone)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    SCOPED(key_record_done) struct key_record record = {0};
    SCOPED(secret_free) struct secret *key = NULL;
    SCOPED(secret_free) struct secret *opened = NULL;
    struct private_part names;
    struct locator locator;
    uint64_t envelopes;

    cr_assert_eq(upload_alone(fixture.store, &key, &locator), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(manifest_fetch(fixture.store, &locator, &manifest, &err), SEALIFT_OK);
    cr_assert_eq(snapshot_key_open(&fixture.world, fixture.store, fixture.routes, &manifest, &opened, &envelopes, &err),
                 SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(key, opened));
    cr_assert_eq(envelopes, 2u); /* the record's and the manifest's */

    cr_assert_eq(key_records_each_key(fixture.store, &fixture.fs, fetch_only_record, &record, &err), SEALIFT_OK);
    cr_assert(uuid_equal(&record.snapshot, &locator.snapshot));
    cr_assert(!record.envelope.has_at_rest_key);
    cr_assert_str_eq(record.envelope.wrapped_kek, manifest.envelope.wrapped_kek);
    cr_assert_eq(key_record_private(&record, key, &names, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(names.snapshot, "monday");
}

/* *context, a bool: whether the record was put. */
static enum sealift_status
watch_order(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *fault)
{
    bool *record_was_put = context;

    (void)after;
    (void)fault;
    if (operation == STORE_PUT && strstr(name, "/keys/") != NULL)
        *record_was_put = true;
    if (operation == STORE_PUT && strstr(name, "/snapshots/") != NULL)
        cr_assert(*record_was_put, "the manifest came before the key record");
    return SEALIFT_OK;
}

Test(publish, puts_the_record_before_the_manifest)
{
    SCOPED(store_free) struct store *store = NULL;
    SCOPED(secret_free) struct secret *key = NULL;
    struct locator locator;
    bool record_was_put = false;

    cr_assert_eq(store_faulty_new(fixture.store, watch_order, &record_was_put, &store, &err), SEALIFT_OK);
    cr_assert_eq(upload_alone(store, &key, &locator), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(count_manifests(), 1u);
}

static enum sealift_status
refuse_records(void *context, enum store_operation operation, const char *name, bool *after,
               struct sealift_error *fault)
{
    (void)context;
    (void)after;
    return operation == STORE_PUT && strstr(name, "/keys/") != NULL ? lose_answer(name, fault) : SEALIFT_OK;
}

Test(publish, does_not_happen_without_the_record)
{
    SCOPED(store_free) struct store *store = NULL;
    SCOPED(secret_free) struct secret *key = NULL;
    struct locator locator;

    cr_assert_eq(store_faulty_new(fixture.store, refuse_records, NULL, &store, &err), SEALIFT_OK);
    cr_assert_eq(upload_alone(store, &key, &locator), SEALIFT_UNAVAILABLE);
    cr_assert_eq(count_manifests(), 0u);
}
