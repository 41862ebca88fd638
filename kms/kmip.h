/* KMIP 1.2 to 2.1 over mutual TLS: wraps with a server's Encrypt, unwraps with its Decrypt. */
#ifndef KMIP_H
#define KMIP_H

#include "kmip_client.h"
#include "kms.h"

/* As kms_open(). `options` NULL: all as usual. */
enum sealift_status kmip_open(const struct world *world, const struct kms_config *config,
                              const struct kmip_client_options *options, struct kms **ret_kms,
                              struct sealift_error *err);

#endif
