#include "xml.h"

#include "error.h"
#include "scoped.h"
#include "wiping_heap.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct xml {
    xmlDoc *doc;
};

static pthread_once_t libxml_once = PTHREAD_ONCE_INIT;

/* A token service answers in XML: whatever libxml2 frees is wiped. */
static void
start_libxml(void)
{
    xmlMemSetup(wiping_heap_free, wiping_heap_malloc, wiping_heap_realloc, wiping_heap_strdup);
    xmlInitParser();
}

/* Why the parser was stopped by one of our own callbacks. */
struct refusal {
    const char *reason; /* NULL: none */
};

static void
refuse(xmlParserCtxt *parser, const char *reason)
{
    ((struct refusal *)parser->_private)->reason = reason;
    xmlStopParser(parser);
}

/* In place of libxml2's own handler, so that nothing of a document type, entities least of all, is ever looked at. */
static void
refuse_doctype(void *context, const xmlChar *name, const xmlChar *external_id, const xmlChar *system_id)
{
    (void)name, (void)external_id, (void)system_id;
    refuse(context, "it has a document type");
}

static void
start_element(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int namespace_count,
              const xmlChar **namespaces, int attribute_count, int defaulted_count, const xmlChar **attributes)
{
    xmlParserCtxt *parser = context;

    if (parser->nodeNr >= XML_MAX_DEPTH)
        refuse(parser, "its elements are nested too deeply");
    else
        xmlSAX2StartElementNs(context, name, prefix, uri, namespace_count, namespaces, attribute_count, defaulted_count,
                              attributes);
}

static void
parser_done(xmlParserCtxt **parser)
{
    if (*parser == NULL)
        return;
    xmlFreeDoc((*parser)->myDoc);
    xmlFreeParserCtxt(*parser);
}

static enum sealift_status
report_malformed(xmlParserCtxt *parser, const struct refusal *refusal, const char *name, struct sealift_error *err)
{
    const xmlError *last = xmlCtxtGetLastError(parser);

    if (refusal->reason != NULL)
        return error_set(err, SEALIFT_CORRUPT, "%s: refused as XML: %s", name, refusal->reason);
    if (last != NULL && last->code == XML_ERR_NO_MEMORY)
        return error_no_memory(err);
    return error_set(err, SEALIFT_CORRUPT, "%s: not well-formed XML (line %d)", name, last != NULL ? last->line : 0);
}

enum sealift_status
xml_parse(struct bytes text, const char *name, struct xml **ret_xml, struct sealift_error *err)
{
    const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
    SCOPED(parser_done) xmlParserCtxt *parser = NULL;
    SCOPED(free_done) struct xml *xml = NULL;
    struct refusal refusal = {0};

    if (text.len == 0 || text.len > XML_MAX_BYTES)
        return error_set(err, SEALIFT_CORRUPT, "%s: XML of %zu bytes, where 1 to %zu are allowed", name, text.len,
                         XML_MAX_BYTES);
    pthread_once(&libxml_once, start_libxml);
    xml = calloc(1, sizeof(*xml));
    parser = xmlNewParserCtxt();
    if (xml == NULL || parser == NULL)
        return error_no_memory(err);
    parser->_private = &refusal;
    parser->sax->internalSubset = refuse_doctype;
    parser->sax->startElementNs = start_element;
    parser->myDoc = xmlCtxtReadMemory(parser, (const char *)text.data, (int)text.len, NULL, NULL, options);
    if (parser->myDoc == NULL || refusal.reason != NULL)
        return report_malformed(parser, &refusal, name, err);
    xml->doc = TAKE(parser->myDoc);
    *ret_xml = TAKE(xml);
    return SEALIFT_OK;
}

void
xml_free(struct xml **xml)
{
    if (*xml != NULL)
        xmlFreeDoc((*xml)->doc);
    free(*xml);
    *xml = NULL;
}

/* `struct xml_node` is libxml2's node under a name that keeps its header out of ours. */
static const xmlNode *
as_libxml(const struct xml_node *node)
{
    return (const xmlNode *)node;
}

static const struct xml_node *
first_element(const xmlNode *node, const char *name)
{
    for (; node != NULL; node = node->next)
        if (xml_is((const struct xml_node *)node, name))
            return (const struct xml_node *)node;
    return NULL;
}

const struct xml_node *
xml_root(const struct xml *xml)
{
    return (const struct xml_node *)xmlDocGetRootElement(xml->doc);
}

bool
xml_is(const struct xml_node *node, const char *name)
{
    const xmlNode *element = as_libxml(node);

    return element != NULL && element->type == XML_ELEMENT_NODE && strcmp((const char *)element->name, name) == 0;
}

const struct xml_node *
xml_child(const struct xml_node *node, const char *name)
{
    return node != NULL ? first_element(as_libxml(node)->children, name) : NULL;
}

const struct xml_node *
xml_next(const struct xml_node *node, const char *name)
{
    return node != NULL ? first_element(as_libxml(node)->next, name) : NULL;
}

bool
xml_child_text(const struct xml_node *node, const char *name, struct buf *out)
{
    const struct xml_node *child = xml_child(node, name);
    struct sealift_error unused;

    if (child == NULL)
        return false;
    for (const xmlNode *part = as_libxml(child)->children; part != NULL; part = part->next)
        if (part->type == XML_TEXT_NODE && buf_append_text(out, (const char *)part->content, &unused) != SEALIFT_OK)
            return false;
    return true;
}
