/* Another KMS comes into force, and the filesystems move to it.
 *
 * The one before is a former one from the same moment on, so what it wrapped goes on opening while the filesystems
 * move, each in a transaction of its own; it is forgotten when the last of them has. So whoever is killed in the middle
 * leaves what opens, and the same change again goes on. */
#ifndef KMS_CHANGE_H
#define KMS_CHANGE_H

#include "handle.h"

/* What is told of it when it has not ended. */
#define KMS_CHANGE_KEPT                                                                                                \
    "what has moved stays so, and what has not opens through the KMS before, which is kept, and needed, until then"

struct kms_change {
    const struct kms_config *config;       /* checked; NULL: none, and the local key wraps */
    const struct sealift_kms_change *wish; /* its `convert` holds for NULL, too: own keys are at a KMS */
};

/* Tries it, unless that is not wanted, and keeps what the server was found to do in `config`. */
enum sealift_status kms_change_try(struct sealift *sealift, struct kms_config *config,
                                   const struct sealift_kms_change *wish, struct sealift_error *err);

/* CONFLICT while another process does the same. */
enum sealift_status kms_change(struct sealift *sealift, const struct kms_change *change, struct sealift_error *err);

#endif
