/* The three calls of the transit engine that we need, on one key. Without associated data: neither Vault nor OpenBao
 * can rewrap what was made with it, and servers before 1.13 would ignore it; the envelope binds the keys instead.
 * kms.md, section 1.4. */
#ifndef VAULT_TRANSIT_H
#define VAULT_TRANSIT_H

#include "vault_login.h"

/* Appends "vault:v<version>:..." to *out. */
enum sealift_status vault_transit_wrap(struct vault_login *login, const struct vault_place *place,
                                       const struct secret *kek, struct buf *out, struct sealift_error *err);
enum sealift_status vault_transit_unwrap(struct vault_login *login, const struct vault_place *place,
                                         const char *wrapped, struct secret **ret_kek, struct sealift_error *err);
/* Under the key's newest version, without the plaintext leaving the server. */
enum sealift_status vault_transit_rewrap(struct vault_login *login, const struct vault_place *place,
                                         const char *wrapped, struct buf *out, struct sealift_error *err);

/* The version in "vault:v<version>:...", which old servers say nowhere else; 0 when the text has another form or is
 * longer than WRAPPED_KEK_MAX. */
int64_t vault_transit_version(const char *wrapped);

/* What the answers hold. CORRUPT when they do not. */
enum sealift_status vault_transit_ciphertext(const struct vault_answer *answer, struct buf *out,
                                             struct sealift_error *err);
enum sealift_status vault_transit_plaintext(const struct vault_answer *answer, struct secret **ret_kek,
                                            struct sealift_error *err);

#endif
