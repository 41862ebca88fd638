/* What `kms set vault` is told, as a configuration. */
#ifndef VAULT_SPEC_H
#define VAULT_SPEC_H

#include "kms_config.h"

#include <sealift/kms.h>

/* What is not said comes from the environment; see sealift/kms.h. Checked, as kms_config_check() does. */
enum sealift_status vault_spec_read(const struct sealift_vault_spec *spec, struct kms_config *ret_config,
                                    struct sealift_error *err);

#endif
