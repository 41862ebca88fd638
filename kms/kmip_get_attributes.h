/* Get Attributes (KMIP 1.2, section 4.12; 2.1, section 6.1.20), as far as it tells whether a key will do. Versions 1.x
 * name attributes in words and answer with name and value; 2.x name them by tag and answer with items of that tag. */
#ifndef KMIP_GET_ATTRIBUTES_H
#define KMIP_GET_ATTRIBUTES_H

#include "kmip_message.h"

struct kmip_attributes {
    /* Zero: the server did not say, which is no error (KMIP 1.2, section 4.12). */
    uint32_t object_type;
    uint32_t algorithm;
    int32_t length; /* bits */
    int32_t usage_mask;
    uint32_t state;
    bool has_usage_mask;                               /* a mask may be zero */
    int64_t process_start, protect_stop, deactivation; /* seconds since 1970; 0: none */
};

void kmip_get_attributes_write(struct ttlv_writer *writer, enum kmip_version version, const char *uid);
/* The same for chosen ones, by tag; those of `struct kmip_attributes` have a name in 1.x. Count 0 asks for all. */
void kmip_get_attributes_write_some(struct ttlv_writer *writer, enum kmip_version version, const char *uid,
                                    const uint32_t *tags, size_t count);

/* An attribute may have several values, of which the first (index 0) counts. CORRUPT: one twice, or of another type. */
enum sealift_status kmip_get_attributes_read(const struct kmip_answer *answer, struct kmip_attributes *ret_attributes,
                                             struct sealift_error *err);

#endif
