/* AES-256-GCM (NIST SP 800-38D): 12-byte nonces, 16-byte tags behind the ciphertext. */
#ifndef AEAD_H
#define AEAD_H

#include "secret.h"

#define AEAD_NONCE_SIZE 12
#define AEAD_TAG_SIZE   16

/* One key, many messages; one thread each. It is the caller who never repeats a nonce. */
struct aead;
enum sealift_status aead_new(const struct secret *key, struct aead **ret_aead, struct sealift_error *err);
void aead_free(struct aead **aead);
/* Changes the key of an existing context: cheaper than a new one. */
enum sealift_status aead_set_key(struct aead *aead, const struct secret *key, struct sealift_error *err);

/* Writes plain.len + AEAD_TAG_SIZE bytes to `out`, which may be the same memory as `plain`. */
enum sealift_status aead_seal(struct aead *aead, const uint8_t nonce[AEAD_NONCE_SIZE], struct bytes aad,
                              struct bytes plain, uint8_t *out, struct sealift_error *err);
/* Writes sealed.len - AEAD_TAG_SIZE bytes to `out` (which may be the same memory) when the tag is right; otherwise
 * CORRUPT with the plain message "does not authenticate", and `out` is wiped. */
enum sealift_status aead_open(struct aead *aead, const uint8_t nonce[AEAD_NONCE_SIZE], struct bytes aad,
                              struct bytes sealed, uint8_t *out, struct sealift_error *err);

/* A secret sealed by a key that is used only for this: the nonce is zero. The sealed form has secret.len +
 * AEAD_TAG_SIZE bytes. */
enum sealift_status aead_seal_secret(const struct secret *key, struct bytes aad, const struct secret *secret,
                                     struct buf *out, struct sealift_error *err);
enum sealift_status aead_open_secret(const struct secret *key, struct bytes aad, struct bytes sealed,
                                     struct secret **ret_secret, struct sealift_error *err);

#endif
