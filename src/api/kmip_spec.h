/* What `kms set kmip` is told, as a configuration. */
#ifndef KMIP_SPEC_H
#define KMIP_SPEC_H

#include "kms_config.h"

#include <sealift/kms.h>

/* A version that is named is pinned. Checked, as kms_config_check() does. */
enum sealift_status kmip_spec_read(const struct sealift_kmip_spec *spec, struct kms_config *ret_config,
                                   struct sealift_error *err);

#endif
