/* What removing a snapshot or a filesystem tells: what was deleted, and what is left that nothing uses. No removal
 * needs a key: it is possible when the KMS is away, sealed, or gone for good.
 *
 * Evidence: with a file named, what is about to go stands in it, on the disk, before anything is deleted, and what
 * became of it behind (docs/JSON.md, "Evidence"). CONFLICT: there is such a file; it is never written over. */
#ifndef SEALIFT_REMOVAL_H
#define SEALIFT_REMOVAL_H

#include <sealift/transfer.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* A manifest or a key record. All but name, size and hash is what it says of itself: nothing is authenticated. */
struct sealift_removed {
    const char *kind;    /* "manifest", "key-record" */
    const char *name;    /* of the object, below the store's prefix */
    const char *locator; /* of a manifest; else NULL */
    uint64_t size;
    const char *sha256;    /* of its bytes, 64 hexadecimal digits; NULL: they could not be read */
    int64_t made_ns;       /* when it was published, or written; 0: not known */
    const char *key_check; /* of the FS key that it is about; NULL: not known */
    const char *outcome;   /* "deleted"; "absent": it was gone; "refused": it is still there */
    const char *problem;   /* why it was refused, or could not be read; NULL: all was well */
};
typedef enum sealift_status sealift_each_removed(void *context, const struct sealift_removed *removed,
                                                 struct sealift_error *err);

/* What an upload left in the bucket, and no manifest of its filesystem uses. */
struct sealift_unused {
    const char *filesystem_id, *upload; /* UUIDs */
    const char *state; /* "unused"; "under-way": its log is younger than seven days by the store's clock, so that the
                          upload may still run somewhere; "unknown": what some snapshot uses could not be read */
    uint64_t objects, bytes;
    int64_t newest_ns; /* of its log's newest record; 0: it has none */
};
typedef enum sealift_status sealift_each_unused(void *context, const struct sealift_unused *unused,
                                                struct sealift_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
