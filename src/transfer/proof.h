/* Which key opens a wrapping, shown just now, and whether that is a key that is to be destroyed. What a wrapping says
 * of itself is only where to ask. DESIGN.md section 3. */
#ifndef PROOF_H
#define PROOF_H

#include "kms_routes.h"

/* What is to be destroyed. */
struct condemned {
    struct kms_hint place; /* type, namespace, mount, key */
    int64_t below_version; /* only versions below this one; 0: all of it */
    struct kms *kms;       /* what unwraps there */
};

/* Whether this is the condemned key, under whichever of its names, and a version of it that is meant; one that is not
 * known is. */
bool condemned_is(const struct condemned *condemned, const struct kms_hint *by);
/* Whether the wrapping says so of itself: its key's name, its namespace, and a version in the hint or in the
 * ciphertext. */
bool condemned_is_claimed(const struct condemned *condemned, const struct envelope *envelope);

struct proof {
    bool opens;                   /* to the FS key that it names */
    bool condemned;               /* by what is condemned */
    bool claimed;                 /* condemned_is_claimed() */
    struct kms_hint by;           /* the key that opened it, its version that of the ciphertext */
    struct secret *fs_key;        /* when it opens */
    bool has_at_rest_key;         /* as far as it says, or when it opens for certain */
    char at_rest[33];             /* when it opens and has one: the identifier */
    struct sealift_error failure; /* when it does not; UNAVAILABLE: it could not be asked for now */
};

void proof_done(struct proof *proof);

/* Opens it through the KMS connections that there are; where these do not, and where only the bucket names the key that
 * did (a mount, or a key, may have two names), through the condemned key and nothing else. That nothing opens it is a
 * proof, too; a failure is what ends all work. */
enum sealift_status proof_find(struct kms_routes *routes, const struct condemned *condemned,
                               const struct envelope *envelope, const struct uuid *snapshot, struct proof *ret_proof,
                               struct sealift_error *err);

#endif
