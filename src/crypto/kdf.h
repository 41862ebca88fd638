/* HKDF-SHA-256 (RFC 5869), extract and expand. */
#ifndef KDF_H
#define KDF_H

#include "secret.h"

/* `info` is the label: every use of a key has its own. */
enum sealift_status hkdf_sha256(const struct secret *key, struct bytes salt, const char *info, size_t len,
                                struct secret **ret_key, struct sealift_error *err);
/* The same where the output is public (the key check value). */
enum sealift_status hkdf_sha256_public(const struct secret *key, struct bytes salt, const char *info, uint8_t *out,
                                       size_t len, struct sealift_error *err);

#endif
