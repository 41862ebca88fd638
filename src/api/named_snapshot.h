/* A snapshot that somebody named: by filesystem and name, as the table knows them, or by its locator and the store. */
#ifndef NAMED_SNAPSHOT_H
#define NAMED_SNAPSHOT_H

#include "handle.h"
#include "manifest.h"

struct snapshot_name {
    const char *fs, *snapshot;          /* from the table ... */
    const char *locator;                /* ... or a locator */
    const struct sealift_obs_spec *obs; /* where it is; without a URL and a locator: the filesystem's own store */
};

/* The zero value holds nothing. */
struct named_snapshot {
    struct locator locator;
    struct store *store;
    struct manifest manifest;
    struct secret *fs_key; /* once opened */
};

void named_snapshot_done(struct named_snapshot *snapshot);

/* Finds it and reads its manifest, which is not authenticated yet. */
enum sealift_status named_snapshot_find(struct sealift *sealift, const struct snapshot_name *name,
                                        struct named_snapshot *snapshot, struct sealift_error *err);
/* Opens its key through the KMS, and authenticates the manifest. *ret_opened: as snapshot_key_open() says. */
enum sealift_status named_snapshot_open(struct sealift *sealift, struct named_snapshot *snapshot, uint64_t *ret_opened,
                                        struct sealift_error *err);

#endif
