/* How a KMIP server is asked to encrypt a KEK, and finding out what it can. kms.md, section 2.5. */
#ifndef KMIP_MODE_H
#define KMIP_MODE_H

#include "kms_config.h"

#define KMIP_MODE_COUNT 4

/* In the order of our liking: AES-GCM with an IV of the server's, with one of ours; AES-CBC with PKCS5, the same two.
 */
extern const struct kmip_mode kmip_modes[KMIP_MODE_COUNT];

bool kmip_mode_is_known(const struct kmip_mode *mode);
const char *kmip_mode_name(const struct kmip_mode *mode); /* "AES-GCM", "AES-CBC"; "" for an unknown one */

#endif
