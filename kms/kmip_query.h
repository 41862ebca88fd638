/* Query (KMIP 1.2, section 4.25; 2.1, section 6.1.40): which operations a server offers to us, and what it calls
 * itself. */
#ifndef KMIP_QUERY_H
#define KMIP_QUERY_H

#include "kmip_message.h"

struct kmip_abilities {
    bool are_listed; /* false: it names no operation at all, which says nothing about ours */
    bool get_attributes, encrypt, decrypt;
    char vendor[128]; /* Vendor Identification; empty: it tells none */
};

void kmip_query_write(struct ttlv_writer *writer);
/* The same for chosen functions (enum kmip_query_function and others). */
void kmip_query_write_functions(struct ttlv_writer *writer, const uint32_t *functions, size_t count);
enum sealift_status kmip_query_read(const struct kmip_answer *answer, struct kmip_abilities *ret_abilities,
                                    struct sealift_error *err);

#endif
