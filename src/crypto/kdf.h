/* HKDF (RFC 5869), extract and expand: with SHA-256 for our own keys. */
#ifndef KDF_H
#define KDF_H

#include "secret.h"

/* `info` is the label: every use of a key has its own. */
enum sealift_status hkdf_sha256(const struct secret *key, struct bytes salt, const char *info, size_t len,
                                struct secret **ret_key, struct sealift_error *err);
/* The same where the output is public (the key check value). */
enum sealift_status hkdf_sha256_public(const struct secret *key, struct bytes salt, const char *info, uint8_t *out,
                                       size_t len, struct sealift_error *err);
/* With SHA-512, as Linux derives from fscrypt's keys; their labels hold NULs. */
enum sealift_status hkdf_sha512_public(const struct secret *key, struct bytes salt, struct bytes info, uint8_t *out,
                                       size_t len, struct sealift_error *err);

#endif
