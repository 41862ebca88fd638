/* Which version of a key is the newest: each KMS is asked once, for all filesystems under its key. */
#ifndef NEWEST_VERSIONS_H
#define NEWEST_VERSIONS_H

#include "kms.h"

/* The zero value knows none. */
struct newest_versions {
    struct buf known; /* of struct newest */
};

void newest_versions_done(struct newest_versions *versions);

/* Asked for `fs`, which is the one that waits for the KMS and stands in its audit. A failure is remembered like a
 * version: it is that of every filesystem under this key. *ret_version: 0 of a KMS whose keys have no versions. */
enum sealift_status newest_versions_find(struct newest_versions *versions, struct kms *kms, const struct uuid *fs,
                                         int64_t *ret_version, struct sealift_error *err);

#endif
