/* Discover Versions (KMIP 1.2, section 4.26; 2.1, section 6.1.16). */
#ifndef KMIP_DISCOVER_H
#define KMIP_DISCOVER_H

#include "kmip_message.h"

/* The payload: those versions in that order; count 0 asks for all that the server has. */
void kmip_discover_write(struct ttlv_writer *writer, const enum kmip_version *versions, size_t count);

/* The one of `versions` (in the order of our liking) that the server names; UNKNOWN when it names none of them. */
enum sealift_status kmip_discover_read(const struct kmip_answer *answer, const enum kmip_version *versions,
                                       size_t count, enum kmip_version *ret_version, struct sealift_error *err);

#endif
