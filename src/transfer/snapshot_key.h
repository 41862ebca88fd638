/* What opens a snapshot: its key records in the bucket, newest first, and the manifest's own envelope last. DESIGN.md
 * section 3. */
#ifndef SNAPSHOT_KEY_H
#define SNAPSHOT_KEY_H

#include "kms_routes.h"
#include "manifest.h"
#include "store.h"

/* Opens the FS key of a snapshot and authenticates the manifest with it. A wrapping that does not open (a garbled
 * record, a key version that was retired, one that holds another key: somebody may have put it there) is told in the
 * log, and the next one is tried; what ends the search is a KMS or a store that is not there. When none opens, the
 * failure that is reported is that of the newest. *ret_opened (may be NULL) counts all wrappings that open: then all
 * are tried, not only up to the first. */
enum sealift_status snapshot_key_open(const struct world *world, struct store *store, struct kms_routes *routes,
                                      const struct manifest *manifest, struct secret **ret_fs_key, uint64_t *ret_opened,
                                      struct sealift_error *err);

/* The newest wrapping of `fs_key` in the bucket that the KMS still opens: what a manifest that is published now must
 * carry. `fallback`, the table's, is tried last. */
enum sealift_status snapshot_key_in_force(const struct world *world, struct store *store, struct kms_routes *routes,
                                          const struct secret *fs_key, const struct envelope *fallback,
                                          struct envelope *ret_envelope, struct sealift_error *err);

#endif
