/* An upload: carries what a path holds into a bucket, as one snapshot. DESIGN.md sections 4.3 and 5.
 *
 *     plan (walk) ─ read (N workers: chunk, compress, seal) ─ send (M connections: PUT, log)
 *                             └ sequence ─ tree (one thread) ┘
 */
#ifndef UPLOAD_H
#define UPLOAD_H

#include "budget.h"
#include "kms.h"
#include "manifest.h"
#include "progress.h"
#include "selection.h"
#include "store.h"

struct upload_request {
    const char *path;                  /* what is read */
    bool live;                         /* it may change while it is read */
    const struct selection *selection; /* NULL: all of it */
    struct uuid fs;
    const struct secret *fs_key;
    struct uuid upload;
    bool allow_missing;
    bool cross_mounts; /* also what is mounted below the path */
    bool no_compression;
    int compression_level;
    struct budget budget;
};

struct upload_outcome {
    struct tree_root root;
    struct manifest_totals totals;
    uint64_t changed, excluded;
    uint32_t closing_record;
    uint8_t closing_sha256[SHA256_SIZE];
};

/* Everything up to the closing record: when it returns OK all that the snapshot needs is in the store and was seen in a
 * listing. What is left is publish(). On failure the bucket holds segments and log records that no manifest names, and
 * nothing else. */
enum sealift_status upload_run(const struct world *world, struct store *store, struct progress *progress,
                               const struct upload_request *request, struct upload_outcome *ret_outcome,
                               struct sealift_error *err);

#endif
