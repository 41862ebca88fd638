/* The filesystems of a bucket, by the names of their objects alone. Needs no key. */
#ifndef BUCKET_FILESYSTEMS_H
#define BUCKET_FILESYSTEMS_H

#include "store.h"
#include "uuid.h"

struct bucket_filesystem {
    struct uuid fs;
    struct uuid newest; /* of its manifests and key records */
};

/* Appends those that have a manifest or a key record to *out, the one that was used last first. `only`: nothing but
 * this one; NULL: all. */
enum sealift_status bucket_filesystems_list(struct store *store, const struct uuid *only, struct buf *out,
                                            struct sealift_error *err);

/* NOT_FOUND: the bucket holds neither of this one. */
enum sealift_status bucket_filesystems_need(struct store *store, const struct uuid *fs, struct sealift_error *err);

#endif
