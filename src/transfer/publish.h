/* Publishing: the last steps of an upload, after which the snapshot exists. DESIGN.md section 4.3. */
#ifndef PUBLISH_H
#define PUBLISH_H

#include "snapshot_key.h"
#include "upload.h"

struct publication {
    const struct upload_request *request;
    const struct upload_outcome *outcome;
    const struct private_part *names;
    uint64_t sequence;
    bool has_predecessor;
    uint8_t predecessor_sha256[SHA256_SIZE];
    int64_t created_ns;
    /* The envelope to carry when the bucket has no key record of this key: the table's. */
    const struct envelope *envelope;
    struct kms_routes *routes;
    /* The key is for this snapshot alone, and this KMS wraps it, without having to open it: envelope and routes are not
     * asked. NULL: it is the filesystem's. */
    struct kms *alone;
};

/* What must hold before: the newest wrapping of the key that the KMS still opens is found, nothing that is used is
 * condemned. A key for this snapshot alone is wrapped here, and its record put: what was wrapped hours ago could not be
 * shown to open. Then the manifest is composed, and nothing has been published. */
enum sealift_status publish_prepare(const struct world *world, struct store *store,
                                    const struct publication *publication, struct manifest *ret_manifest,
                                    struct sealift_error *err);

/* Puts the manifest, reads it back, and looks at the condemned once more. Whatever the failure: the manifest may be in
 * the bucket, and then the snapshot exists. */
enum sealift_status publish_put(struct store *store, const struct publication *publication, struct manifest *manifest,
                                struct sealift_error *err);

#endif
