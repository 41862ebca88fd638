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
    kms_chooser *choose_kms;
    void *kms_context;
};

/* Takes the newest wrapping of the key, shows that the KMS still opens it, checks that nothing used is condemned, puts
 * the manifest, reads it back, and looks at the condemned once more. */
enum sealift_status publish(const struct world *world, struct store *store, const struct publication *publication,
                            uint8_t ret_body_sha256[SHA256_SIZE], struct sealift_error *err);

#endif
