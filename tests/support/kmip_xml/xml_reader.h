/* XML as transcripts of KMIP have it: elements and their attributes, read into a tree. Text between the elements,
 * comments, declarations and CDATA are passed over; the five entities and character references are understood.
 *
 * src/codec/xml.h reads what sealift needs, which is texts and no attributes. */
#ifndef XML_READER_H
#define XML_READER_H

#include "buf.h"

#define XML_READER_ATTRIBUTES 8

struct xml_element {
    char *name;
    size_t attribute_count;
    struct {
        char *name;
        char *value;
    } attributes[XML_READER_ATTRIBUTES];
    struct xml_element *children; /* the first */
    struct xml_element *next;     /* the next sibling */
    unsigned line;                /* where it begins */
};

/* CORRUPT says in which line. */
enum sealift_status xml_reader_parse(struct bytes text, struct xml_element **ret_root, struct sealift_error *err);
void xml_reader_free(struct xml_element **root);

/* NULL: it has none of that name. */
const char *xml_reader_attribute(const struct xml_element *element, const char *name);
const struct xml_element *xml_reader_child(const struct xml_element *element, const char *name);
size_t xml_reader_count(const struct xml_element *element); /* of its children */

#endif
