/* The value of an element of KMIP in XML (KMIP Profiles 2.1, section 5.4; 1.4, section 5.4): its type, and what it
 * says.
 *
 * A value that begins with '$' stands for something that differs from run to run. "$NOW", "$NOW-3600" are times; others
 * get a made-up value of their type, the same wherever the name stands. */
#ifndef KMIP_VALUE_H
#define KMIP_VALUE_H

#include "ttlv.h"
#include "xml_reader.h"

#define KMIP_VALUE_NOW INT64_C(1700000000) /* the time that "$NOW" stands for */

struct kmip_value {
    uint32_t tag;
    enum ttlv_type type;
    int64_t number;   /* of all types that are numbers, a Boolean (0, 1) and times among them */
    struct buf bytes; /* of texts, byte strings and big integers */
};

void kmip_value_done(struct kmip_value *value);

/* Of a structure only tag and type. `attribute` is the Attribute Name that stands beside an Attribute Value, else NULL:
 * it says what its enumeration or mask is. CORRUPT says the line and what is not understood. */
enum sealift_status kmip_value_of(const struct xml_element *element, const char *attribute,
                                  struct kmip_value *ret_value, struct sealift_error *err);

#endif
