/* A KEK through a KMIP server's Encrypt and back: one call each. kms.md, section 2.5. */
#ifndef KMIP_WRAP_H
#define KMIP_WRAP_H

#include "kmip_key.h"
#include "kmip_sealed.h"

/* One Encrypt in that mode. *ret_try_another (never NULL) is set by a failure that another mode may cure: the server
 * has no such mode, tells nothing by its reason, or leaves out of its answer what decrypting needs (an IV of its own
 * making, the tag). CORRUPT: an IV or a ciphertext of a length that none has. Whether the blob opens is for the caller
 * to show. `ret_server` (may be NULL): who made it. */
enum sealift_status kmip_wrap(const struct kmip_key *key, const struct kmip_mode *mode, const struct secret *kek,
                              struct kmip_sealed *ret_sealed, const char **ret_server, bool *ret_try_another,
                              struct sealift_error *err);

/* What a server said to a Decrypt. */
enum kmip_verdict {
    KMIP_SILENT,  /* none answered, or with what makes no sense: another key is of no help */
    KMIP_REFUSED, /* it answered with a refusal: another key may do */
    KMIP_OPENED,  /* it opened; whether a KEK came out is another question */
};

/* One Decrypt, with the tag where it was recorded; a version without a field for it is raised for the call, unless it
 * is pinned. KEY when it does not open, or not to KEY_SIZE bytes: what padding has to do with it is not told apart.
 * *ret_verdict (never NULL) is filled in either way. */
enum sealift_status kmip_decrypt(const struct kmip_key *key, const struct kmip_sealed *sealed, struct secret **ret_kek,
                                 enum kmip_verdict *ret_verdict, struct sealift_error *err);

#endif
