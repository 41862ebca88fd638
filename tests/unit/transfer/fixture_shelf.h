/* A KMS whose keys have versions, which counts its calls: what it wraps it writes down in the ciphertext, so it
 * protects nothing. It calls itself "vault", and rewraps inside as that one does. */
#ifndef FIXTURE_SHELF_H
#define FIXTURE_SHELF_H

#include "kms.h"

#include <stdatomic.h>

struct shelf {
    struct kms kms; /* .place says where */
    int64_t latest_version, min_decryption_version;
    atomic_uint wraps, unwraps, rewraps, reads;
    enum sealift_status fails; /* each call, from now on */
    bool garbles;              /* what it wraps does not open again */
    unsigned number;           /* of the server: it opens only what it wrapped itself, ... */
    bool opens_all;            /* ... or everything: it has all keys */
};

/* Of a key of that name in that namespace, at version 1. Handed to routes, it is theirs, and the pointer stays good as
 * long as they live. */
struct shelf *shelf_new(const struct world *world, const char *name_space, const char *key);
void shelf_rotate(struct shelf *shelf);
unsigned shelf_calls(const struct shelf *shelf); /* all */

#endif
