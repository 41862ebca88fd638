/* A request in XML, sent as sealift would send it: its fields are taken out of the XML and handed to sealift's own
 * writers. */
#ifndef KMIP_XML_REQUEST_H
#define KMIP_XML_REQUEST_H

#include "buf.h"
#include "xml_reader.h"

enum kmip_xml_verdict {
    KMIP_XML_SENT,
    KMIP_XML_OTHER_OPERATION, /* one that sealift does not use */
    KMIP_XML_STREAMED,        /* in several calls: Init Indicator, Final Indicator, Correlation Value */
    KMIP_XML_OTHER_FORM,      /* with something in it that sealift never sends; `why` names it */
    KMIP_XML_VERDICTS,
};

/* Appends the message to *out when the verdict is SENT. CORRUPT: the XML makes no sense. */
enum sealift_status kmip_xml_request_write(const struct xml_element *message, struct buf *out,
                                           enum kmip_xml_verdict *ret_verdict, char why[64], struct sealift_error *err);

#endif
