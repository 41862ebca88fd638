#include "recovery.h"

#include "error.h"
#include "fixture_shelf.h"
#include "fixture_snapshot.h"
#include "key_records.h"
#include "scoped.h"
#include "store_faulty.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The filesystem's keys are wrapped by one KMS; a second one is not known yet. */
static struct fixture fixture;
static struct shelf *here, *far;
static struct kms *far_kms; /* until it is met */
static struct sealift_error err;
static unsigned met;

static void
set_up(void)
{
    struct kms *kms;

    fixture_init(&fixture);
    here = shelf_new(&fixture.world, "team", "k1");
    kms = &here->kms;
    cr_assert_eq(kms_routes_adopt(fixture.routes, KMS_ROLE_OWN, &kms, &err), SEALIFT_OK);
    far = shelf_new(&fixture.world, "far", "k2");
    far_kms = &far->kms;
    met = 0;
}

static void
tear_down(void)
{
    kms_free(&far_kms);
    fixture_done(&fixture);
}

TestSuite(recovery, .init = set_up, .fini = tear_down);

static struct secret *
random_key(size_t len)
{
    struct secret *key = NULL;

    cr_assert_eq(secret_random(&fixture.world, len, &key, &err), SEALIFT_OK);
    return key;
}

static struct envelope
wrap(struct shelf *shelf, const struct secret *fs_key, const struct secret *at_rest_key)
{
    struct kms_errand errand = {.fs = fixture.fs};
    struct envelope envelope;

    cr_assert_eq(keyring_seal(&shelf->kms, &errand, fs_key, at_rest_key, &envelope, &err), SEALIFT_OK, "%s",
                 err.message);
    return envelope;
}

static struct uuid last_record;

/* Each record is behind the one before, whatever the clock says. */
static struct uuid
put(const struct envelope *envelope, const struct secret *fs_key, const struct private_part *names,
    const struct uuid *snapshot)
{
    struct key_record_wish wish = {.envelope = envelope, .names = names, .fs_key = fs_key, .newest = &last_record};

    if (snapshot != NULL)
        wish.snapshot = *snapshot;
    cr_assert_eq(key_record_put(&fixture.world, fixture.store, &wish, &last_record, &err), SEALIFT_OK, "%s",
                 err.message);
    return last_record;
}

static struct private_part
names_of(uint64_t generation)
{
    return (struct private_part){.filesystem = "home", .path = "/srv/home", .generation = generation};
}

/* An FS key of that generation, with one record. */
static struct secret *
add_key(struct shelf *shelf, uint64_t generation)
{
    const struct private_part names = names_of(generation);
    struct secret *key = random_key(FS_KEY_SIZE);
    const struct envelope envelope = wrap(shelf, key, NULL);

    put(&envelope, key, &names, NULL);
    return key;
}

static enum sealift_status
meet_far(void *context, const struct kms_hint *claim, struct sealift_error *meet_err)
{
    (void)context;
    met++;
    if (far_kms == NULL || !kms_is_place_of(&far->kms.place, claim))
        return SEALIFT_OK;
    return kms_routes_adopt(fixture.routes, KMS_ROLE_OWN, &far_kms, meet_err);
}

static struct recovery
recovery_with(bool meets)
{
    return (struct recovery){
        .world = &fixture.world,
        .store = fixture.store,
        .routes = fixture.routes,
        .fs = fixture.fs,
        .threads = 4,
        .meet = meets ? meet_far : NULL,
    };
}

static enum sealift_status
find(bool skip_unopened, struct key_found *ret_found, struct kms_hint *ret_claim)
{
    const struct recovery recovery = recovery_with(false);

    return recovery_key(&recovery, skip_unopened, ret_found, ret_claim, &err);
}

static void
expect_key(const struct secret *key)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct kms_hint claim;

    cr_assert_eq(find(false, &found, &claim), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(found.fs_key, key));
    cr_assert(found.has_names);
    cr_assert_str_eq(claim.key_identifier, "k1");
}

/* --- the key in force --- */

Test(recovery, takes_the_key_of_the_highest_generation)
{
    SCOPED(secret_free) struct secret *second = add_key(here, 2);
    SCOPED(secret_free) struct secret *third = add_key(here, 3);
    SCOPED(secret_free) struct secret *first = add_key(here, 1);

    expect_key(third);
}

Test(recovery, takes_of_one_generation_the_key_with_the_newer_record)
{
    SCOPED(secret_free) struct secret *one = add_key(here, 2);
    SCOPED(secret_free) struct secret *other = add_key(here, 2);

    expect_key(other);
}

Test(recovery, passes_over_keys_for_one_snapshot_alone)
{
    SCOPED(secret_free) struct secret *ours = add_key(here, 1);
    SCOPED(secret_free) struct secret *alone = random_key(FS_KEY_SIZE);
    const struct uuid snapshot = uuid_v7(&fixture.world);
    const struct envelope envelope = wrap(here, alone, NULL);
    struct private_part names = names_of(7);

    snprintf(names.snapshot, sizeof(names.snapshot), "monday");
    put(&envelope, alone, &names, &snapshot);
    expect_key(ours);
}

/* Who has it writes a record that opens, and says what he likes; he takes none away. */
Test(recovery, does_not_believe_a_key_that_leaked_to_be_the_newest)
{
    SCOPED(secret_free) struct secret *leaked = add_key(here, 1);
    SCOPED(secret_free) struct secret *in_force = add_key(here, 2);
    const struct private_part names = names_of(99);
    const struct envelope envelope = wrap(here, leaked, NULL);

    put(&envelope, leaked, &names, NULL);
    here->unwraps = 0;
    expect_key(in_force);
    cr_assert_eq(here->unwraps, 2u, "one for each FS key");
    cr_assert_not_null(strstr(fixture.log, "the lowest counts"), "%s", fixture.log);
}

Test(recovery, goes_on_with_the_generation_that_was_said_first)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 3);
    SCOPED(key_found_done) struct key_found found = {0};
    const struct private_part names = names_of(9);
    const struct envelope envelope = wrap(here, key, NULL);
    struct kms_hint claim;

    put(&envelope, key, &names, NULL);
    cr_assert_eq(find(false, &found, &claim), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(found.names.generation, 3u);
}

Test(recovery, brings_names_and_at_rest_key_along)
{
    SCOPED(secret_free) struct secret *key = random_key(FS_KEY_SIZE);
    SCOPED(secret_free) struct secret *at_rest = random_key(AT_REST_KEY_SIZE);
    SCOPED(key_found_done) struct key_found found = {0};
    const struct envelope envelope = wrap(here, key, at_rest);
    struct private_part names = names_of(4);
    struct kms_hint claim;
    struct uuid record;

    names.encrypted = true;
    record = put(&envelope, key, &names, NULL);
    cr_assert_eq(find(false, &found, &claim), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(found.at_rest_key, at_rest));
    cr_assert_str_eq(found.names.filesystem, "home");
    cr_assert_eq(found.names.generation, 4u);
    cr_assert(uuid_equal(&found.record, &record));
    cr_assert_str_eq(found.by.key_identifier, "k1");
}

/* Whoever writes the bucket could cut it off, and the filesystem would come back as one that is not encrypted. */
Test(recovery, wants_the_at_rest_key_of_what_is_encrypted)
{
    SCOPED(secret_free) struct secret *key = random_key(FS_KEY_SIZE);
    SCOPED(key_found_done) struct key_found found = {0};
    const struct envelope envelope = wrap(here, key, NULL);
    struct private_part names = names_of(1);
    struct kms_hint claim;

    names.encrypted = true;
    put(&envelope, key, &names, NULL);
    cr_assert_eq(find(false, &found, &claim), SEALIFT_CORRUPT);
}

Test(recovery, says_when_there_is_no_key)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct kms_hint claim;

    cr_assert_eq(find(false, &found, &claim), SEALIFT_NOT_FOUND);
}

/* --- what does not open --- */

/* An FS key that `far` wrapped, which nobody here asks. */
static void
add_closed(uint64_t generation)
{
    SCOPED(secret_free) struct secret *closed = add_key(far, generation);
}

Test(recovery, tells_where_a_key_is_that_does_not_open)
{
    SCOPED(key_found_done) struct key_found found = {0};
    struct kms_hint claim;

    add_closed(1);
    cr_assert_eq(find(false, &found, &claim), SEALIFT_DENIED, "%s", err.message);
    cr_assert_str_eq(claim.name_space, "far");
    cr_assert_str_eq(claim.key_identifier, "k2");
}

/* A record of the key that claims to be of that type, and opens nowhere. */
static void
put_closed_of_type(const struct secret *key, const char *type)
{
    struct envelope envelope = wrap(far, key, NULL);
    const struct private_part names = names_of(1);

    snprintf(envelope.kms.type, sizeof(envelope.kms.type), "%s", type);
    put(&envelope, key, &names, NULL);
}

Test(recovery, tells_where_a_key_is_rather_than_of_its_break_glass_key)
{
    SCOPED(key_found_done) struct key_found found = {0};
    SCOPED(secret_free) struct secret *key = random_key(FS_KEY_SIZE);
    struct kms_hint claim;

    put_closed_of_type(key, "local");
    cr_assert_neq(find(false, &found, &claim), SEALIFT_OK);
    cr_assert_str_eq(claim.type, "local");
    put_closed_of_type(key, "vault");
    put_closed_of_type(key, "kmip");
    put_closed_of_type(key, "local");
    cr_assert_neq(find(false, &found, &claim), SEALIFT_OK);
    cr_assert_str_eq(claim.type, "kmip", "of the others, that of the newest record");
    cr_assert_not_null(strstr(err.message, "kmip"), "%s", err.message);
}

Test(recovery, does_not_go_on_with_an_older_key_than_one_that_does_not_open)
{
    SCOPED(secret_free) struct secret *older = add_key(here, 1);
    SCOPED(key_found_done) struct key_found found = {0};
    struct kms_hint claim;

    add_closed(2);
    cr_assert_eq(find(false, &found, &claim), SEALIFT_DENIED);
    cr_assert_not_null(strstr(err.message, "may be of the key in force"), "%s", err.message);
    cr_assert_str_eq(claim.key_identifier, "k2");
    cr_assert_eq(find(true, &found, &claim), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(found.fs_key, older));
}

Test(recovery, minds_no_older_key_that_does_not_open)
{
    SCOPED(secret_free) struct secret *in_force = NULL;

    add_closed(1);
    in_force = add_key(here, 2);
    expect_key(in_force);
}

/* The newest record of the key that does not open is no reason to take it for garbage: another one is ours. */
Test(recovery, is_not_led_astray_by_garbage_in_front_of_a_key_that_does_not_open)
{
    SCOPED(secret_free) struct secret *older = add_key(here, 1);
    SCOPED(secret_free) struct secret *newer = add_key(far, 2);
    SCOPED(key_found_done) struct key_found found = {0};
    const struct envelope envelope = wrap(far, newer, NULL);
    struct uuid garbage = uuid_v7_behind(&fixture.world, &last_record);
    char name[NAME_SIZE];
    struct kms_hint claim;

    name_of_key_record(&fixture.fs, envelope.key_check, &garbage, name);
    cr_assert_eq(store_put_small(fixture.store, name, bytes_of_text("garbage"), &err), SEALIFT_OK);
    cr_assert_eq(find(false, &found, &claim), SEALIFT_DENIED, "%s", err.message);
}

Test(recovery, minds_no_garbage_of_its_own)
{
    SCOPED(secret_free) struct secret *ours = add_key(here, 1);
    struct uuid garbage = uuid_v7_behind(&fixture.world, &last_record);
    const uint8_t no_key[KEY_CHECK_SIZE] = {7};
    char name[NAME_SIZE];

    name_of_key_record(&fixture.fs, no_key, &garbage, name);
    cr_assert_eq(store_put_small(fixture.store, name, bytes_of_text("garbage"), &err), SEALIFT_OK);
    expect_key(ours);
    cr_assert_not_null(strstr(fixture.log, name), "it is told: %s", fixture.log);
}

/* What opens, but to something else than its name says, is nobody's key. */
Test(recovery, minds_no_wrapping_of_another_key_under_a_new_name)
{
    SCOPED(secret_free) struct secret *ours = add_key(here, 1);
    SCOPED(secret_free) struct secret *other = random_key(FS_KEY_SIZE);
    struct envelope forged = wrap(here, other, NULL);
    const struct private_part names = names_of(9);

    forged.key_check[0] ^= 1;
    put(&forged, other, &names, NULL);
    expect_key(ours);
}

Test(recovery, ends_when_the_kms_is_away)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 1);
    SCOPED(key_found_done) struct key_found found = {0};
    struct kms_hint claim;

    here->fails = SEALIFT_UNAVAILABLE;
    cr_assert_eq(find(true, &found, &claim), SEALIFT_UNAVAILABLE);
}

/* --- places that are met on the way --- */

Test(recovery, goes_to_the_place_that_a_record_claims)
{
    SCOPED(secret_free) struct secret *key = add_key(far, 1);
    SCOPED(key_found_done) struct key_found found = {0};
    const struct recovery recovery = recovery_with(true);
    struct kms_hint claim;

    cr_assert_eq(recovery_key(&recovery, false, &found, &claim, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(found.fs_key, key));
    cr_assert_str_eq(found.by.name_space, "far");
}

Test(recovery, goes_to_the_place_that_an_older_record_claims)
{
    SCOPED(secret_free) struct secret *key = add_key(far, 1);
    SCOPED(key_found_done) struct key_found found = {0};
    struct envelope forged = wrap(far, key, NULL);
    const struct private_part names = names_of(1);
    const struct recovery recovery = recovery_with(true);
    struct kms_hint claim;

    snprintf(forged.kms.name_space, sizeof(forged.kms.name_space), "nowhere");
    put(&forged, key, &names, NULL);
    cr_assert_eq(recovery_key(&recovery, false, &found, &claim, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(secret_equal(found.fs_key, key));
}

Test(recovery, goes_nowhere_for_what_it_can_open)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 1);
    SCOPED(key_found_done) struct key_found found = {0};
    const struct recovery recovery = recovery_with(true);
    struct kms_hint claim;

    cr_assert_eq(recovery_key(&recovery, false, &found, &claim, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(met, 0u);
}

/* --- moved --- */

/* One more record of the key, which `shelf` wrapped. */
static void
put_once_more(struct shelf *shelf, const struct secret *key, const struct secret *seals_names)
{
    const struct private_part names = names_of(1);
    const struct envelope envelope = wrap(shelf, key, NULL);

    put(&envelope, seals_names, &names, NULL);
}

static struct kms_hint
moved_to(void)
{
    SCOPED(key_found_done) struct key_found found = {0};
    const struct recovery recovery = recovery_with(false);
    struct kms_hint claim;

    cr_assert_eq(find(false, &found, &claim), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(found.by.key_identifier, "k1");
    cr_assert_eq(recovery_moved(&recovery, &found, &claim, &err), SEALIFT_OK, "%s", err.message);
    return claim;
}

Test(recovery, tells_where_a_newer_record_says_that_the_key_is)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 1);
    struct kms_hint claim;

    put_once_more(far, key, key);
    claim = moved_to();
    cr_assert_str_eq(claim.name_space, "far");
    cr_assert_str_eq(claim.key_identifier, "k2");
}

Test(recovery, tells_of_no_move_that_was_taken_back)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 1);

    put_once_more(far, key, key);
    put_once_more(here, key, key);
    cr_assert_str_empty(moved_to().type);
}

/* Neither garbage in front of it, nor what somebody says who has not got the key, nor one of our own place that does
 * not open. */
Test(recovery, tells_of_a_move_behind_what_says_nothing)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 1);
    SCOPED(secret_free) struct secret *other = random_key(FS_KEY_SIZE);
    struct envelope forged = wrap(here, key, NULL);
    const struct private_part names = names_of(1);
    struct uuid garbage;
    char name[NAME_SIZE];

    put_once_more(far, key, key);
    snprintf(forged.kms.name_space, sizeof(forged.kms.name_space), "nowhere");
    put(&forged, other, &names, NULL);
    forged = wrap(here, key, NULL);
    forged.sealed_fs_key[0] ^= 1;
    put(&forged, key, &names, NULL);
    garbage = uuid_v7_behind(&fixture.world, &last_record);
    name_of_key_record(&fixture.fs, forged.key_check, &garbage, name);
    cr_assert_eq(store_put_small(fixture.store, name, bytes_of_text("garbage"), &err), SEALIFT_OK);
    cr_assert_str_eq(moved_to().key_identifier, "k2");
}

static void
put_of_type(const struct secret *key, const char *type)
{
    struct envelope second = wrap(here, key, NULL);
    const struct private_part names = names_of(1);

    snprintf(second.kms.type, sizeof(second.kms.type), "%s", type);
    put(&second, key, &names, NULL);
}

/* The whole cluster may have gone there. But own keys are where the cluster's is. */
Test(recovery, tells_of_another_type_of_kms_what_nothing_of_its_own_type_says)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 1);

    put_of_type(key, "kmip");
    cr_assert_str_eq(moved_to().type, "kmip");
    put_once_more(far, key, key);
    put_of_type(key, "kmip");
    cr_assert_str_eq(moved_to().key_identifier, "k2");
}

/* It is a break-glass key. */
Test(recovery, takes_the_local_kms_for_no_move)
{
    SCOPED(secret_free) struct secret *key = add_key(here, 1);

    put_of_type(key, "local");
    cr_assert_str_empty(moved_to().type);
}

/* --- snapshots --- */

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

Test(recovery, opens_the_key_of_many_snapshots_once)
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

Test(recovery, reads_several_snapshots_at_once_and_tells_them_in_the_order_of_time, .timeout = 30)
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

Test(recovery, passes_over_snapshots_that_are_not_authentic)
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

Test(recovery, passes_over_snapshots_whose_key_does_not_open)
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

Test(recovery, ends_when_the_store_is_away)
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
