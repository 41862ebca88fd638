/* XML through libxml2: the one door. No network, no DTD, no entities beyond the five, bounded depth and size;
 * read-only. */
#ifndef XML_H
#define XML_H

#include "buf.h"

#define XML_MAX_BYTES ((size_t)16 << 20)
#define XML_MAX_DEPTH 16

struct xml;      /* a document */
struct xml_node; /* an element of it */

/* Malformed text, or one with a document type, is CORRUPT. `name` says in messages whose text it is. */
enum sealift_status xml_parse(struct bytes text, const char *name, struct xml **ret_xml, struct sealift_error *err);
void xml_free(struct xml **xml);

const struct xml_node *xml_root(const struct xml *xml);
/* Local names; namespaces are ignored, since S3 servers disagree on theirs. */
bool xml_is(const struct xml_node *node, const char *name);
/* The first child element with that name, or NULL; `node` may be NULL. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
/* The next sibling element with that name, or NULL. */
const struct xml_node *xml_next(const struct xml_node *node, const char *name);
/* The text of the child with that name appended to *out; false when there is no such child. */
bool xml_child_text(const struct xml_node *node, const char *name, struct buf *out);

#endif
