/* Agreeing on a version of KMIP with a server. kms.md, section 2.6. */
#ifndef KMIP_NEGOTIATE_H
#define KMIP_NEGOTIATE_H

#include "kmip_server.h"

/* Asks with Discover Versions which of ours the server has, and takes the one that we like best. A server that refuses
 * the version of that very question is asked in another one; one without Discover Versions is tried with a Query in
 * each. INVALID: none is common; the message has what the server speaks and what sealift speaks. Others as of the
 * exchange, or as kmip_error() explains a refusal. */
enum sealift_status kmip_negotiate(struct kmip_server *server, enum kmip_version *ret_version,
                                   struct sealift_error *err);

/* Whether the server takes this version, shown by a Query, which changes nothing and may itself be refused. INVALID,
 * naming the pin, when it does not. */
enum sealift_status kmip_negotiate_pin(struct kmip_server *server, enum kmip_version pin, struct sealift_error *err);

/* The INVALID for an answer that refuses the pinned version. */
enum sealift_status kmip_negotiate_refused_pin(const struct kmip_server *server, enum kmip_version pin,
                                               const struct kmip_answer *answer, struct sealift_error *err);

/* The answer may be about the version, or about the message: its reason is one that servers give for both. */
bool kmip_negotiate_is_in_doubt(const struct kmip_answer *answer);

#endif
