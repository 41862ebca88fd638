#include "publish.h"

#include "fixture_snapshot.h"
#include "manifest_fetch.h"
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

static enum sealift_status
count_one(void *context, const struct store_object *object, struct sealift_error *count_err)
{
    size_t *count = context;

    (void)object;
    (void)count_err;
    ++*count;
    return SEALIFT_OK;
}

static size_t
count_manifests(void)
{
    char prefix[NAME_SIZE];
    size_t count = 0;

    name_of_manifests(&fixture.fs, prefix);
    cr_assert_eq(store_list(fixture.store, prefix, NULL, count_one, &count, &err), SEALIFT_OK);
    return count;
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
