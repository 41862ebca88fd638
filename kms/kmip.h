/* KMIP 1.2 to 2.1 over mutual TLS: wraps with a server's Encrypt, unwraps with its Decrypt. */
#ifndef KMIP_H
#define KMIP_H

#include "kms.h"

enum sealift_status kmip_open(const struct world *world, const struct kms_config *config, struct kms **ret_kms,
                              struct sealift_error *err);

#endif
