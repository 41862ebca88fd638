/* What opens a snapshot: its key records in the bucket, newest first, and the manifest's own envelope last. DESIGN.md
 * section 3. */
#ifndef SNAPSHOT_KEY_H
#define SNAPSHOT_KEY_H

#include "key_record.h"
#include "keyring.h"
#include "store.h"

/* The newest this many records of a filesystem are tried. */
#define SNAPSHOT_KEY_MAX_RECORDS 32

/* Chooses the KMS for an envelope (the cluster's, or the local one); NULL and an error when this cluster has none for
 * it. */
typedef enum sealift_status kms_chooser(void *context, const struct kms_hint *hint, struct kms **ret_kms,
                                        struct sealift_error *err);

/* Reads and parses a manifest. NOT_FOUND says that the locator is unknown there. */
enum sealift_status manifest_fetch(struct store *store, const struct locator *locator, struct manifest *ret_manifest,
                                   struct sealift_error *err);

/* Opens the FS key of a snapshot and authenticates the manifest with it. Records that do not open are logged and the
 * next one is tried; an UNAVAILABLE KMS ends the search. *ret_opened (may be NULL) counts all wrappings that open: then
 * all are tried, not only up to the first. */
enum sealift_status snapshot_key_open(const struct world *world, struct store *store, kms_chooser *choose,
                                      void *context, const struct manifest *manifest, struct secret **ret_fs_key,
                                      uint64_t *ret_opened, struct sealift_error *err);

/* The newest key record of a filesystem whose key check value is `key_check` (NULL: any); NOT_FOUND when there is none.
 */
enum sealift_status key_record_newest(struct store *store, const struct uuid *fs,
                                      const uint8_t key_check[KEY_CHECK_SIZE], struct key_record *ret_record,
                                      struct sealift_error *err);

/* Makes, puts, and reads back a key record. */
enum sealift_status key_record_put(const struct world *world, struct store *store, const struct envelope *envelope,
                                   const struct private_part *names, const struct secret *fs_key,
                                   struct uuid *ret_record, struct sealift_error *err);

#endif
