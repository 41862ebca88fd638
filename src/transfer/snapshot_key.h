/* What opens a snapshot: a key_search.h with the manifest's own envelope last, and then the manifest authenticates. */
#ifndef SNAPSHOT_KEY_H
#define SNAPSHOT_KEY_H

#include "kms_routes.h"
#include "manifest.h"
#include "store.h"

/* Opens the FS key of a snapshot and authenticates the manifest with it. *ret_opened (may be NULL) counts all wrappings
 * that open: then all are tried, not only up to the first. */
enum sealift_status snapshot_key_open(const struct world *world, struct store *store, struct kms_routes *routes,
                                      const struct manifest *manifest, struct secret **ret_fs_key, uint64_t *ret_opened,
                                      struct sealift_error *err);

/* The wrapping of `fs_key` that such a search finds: what a manifest that is published now must carry. `fallback`, the
 * table's, is tried last. */
enum sealift_status snapshot_key_in_force(const struct world *world, struct store *store, struct kms_routes *routes,
                                          const struct secret *fs_key, const struct envelope *fallback,
                                          struct envelope *ret_envelope, struct sealift_error *err);

#endif
