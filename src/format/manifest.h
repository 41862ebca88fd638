/* The manifest: the small object that makes a snapshot exist. Three lines of JSON: body, envelope, and the HMAC over
 * the body's exact bytes. DESIGN.md section 4.1; docs/FORMAT.md, "Manifest". */
#ifndef MANIFEST_H
#define MANIFEST_H

#include "private_part.h"
#include "tree.h"

#define MANIFEST_MAX_SIZE  ((size_t)4 << 20)
#define MANIFEST_MAX_PARTS 1024 /* writers make one part; an N-worker upload makes N */

struct manifest_totals {
    uint64_t entries; /* of the tree, the root among them */
    uint64_t files, directories, others;
    uint64_t size;     /* logical bytes of files, each hard-link group once */
    uint64_t segments; /* used, of data and tree */
    uint64_t stored;   /* their bytes */
    uint64_t missing;  /* paths that could not be read (--allow-missing) */
};

struct manifest {
    struct uuid fs;
    struct uuid upload;
    uint64_t sequence; /* 1 for a filesystem's first */
    bool has_parent;
    struct uuid parent; /* the upload that it builds on */
    bool has_predecessor;
    uint8_t predecessor_sha256[SHA256_SIZE]; /* of the body of sequence - 1 */
    uint8_t key_check[KEY_CHECK_SIZE];
    int64_t created_ns; /* the point in time that the snapshot shows: when it was taken; of a live read, when the upload
                           began */
    int64_t published_ns;
    bool live;    /* read while in use, not from a read-only snapshot */
    bool partial; /* something could not be read */
    struct manifest_totals totals;
    struct tree_root *parts; /* owned */
    size_t part_count;
    uint32_t closing_record;             /* number of the log's last record ... */
    uint8_t closing_sha256[SHA256_SIZE]; /* ... and what it is */
    struct buf sealed_private;
    struct envelope envelope;

    /* When parsed: what was authenticated, and by what. */
    struct buf body;
    uint8_t body_sha256[SHA256_SIZE];
    uint8_t hmac[SHA256_SIZE];
};

void manifest_done(struct manifest *manifest);

/* Adds to one of the totals, which end at INT64_MAX: a few sparse files of 2^62 bytes are more than that. */
void manifest_count(uint64_t *total, uint64_t more);

/* The object's bytes. Fills body and body_sha256. */
enum sealift_status manifest_build(struct manifest *manifest, const struct secret *fs_key, struct buf *out,
                                   struct sealift_error *err);

/* Without a key: everything but the private part; nothing is authenticated yet. The uuids must be those of the name it
 * was read from. A later version is INVALID. */
enum sealift_status manifest_parse(struct bytes text, const struct uuid *fs, const struct uuid *upload,
                                   struct manifest *ret_manifest, struct sealift_error *err);

/* Key check value and HMAC agree with the FS key: CORRUPT or KEY otherwise. */
enum sealift_status manifest_authenticate(const struct manifest *manifest, const struct secret *fs_key,
                                          struct sealift_error *err);
enum sealift_status manifest_private(const struct manifest *manifest, const struct secret *fs_key,
                                     struct private_part *ret_part, struct sealift_error *err);

#endif
