/* KMIP in XML turned into TTLV by sealift's writer, and held against TTLV as sealift's reader sees it. */
#ifndef KMIP_XML_H
#define KMIP_XML_H

#include "kmip_value.h"

/* The element and all that is in it. */
enum sealift_status kmip_xml_write(const struct xml_element *element, struct ttlv_writer *writer,
                                   struct sealift_error *err);

/* CORRUPT: the item, or one in it, is not what the XML says; with the line of the first that differs. */
enum sealift_status kmip_xml_compare(const struct xml_element *element, const struct ttlv_item *item,
                                     struct sealift_error *err);

/* The Attribute Name beside an Attribute Value, among the children of `parent`; else NULL. */
const char *kmip_xml_attribute_name(const struct xml_element *parent);

#endif
