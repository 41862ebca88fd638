/* FS keys that a drill opened, or could not: found out once for all snapshots under a key, by its key records or by a
 * wrapping that their manifests carry. Any thread. */
#ifndef OPENED_KEYS_H
#define OPENED_KEYS_H

#include "kms_routes.h"
#include "manifest.h"
#include "memo.h"
#include "store.h"

/* An FS key, or why there is none. */
struct opened_key {
    struct secret *fs_key;        /* NULL: `failure` says why */
    struct sealift_error failure; /* of a key that opens by its records: what these have lost */
    struct uuid record;           /* that opened it; of a manifest's wrapping: none */
    struct kms_hint by;           /* the key of a KMS that did: proven */
    char filesystem[256];         /* its name, of a key that opens by its records; empty: these have lost it */
};

/* Whether another wrapping would do no better: a KMS or a store is not there. */
bool opened_key_waits(const struct opened_key *key);

struct opened_keys {
    const struct world *world;
    struct kms_routes *routes;
    struct memo *by_records; /* struct opened_key */
    struct memo *by_wrapping;
};

/* With the first two set. `threads` may each hold one of either kind; some more are remembered. */
enum sealift_status opened_keys_init(struct opened_keys *keys, size_t threads, struct sealift_error *err);
void opened_keys_done(struct opened_keys *keys); /* nobody holds any */

/* That a key does not open is found, too; a failure is what ends all work. *ret_key stays until it is released. */
enum sealift_status opened_keys_by_records(struct opened_keys *keys, struct store *store, const struct uuid *fs,
                                           const uint8_t key_check[KEY_CHECK_SIZE], const struct opened_key **ret_key,
                                           struct sealift_error *err);
enum sealift_status opened_keys_by_manifest(struct opened_keys *keys, const struct manifest *manifest,
                                            const struct opened_key **ret_key, struct sealift_error *err);
/* NULL: nothing is held. */
void opened_keys_release_by_records(struct opened_keys *keys, const struct opened_key *key);
void opened_keys_release_by_manifest(struct opened_keys *keys, const struct opened_key *key);

#endif
