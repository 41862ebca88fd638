/* A KEK through a KMIP server's Encrypt and back: one call each. kms.md, section 2.5. */
#ifndef KMIP_WRAP_H
#define KMIP_WRAP_H

#include "kmip_key.h"
#include "kmip_sealed.h"

/* One Encrypt in that mode. KEY with *ret_try_another (never NULL) set: the server has no such mode, or leaves out of
 * its answer what decrypting needs (an IV of its own making, the tag); another mode may do. CORRUPT: an IV or a
 * ciphertext of a length that no mode has. Whether the blob opens is for the caller to show. `ret_server` (may be
 * NULL): who made it. */
enum sealift_status kmip_wrap(const struct kmip_key *key, const struct kmip_mode *mode, const struct secret *kek,
                              struct kmip_sealed *ret_sealed, const char **ret_server, bool *ret_try_another,
                              struct sealift_error *err);

/* One Decrypt, exactly as it was recorded; what comes back may have any length. *ret_refused (never NULL): a server
 * answered, and with a refusal. */
enum sealift_status kmip_decrypt(const struct kmip_key *key, const struct kmip_sealed *sealed,
                                 struct secret **ret_plain, bool *ret_refused, struct sealift_error *err);

/* As it was recorded; where that fails under AES-GCM, with the tag in the other place: the key may have moved to
 * another vendor's server, or a version without a field for the tag been pinned. Such a version is raised for the call,
 * unless it is pinned. *ret_refused as above, also for what opens to something else than a KEK (KEY). */
enum sealift_status kmip_unwrap(const struct kmip_key *key, const struct kmip_sealed *sealed, struct secret **ret_kek,
                                bool *ret_refused, struct sealift_error *err);

#endif
