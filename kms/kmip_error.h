/* What an answer of a KMIP server means for the administrator, and the way out. kms.md, section 2.7. */
#ifndef KMIP_ERROR_H
#define KMIP_ERROR_H

#include "kmip_message.h"
#include "kmip_name.h"

struct kmip_place {
    const char *server; /* "HOST:PORT" */
    const char *uid;    /* NULL or empty: the call is about no key */
};

/* For an answer that is no success: returns the status that fits and fills in `err`: "KMIP HOST:PORT: decrypt with key
 * UID: ...; the answer was: ...". A failed Decrypt says the same for padding and integrity, whatever the server tells
 * apart. */
enum sealift_status kmip_error(enum kmip_operation operation, const struct kmip_place *place,
                               const struct kmip_answer *answer, struct sealift_error *err);

/* This server cannot do it now, another one or a later try may: Internal Server Error, a server's limit. */
bool kmip_error_is_passing(const struct kmip_answer *answer);

/* The server refuses the mode or its parameters: another mode may do. */
bool kmip_error_is_about_mode(const struct kmip_answer *answer);

#endif
