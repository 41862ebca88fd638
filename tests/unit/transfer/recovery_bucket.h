/* The bucket of a filesystem that is to be recovered. Its keys are wrapped by one KMS; a second one is not known yet.
 */
#ifndef RECOVERY_BUCKET_H
#define RECOVERY_BUCKET_H

#include "error.h"
#include "fixture_shelf.h"
#include "fixture_snapshot.h"
#include "key_records.h"
#include "recovery.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct fixture fixture;
static struct shelf *here, *far;
static struct kms *far_kms; /* until it is met */
static struct sealift_error err;
static unsigned met;

static inline void
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

static inline void
tear_down(void)
{
    kms_free(&far_kms);
    fixture_done(&fixture);
}

static inline struct secret *
random_key(size_t len)
{
    struct secret *key = NULL;

    cr_assert_eq(secret_random(&fixture.world, len, &key, &err), SEALIFT_OK);
    return key;
}

static inline struct envelope
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
static inline struct uuid
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

static inline struct private_part
names_of(uint64_t generation)
{
    return (struct private_part){.filesystem = "home", .path = "/srv/home", .generation = generation};
}

/* An FS key of that generation, with one record. */
static inline struct secret *
add_key(struct shelf *shelf, uint64_t generation)
{
    const struct private_part names = names_of(generation);
    struct secret *key = random_key(FS_KEY_SIZE);
    const struct envelope envelope = wrap(shelf, key, NULL);

    put(&envelope, key, &names, NULL);
    return key;
}

static inline enum sealift_status
meet_far(void *context, const struct kms_hint *claim, struct sealift_error *meet_err)
{
    (void)context;
    met++;
    if (far_kms == NULL || !kms_is_place_of(&far->kms.place, claim))
        return SEALIFT_OK;
    return kms_routes_adopt(fixture.routes, KMS_ROLE_OWN, &far_kms, meet_err);
}

static inline struct recovery
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

static inline enum sealift_status
find(bool skip_unopened, struct key_found *ret_found, struct kms_hint *ret_claim)
{
    const struct recovery recovery = recovery_with(false);

    return recovery_key(&recovery, skip_unopened, ret_found, ret_claim, &err);
}

#endif
