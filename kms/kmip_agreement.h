/* Asking a KMIP server in the version that it and we agreed on, which is agreed on where that is still to be done. */
#ifndef KMIP_AGREEMENT_H
#define KMIP_AGREEMENT_H

#include "kmip_server.h"

/* In the version that is agreed on, agreeing first where there is none, and once more where the server refuses it. OK
 * for any answer. INVALID: no version is common, or it refuses the pinned one. */
enum sealift_status kmip_agreement_ask(struct kmip_server *server, const struct kmip_call *call,
                                       struct kmip_reply *ret_reply, struct sealift_error *err);

/* Connects anew, and agrees anew on a version: for `kms check`. Under a pin it is asked whether it takes that one. */
enum sealift_status kmip_agreement_greet(struct kmip_server *server, struct sealift_error *err);

#endif
