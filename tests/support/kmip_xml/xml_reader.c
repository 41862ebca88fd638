#include "xml_reader.h"

#include "error.h"
#include "scoped.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 64

struct reader {
    const char *at, *end;
    unsigned line;
    unsigned depth;
    struct sealift_error *err;
};

static enum sealift_status
refuse(const struct reader *reader, const char *why)
{
    return error_set(reader->err, SEALIFT_CORRUPT, "line %u: %s", reader->line, why);
}

static bool
sees(const struct reader *reader, const char *text)
{
    size_t len = strlen(text);

    return (size_t)(reader->end - reader->at) >= len && memcmp(reader->at, text, len) == 0;
}

static void
skip(struct reader *reader, size_t count)
{
    for (; count > 0 && reader->at < reader->end; count--, reader->at++)
        reader->line += *reader->at == '\n';
}

static void
skip_white(struct reader *reader)
{
    while (reader->at < reader->end && isspace((unsigned char)*reader->at))
        skip(reader, 1);
}

static enum sealift_status
skip_past(struct reader *reader, const char *mark)
{
    while (reader->at < reader->end && !sees(reader, mark))
        skip(reader, 1);
    if (reader->at == reader->end)
        return refuse(reader, "the file ends too early");
    skip(reader, strlen(mark));
    return SEALIFT_OK;
}

/* Up to the next tag. */
static enum sealift_status
skip_to_tag(struct reader *reader)
{
    while (reader->at < reader->end) {
        if (sees(reader, "<!--"))
            TRY(skip_past(reader, "-->"));
        else if (sees(reader, "<![CDATA["))
            TRY(skip_past(reader, "]]>"));
        else if (sees(reader, "<?") || sees(reader, "<!"))
            TRY(skip_past(reader, ">"));
        else if (*reader->at == '<')
            return SEALIFT_OK;
        else
            skip(reader, 1);
    }
    return SEALIFT_OK;
}

static bool
is_name_character(char c)
{
    return isalnum((unsigned char)c) || strchr("_-.:", c) != NULL || (c & 0x80) != 0;
}

/* Without the namespace's prefix. */
static enum sealift_status
read_name(struct reader *reader, char **ret_name)
{
    const char *begin = reader->at;

    while (reader->at < reader->end && *reader->at != '\0' && is_name_character(*reader->at)) {
        if (*reader->at == ':')
            begin = reader->at + 1;
        skip(reader, 1);
    }
    if (reader->at == begin)
        return refuse(reader, "a name is missing");
    *ret_name = strndup(begin, (size_t)(reader->at - begin));
    return *ret_name != NULL ? SEALIFT_OK : error_no_memory(reader->err);
}

static enum sealift_status
append_character(struct reader *reader, struct buf *out, unsigned long code)
{
    char utf8[4] = {(char)code};
    size_t len = 1;

    if (code == 0 || code > 0x10ffff)
        return refuse(reader, "a reference to no character");
    if (code >= 0x80) {
        len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        for (size_t i = len - 1; i > 0; i--, code >>= 6)
            utf8[i] = (char)(0x80 | (code & 0x3f));
        utf8[0] = (char)((0xf0 << (4 - len) & 0xff) | code);
    }
    return buf_append(out, utf8, len, reader->err);
}

static enum sealift_status
read_reference(struct reader *reader, struct buf *out)
{
    static const struct {
        const char *text;
        char character;
    } entities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};

    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        if (sees(reader, entities[i].text)) {
            skip(reader, strlen(entities[i].text));
            return buf_append(out, &entities[i].character, 1, reader->err);
        }
    }
    if (sees(reader, "&#")) {
        bool is_hex = sees(reader, "&#x");
        char *end;
        unsigned long code = strtoul(reader->at + (is_hex ? 3 : 2), &end, is_hex ? 16 : 10);

        if (end < reader->end && *end == ';') {
            skip(reader, (size_t)(end + 1 - reader->at));
            return append_character(reader, out, code);
        }
    }
    return refuse(reader, "an entity that is not known");
}

static enum sealift_status
read_value(struct reader *reader, char **ret_value)
{
    SCOPED(buf_done) struct buf value = {0};
    char quote = reader->at < reader->end ? *reader->at : '\0';

    if (quote != '"' && quote != '\'')
        return refuse(reader, "an attribute's value is not in quotes");
    skip(reader, 1);
    while (reader->at < reader->end && *reader->at != quote) {
        if (*reader->at == '&') {
            TRY(read_reference(reader, &value));
        } else {
            TRY(buf_append(&value, reader->at, 1, reader->err));
            skip(reader, 1);
        }
    }
    if (reader->at == reader->end)
        return refuse(reader, "the file ends within a value");
    skip(reader, 1);
    return buf_steal_text(&value, ret_value, reader->err);
}

/* *ret_is_empty: it ends with its own tag. */
static enum sealift_status
read_attributes(struct reader *reader, struct xml_element *element, bool *ret_is_empty)
{
    for (;;) {
        size_t i = element->attribute_count;

        skip_white(reader);
        *ret_is_empty = sees(reader, "/>");
        if (*ret_is_empty || sees(reader, ">")) {
            skip(reader, *ret_is_empty ? 2 : 1);
            return SEALIFT_OK;
        }
        if (i == XML_READER_ATTRIBUTES)
            return refuse(reader, "an element has too many attributes");
        TRY(read_name(reader, &element->attributes[i].name));
        element->attribute_count++;
        skip_white(reader);
        if (!sees(reader, "="))
            return refuse(reader, "an attribute has no value");
        skip(reader, 1);
        skip_white(reader);
        TRY(read_value(reader, &element->attributes[i].value));
    }
}

static enum sealift_status read_element(struct reader *reader, struct xml_element **ret_element);

static enum sealift_status
read_end_tag(struct reader *reader, const struct xml_element *element)
{
    SCOPED(free_done) char *name = NULL;

    skip(reader, 2);
    TRY(read_name(reader, &name));
    skip_white(reader);
    if (strcmp(name, element->name) != 0 || !sees(reader, ">"))
        return refuse(reader, "an end tag that fits no element");
    skip(reader, 1);
    return SEALIFT_OK;
}

static enum sealift_status
read_children(struct reader *reader, struct xml_element *element)
{
    struct xml_element **last = &element->children;

    for (;;) {
        TRY(skip_to_tag(reader));
        if (sees(reader, "</"))
            return read_end_tag(reader, element);
        if (reader->at == reader->end)
            return refuse(reader, "the file ends within an element");
        TRY(read_element(reader, last));
        last = &(*last)->next;
    }
}

/* What has been read when something is wrong hangs in the tree already, and is freed with it. */
static enum sealift_status
read_element(struct reader *reader, struct xml_element **ret_element)
{
    struct xml_element *element = calloc(1, sizeof(*element));
    bool is_empty;

    if (element == NULL)
        return error_no_memory(reader->err);
    *ret_element = element;
    element->line = reader->line;
    if (reader->depth == MAX_DEPTH)
        return refuse(reader, "elements are nested too deeply");
    skip(reader, 1);
    TRY(read_name(reader, &element->name));
    TRY(read_attributes(reader, element, &is_empty));
    if (is_empty)
        return SEALIFT_OK;
    reader->depth++;
    TRY(read_children(reader, element));
    reader->depth--;
    return SEALIFT_OK;
}

enum sealift_status
xml_reader_parse(struct bytes text, struct xml_element **ret_root, struct sealift_error *err)
{
    SCOPED(xml_reader_free) struct xml_element *root = NULL;
    struct reader reader = {(const char *)text.data, (const char *)text.data + text.len, 1, 0, err};

    TRY(skip_to_tag(&reader));
    if (reader.at == reader.end)
        return refuse(&reader, "there is no element");
    TRY(read_element(&reader, &root));
    TRY(skip_to_tag(&reader));
    if (reader.at != reader.end)
        return refuse(&reader, "there is an element behind the root");
    *ret_root = TAKE(root);
    return SEALIFT_OK;
}

void
xml_reader_free(struct xml_element **root)
{
    struct xml_element *next;

    for (struct xml_element *element = *root; element != NULL; element = next) {
        next = element->next;
        xml_reader_free(&element->children);
        for (size_t i = 0; i < element->attribute_count; i++) {
            free(element->attributes[i].name);
            free(element->attributes[i].value);
        }
        free(element->name);
        free(element);
    }
    *root = NULL;
}

const char *
xml_reader_attribute(const struct xml_element *element, const char *name)
{
    for (size_t i = 0; i < element->attribute_count; i++)
        if (strcmp(element->attributes[i].name, name) == 0)
            return element->attributes[i].value;
    return NULL;
}

const struct xml_element *
xml_reader_child(const struct xml_element *element, const char *name)
{
    for (const struct xml_element *child = element->children; child != NULL; child = child->next)
        if (strcmp(child->name, name) == 0)
            return child;
    return NULL;
}

size_t
xml_reader_count(const struct xml_element *element)
{
    size_t count = 0;

    for (const struct xml_element *child = element->children; child != NULL; child = child->next)
        count++;
    return count;
}
