/* What OpenSSL has to say when a call of it fails. */
#ifndef OPENSSL_ERROR_H
#define OPENSSL_ERROR_H

#include "error.h"

/* Fills in `err` from OpenSSL's error queue, which is empty afterwards: NO_MEMORY, or else INTERNAL. `what` names the
 * act: "AES-256-GCM: cannot set the key". */
enum sealift_status openssl_error(struct sealift_error *err, const char *what);

#endif
