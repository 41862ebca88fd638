/* Trying each call to a KMIP server that we need, and saying what came of each: `sealift kms check`. */
#ifndef KMIP_CHECK_H
#define KMIP_CHECK_H

#include "kmip_client.h"
#include "kms.h"

struct kmip_check {
    const struct world *world;
    const struct kms_config *config;
    struct kmip_client *client;
    struct kms_errand *errand;
    kms_each_finding *each;
    void *context;
    struct kmip_mode mode; /* out: what was shown to work */
};

/* Each server is reached; of the first that answers the version, the operations, the key, the modes. Goes on where
 * there is something left to learn; returns the first failure that keeps us from working (a server that is down while
 * another answers is a warning). */
enum sealift_status kmip_check(struct kmip_check *check, struct sealift_error *err);

#endif
