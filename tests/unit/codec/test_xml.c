#include "xml.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct sealift_error err;

static struct xml *
parse(const char *text)
{
    struct xml *xml = NULL;

    cr_assert_eq(xml_parse(bytes_of_text(text), "test", &xml, &err), SEALIFT_OK, "%s: %s", text, err.message);
    return xml;
}

static void
assert_refused(struct bytes text, const char *because)
{
    struct xml *xml = NULL;

    cr_assert_eq(xml_parse(text, "test", &xml, &err), SEALIFT_CORRUPT);
    cr_assert_null(xml);
    cr_assert_not_null(strstr(err.message, because), "%s", err.message);
    cr_assert_eq(strncmp(err.message, "test: ", 6), 0, "%s", err.message);
}

static void
assert_child_text(const struct xml_node *node, const char *name, const char *expected)
{
    SCOPED(buf_done) struct buf text = {0};

    cr_assert(xml_child_text(node, name, &text), "%s", name);
    cr_assert(bytes_equal(buf_bytes(&text), bytes_of_text(expected)), "%.*s", (int)text.len, (char *)text.data);
}

Test(xml, walks_children_by_local_name)
{
    SCOPED(xml_free)
    struct xml *xml = parse("<?xml version='1.0'?><List xmlns='http://one/' xmlns:n='http://two/'>"
                            "<Item><Key>a</Key></Item> text <Other/><n:Item><Key>b</Key></n:Item></List>");
    const struct xml_node *item = xml_child(xml_root(xml), "Item");

    cr_assert(xml_is(xml_root(xml), "List"));
    assert_child_text(item, "Key", "a");
    item = xml_next(item, "Item");
    assert_child_text(item, "Key", "b");
    cr_assert_null(xml_next(item, "Item"));
}

Test(xml, lets_paths_be_chained_over_what_is_not_there)
{
    SCOPED(xml_free) struct xml *xml = parse("<a/>");
    SCOPED(buf_done) struct buf text = {0};

    cr_assert_null(xml_child(xml_child(xml_root(xml), "b"), "c"));
    cr_assert_null(xml_next(NULL, "b"));
    cr_assert_not(xml_is(NULL, "a"));
    cr_assert_not(xml_child_text(NULL, "b", &text));
}

Test(xml, joins_text_references_and_cdata)
{
    SCOPED(xml_free)
    struct xml *xml = parse("<a><t>x &amp; &lt;&gt;&quot;&apos; &#xe9;<!-- no --><![CDATA[<raw>]]></t><e/></a>");

    assert_child_text(xml_root(xml), "t", "x & <>\"' \xc3\xa9<raw>");
    assert_child_text(xml_root(xml), "e", "");
}

Test(xml, keeps_text_below_the_ceiling_of_the_buffer)
{
    SCOPED(xml_free) struct xml *xml = parse("<a><t>0123456789</t></a>");
    SCOPED(buf_done) struct buf text = {.max = 9};

    cr_assert_not(xml_child_text(xml_root(xml), "t", &text));
}

Test(xml, refuses_what_is_not_well_formed)
{
    assert_refused(bytes_of_text("<a><b></a>"), "not well-formed XML (line 1)");
    assert_refused(bytes_of_text("<a>\n<b>"), "not well-formed XML (line 2)");
    assert_refused(bytes_of_text("no XML"), "not well-formed");
    assert_refused(bytes_of_text("<a>&unknown;</a>"), "not well-formed");
    assert_refused(bytes_of_text("<a>\x01</a>"), "not well-formed");
    assert_refused(bytes_of_text("<a>\xff</a>"), "not well-formed");
    assert_refused(bytes_of_text("<a/><b/>"), "not well-formed");
    assert_refused((struct bytes){0}, "XML of 0 bytes");
}

Test(xml, refuses_a_document_type_before_it_looks_at_entities)
{
    assert_refused(bytes_of_text("<!DOCTYPE a><a/>"), "document type");
    assert_refused(bytes_of_text("<!DOCTYPE a [<!ENTITY x 'xx'><!ENTITY y '&x;&x;&x;'>]><a>&y;</a>"), "document type");
    assert_refused(bytes_of_text("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"), "document type");
    assert_refused(bytes_of_text("<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'> %p;]><a/>"), "document type");
}

static struct xml *
parse_nested(size_t depth)
{
    SCOPED(buf_done) struct buf text = {0};
    struct xml *xml = NULL;

    for (size_t i = 0; i < depth; i++)
        cr_assert_eq(buf_append_text(&text, "<a>", &err), SEALIFT_OK);
    for (size_t i = 0; i < depth; i++)
        cr_assert_eq(buf_append_text(&text, "</a>", &err), SEALIFT_OK);
    if (xml_parse(buf_bytes(&text), "test", &xml, &err) != SEALIFT_OK)
        return NULL;
    return xml;
}

Test(xml, bounds_the_depth)
{
    SCOPED(xml_free) struct xml *xml = parse_nested(XML_MAX_DEPTH);

    cr_assert_not_null(xml);
    cr_assert_null(parse_nested(XML_MAX_DEPTH + 1));
    cr_assert_not_null(strstr(err.message, "nested too deeply"));
}

Test(xml, bounds_the_size)
{
    size_t len = XML_MAX_BYTES + 1;
    SCOPED(free_done) uint8_t *text = calloc(1, len);

    cr_assert_not_null(text);
    memset(text, ' ', len);
    assert_refused((struct bytes){text, len}, "bytes");
}
