/* Trying each call to Vault that we need, and saying what came of each: `sealift kms check`. */
#ifndef VAULT_CHECK_H
#define VAULT_CHECK_H

#include "kms.h"
#include "vault_login.h"

struct vault_check {
    const struct world *world;
    const struct kms_config *config;
    struct vault_client *client;
    struct vault_login *login;
    struct kms_errand *errand;
    kms_each_finding *each;
    void *context;
};

/* Goes on after a refusal, so that the admin hears of all that is missing at once; returns the first failure. */
enum sealift_status vault_check(const struct vault_check *check, struct sealift_error *err);

#endif
