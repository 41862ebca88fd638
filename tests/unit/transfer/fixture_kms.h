/* A KMS like Vault, played: keys with versions in namespaces, which can be rotated, retired and destroyed, and whose
 * paths may be said in more than one way. It keeps no secret: what it wraps can be read by anybody. */
#ifndef FIXTURE_KMS_H
#define FIXTURE_KMS_H

#include "kms.h"

#include <stdatomic.h>

#define FIXTURE_KMS_KEYS 8

struct fixture_kms_key {
    struct kms_hint place;
    int64_t latest, least; /* versions */
    bool destroyed;
};

struct fixture_kms {
    struct fixture_kms_key keys[FIXTURE_KMS_KEYS];
    size_t count;
    bool away;
    atomic_uint unwraps; /* calls */
};

/* In version 1. The name of each is its own, in all namespaces. */
struct fixture_kms_key *fixture_kms_add(struct fixture_kms *server, const char *name_space, const char *key);

/* A connection for the key, as kms_open() would make one: it unwraps with that key and, in the same namespace, with the
 * one that the hint names. */
struct kms *fixture_kms_connect(struct fixture_kms *server, const struct world *world,
                                const struct fixture_kms_key *key);

#endif
