/* The local KMS of --allow-no-kms: a random 32-byte key in a file beside the configuration table. Whoever can read the
 * file can read everything, and whoever loses it has lost everything: for trials only, and it says so each time it is
 * used.
 *
 * The file is HOME/local-kms.key, mode 0600, made by the first wrap; unwrapping never makes one. Its 32 raw bytes, K,
 * are never used themselves:
 *
 *     key identifier = the first 16 bytes of HKDF-SHA-256(K, salt "", info "sealift/1 local kms fingerprint"), in
 * hexadecimal wrapped KEK    = "local:v1:" and base64(nonce ‖ AES-256-GCM(W, nonce, AAD "sealift/1 local kms", KEK)),
 * nonce: 12 random bytes W              = HKDF-SHA-256(K, salt "", info "sealift/1 local kms wrap"), 32 bytes */
#ifndef LOCAL_H
#define LOCAL_H

#include "kms.h"

enum sealift_status local_open(const struct world *world, const char *home, struct kms **ret_kms,
                               struct sealift_error *err);

/* The same with a key file at any path, which is made when it is not there: a break-glass key, to be kept where it is
 * not used. Its place has the key's identifier. */
enum sealift_status local_open_file(const struct world *world, const char *path, struct kms **ret_kms,
                                    struct sealift_error *err);

/* The identifier of the home's key, if it has one that can be read; else the place stays without. */
void local_name_place(const struct world *world, const char *home, struct kms_hint *place);

/* Where its key file is. The caller frees it. */
enum sealift_status local_key_path(const char *home, char **ret_path, struct sealift_error *err);

#endif
