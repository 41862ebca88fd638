/* HashiCorp Vault and OpenBao as a KMS: the transit engine wraps and unwraps KEKs. docs/kms/vault.md is its
 * administrator's guide. */
#ifndef VAULT_H
#define VAULT_H

#include "kms.h"

enum sealift_status vault_open(const struct world *world, const struct kms_config *config, struct kms **ret_kms,
                               struct sealift_error *err);

#endif
