/* The snapshots of a filesystem whose table is lost. */
#include "recovery_bucket.h"
#include "store_faulty.h"

#include <sched.h>
#include <stdatomic.h>
#include <time.h>

TestSuite(recovery_snapshots, .init = set_up, .fini = tear_down);

struct told {
    uint64_t count, sequence;
    struct uuid last;
};

static enum sealift_status
tell(void *context, const struct manifest *manifest, const struct private_part *names, struct sealift_error *tell_err)
{
    struct told *told = context;

    (void)tell_err;
    cr_assert_str_eq(names->snapshot, "monday");
    cr_assert(uuid_compare(&manifest->upload, &told->last) > 0, "in the order of time");
    told->count++;
    told->sequence = manifest->sequence;
    told->last = manifest->upload;
    return SEALIFT_OK;
}

static struct locator
add_snapshot(void)
{
    struct upload_outcome outcome;
    struct locator locator;

    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); /* names of one millisecond are in no order */
    cr_assert_eq(fixture_upload(&fixture, fixture.store, "a", &locator, &outcome, &err), SEALIFT_OK, "%s", err.message);
    return locator;
}

static struct told
list(const struct key_found *known, uint64_t passed_over)
{
    const struct recovery recovery = recovery_with(false);
    struct told told = {0};
    uint64_t passed;

    cr_assert_eq(recovery_snapshots(&recovery, known, tell, &told, &passed, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(passed, passed_over);
    return told;
}

static void
begin_uploading(void)
{
    const struct private_part names = names_of(1);

    fixture_make_folder(&fixture, "a");
    fixture.envelope = wrap(here, fixture.fs_key, NULL);
    put(&fixture.envelope, fixture.fs_key, &names, NULL);
}

Test(recovery_snapshots, opens_the_key_of_many_snapshots_once)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct kms_hint claim;
    struct told told;

    begin_uploading();
    for (unsigned i = 0; i < 3; i++)
        add_snapshot();
    here->unwraps = 0;
    told = list(NULL, 0);
    cr_assert_eq(told.count, 3u);
    cr_assert_eq(told.sequence, 3u);
    cr_assert_eq(here->unwraps, 1u);
    cr_assert_eq(find(false, &found, &claim), SEALIFT_OK);
    cr_assert_eq(list(&found, 0).count, 3u);
    cr_assert_eq(here->unwraps, 2u, "the key was known");
}

/* The first manifest is held back until all the others were fetched: whoever reads one by one never gets there. */
struct holding_back {
    char first[NAME_SIZE];
    atomic_uint others; /* that are to come */
};

static enum sealift_status
hold_back(void *context, enum store_operation operation, const char *name, bool *after, struct sealift_error *fault)
{
    struct holding_back *holding = context;

    (void)after;
    (void)fault;
    if (operation != STORE_GET || strstr(name, "/snapshots/") == NULL)
        return SEALIFT_OK;
    if (strcmp(name, holding->first) != 0)
        atomic_fetch_sub(&holding->others, 1);
    else
        while (atomic_load(&holding->others) > 0)
            sched_yield();
    return SEALIFT_OK;
}

Test(recovery_snapshots, reads_several_snapshots_at_once_and_tells_them_in_the_order_of_time, .timeout = 30)
{
    SCOPED(store_free) struct store *store = NULL;
    struct holding_back holding = {.others = 7}; /* as many as may be on their way, without the first */
    struct recovery recovery = recovery_with(false);
    struct told told = {0};
    struct locator first;
    uint64_t passed;

    begin_uploading();
    first = add_snapshot();
    name_of_manifest(&first.fs, &first.snapshot, holding.first);
    for (unsigned i = 1; i <= 7; i++)
        add_snapshot();
    here->unwraps = 0;
    cr_assert_eq(store_faulty_new(fixture.store, hold_back, &holding, &store, &err), SEALIFT_OK);
    recovery.store = store;
    cr_assert_eq(recovery_snapshots(&recovery, NULL, tell, &told, &passed, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(told.count, 8u);
    cr_assert_eq(told.sequence, 8u);
    cr_assert_eq(passed, 0u);
    cr_assert_eq(here->unwraps, 1u, "whoever comes while the key is opened waits for it");
}

static void
put_manifest(const struct locator *locator, struct bytes text)
{
    char name[NAME_SIZE];

    name_of_manifest(&locator->fs, &locator->snapshot, name);
    cr_assert_eq(store_delete(fixture.store, name, &err), SEALIFT_OK);
    cr_assert_eq(store_put_small(fixture.store, name, text, &err), SEALIFT_OK);
}

static void
get_manifest(const struct locator *locator, struct buf *out)
{
    char name[NAME_SIZE];

    name_of_manifest(&locator->fs, &locator->snapshot, name);
    cr_assert_eq(store_get(fixture.store, name, MANIFEST_MAX_SIZE, out, &err), SEALIFT_OK);
}

Test(recovery_snapshots, passes_over_snapshots_that_are_not_authentic)
{
    SCOPED(buf_done) struct buf text = {0};
    struct locator renamed = {.fs = fixture.fs}, altered;

    begin_uploading();
    add_snapshot();
    altered = add_snapshot();
    get_manifest(&altered, &text);
    renamed.snapshot = uuid_v7_behind(&fixture.world, &altered.snapshot);
    put_manifest(&renamed, buf_bytes(&text));
    memcpy(strstr((char *)text.data, "\"sequence\":2"), "\"sequence\":9", strlen("\"sequence\":9"));
    put_manifest(&altered, buf_bytes(&text));
    cr_assert_eq(list(NULL, 2).count, 1u);
    cr_assert_not_null(strstr(fixture.log, "is passed over"), "%s", fixture.log);
}

Test(recovery_snapshots, passes_over_snapshots_whose_key_does_not_open)
{
    begin_uploading();
    add_snapshot();
    here->min_decryption_version = here->latest_version = 2;
    cr_assert_eq(list(NULL, 1).count, 0u);
}

static enum sealift_status
lose_manifests(void *context, enum store_operation operation, const char *name, bool *after,
               struct sealift_error *fault)
{
    (void)context;
    (void)after;
    if (operation == STORE_GET && strstr(name, "/snapshots/") != NULL)
        return error_set(fault, SEALIFT_UNAVAILABLE, "the store is away");
    return SEALIFT_OK;
}

Test(recovery_snapshots, ends_when_the_store_is_away)
{
    SCOPED(store_free) struct store *store = NULL;
    struct recovery recovery = recovery_with(false);
    struct told told = {0};
    uint64_t passed;

    begin_uploading();
    add_snapshot();
    cr_assert_eq(store_faulty_new(fixture.store, lose_manifests, NULL, &store, &err), SEALIFT_OK);
    recovery.store = store;
    cr_assert_eq(recovery_snapshots(&recovery, NULL, tell, &told, &passed, &err), SEALIFT_UNAVAILABLE);
}
