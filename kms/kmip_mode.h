/* How a KMIP server is asked to encrypt a KEK. kms.md, section 2.5. */
#ifndef KMIP_MODE_H
#define KMIP_MODE_H

#include "kms_config.h"

#define KMIP_MODE_COUNT 4

/* In the order of our liking: AES-GCM with an IV of the server's, with one of ours (a server in FIPS mode may refuse
 * that); AES-CBC with PKCS5, the same two. Nothing else is tried: ECB shows what is equal, CTR lets anybody flip bits
 * at will, and key wrapping is what few servers have. */
extern const struct kmip_mode kmip_modes[KMIP_MODE_COUNT];

bool kmip_mode_is_known(const struct kmip_mode *mode);
bool kmip_mode_equal(const struct kmip_mode *a, const struct kmip_mode *b);

const char *kmip_cipher_name(enum kmip_cipher cipher);     /* "AES-GCM", "AES-CBC"; "" for an unknown one */
const char *kmip_mode_name(const struct kmip_mode *mode);  /* its cipher's */
const char *kmip_mode_words(const struct kmip_mode *mode); /* "AES-GCM with an IV of ours" */

#endif
