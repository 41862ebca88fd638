/* What in a bucket only the local KMS's key opens: to be known before that key is destroyed.
 *
 * Nothing is believed that a bucket merely says. An FS key is free of the local key when another wrapping of it was
 * opened just now by another KMS; and it hangs on it when a wrapping opens by the local key, or when there are more
 * wrappings than are looked at. What neither opens is not ours to lose. */
#ifndef LOCAL_HOLDOUTS_H
#define LOCAL_HOLDOUTS_H

#include "kms_routes.h"
#include "store.h"

struct local_holdouts {
    const struct world *world;
    struct store *store;
    struct kms *local;         /* on the key that is to be destroyed */
    struct kms_routes *routes; /* through which all else opens */
};

/* `object` is the name of a key record, or of a manifest whose FS key has no record. */
typedef enum sealift_status local_holdouts_each(void *context, const struct uuid *fs, const char *object,
                                                struct sealift_error *err);

/* UNAVAILABLE when the store, or a KMS that would have to be asked, is away: then nothing is known. */
enum sealift_status local_holdouts_find(const struct local_holdouts *search, local_holdouts_each *each, void *context,
                                        struct sealift_error *err);

#endif
