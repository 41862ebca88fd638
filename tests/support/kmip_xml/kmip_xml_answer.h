/* An answer as sealift's readers see it, held against the XML that it was made from. */
#ifndef KMIP_XML_ANSWER_H
#define KMIP_XML_ANSWER_H

#include "kmip_message.h"
#include "xml_reader.h"

/* Reads what stands in answer->bytes, and its payload where sealift has a reader for it: each value must be the XML's.
 * CORRUPT says the line of what differs. What sealift refuses by its contract (several batch items, a success in a
 * version of 3 or more) must be refused. */
enum sealift_status kmip_xml_answer_check(const struct xml_element *message, struct kmip_answer *answer,
                                          struct sealift_error *err);

#endif
