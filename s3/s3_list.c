#include "s3_list.h"

#include "error.h"
#include "scoped.h"
#include "url.h"
#include "xml.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NAME "the store's listing"

/* --- The query --- */

static enum sealift_status
add_parameter(struct buf *out, const char *name, const char *value, struct sealift_error *err)
{
    if (value == NULL || value[0] == '\0')
        return SEALIFT_OK;
    TRY(buf_printf(out, "&%s=", err, name));
    return url_encode(bytes_of_text(value), false, out, err);
}

enum sealift_status
s3_list_query(const char *prefix, const char *after, const char *token, struct buf *out, struct sealift_error *err)
{
    /* Keys may hold bytes that XML cannot: encoding-type=url has them percent-encoded. */
    TRY(buf_append_text(out, "list-type=2&encoding-type=url", err));
    TRY(add_parameter(out, "continuation-token", token, err));
    TRY(add_parameter(out, "prefix", prefix, err));
    return add_parameter(out, "start-after", token == NULL ? after : NULL, err);
}

/* --- The answer --- */

void
s3_list_page_done(struct s3_list_page *page)
{
    buf_done(&page->token);
}

static int
hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decoding in place, where '+' is a space as in a web form: so Amazon encodes, and others after it. */
static bool
decode_key(struct buf *key)
{
    size_t out = 0;

    for (size_t i = 0; i < key->len; i++) {
        uint8_t c = key->data[i];

        if (c == '%') {
            int high = i + 2 < key->len ? hex_digit(key->data[i + 1]) : -1;
            int low = i + 2 < key->len ? hex_digit(key->data[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = (uint8_t)(high << 4 | low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        key->data[out++] = c;
    }
    key->len = out;
    return true;
}

static bool
parse_size(const char *text, uint64_t *ret_size)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *ret_size = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0;
}

static enum sealift_status
parse_object(const struct xml_node *contents, bool encoded, s3_each *each, void *context, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf key = {0}, size = {0}, modified = {0};
    const char *size_text, *modified_text;
    struct s3_object object;

    if (!xml_child_text(contents, "Key", &key) || (encoded && !decode_key(&key)) || key.len == 0 ||
        memchr(key.data, '\0', key.len) != NULL)
        return error_set(err, SEALIFT_CORRUPT, NAME " has an entry without a key that can be read");
    TRY(buf_text(&key, &object.key, err));
    xml_child_text(contents, "Size", &size);
    TRY(buf_text(&size, &size_text, err));
    if (!parse_size(size_text, &object.size))
        return error_set(err, SEALIFT_CORRUPT, NAME " has no size for %s", object.key);
    xml_child_text(contents, "LastModified", &modified);
    TRY(buf_text(&modified, &modified_text, err));
    if (!time_parse(modified_text, &object.modified_ns))
        return error_set(err, SEALIFT_CORRUPT, NAME " has no time for %s", object.key);
    return each(context, &object, err);
}

static bool
child_is(const struct xml_node *node, const char *name, const char *expected)
{
    SCOPED(buf_done) struct buf text = {.max = 4096};

    return xml_child_text(node, name, &text) && bytes_equal(buf_bytes(&text), bytes_of_text(expected));
}

enum sealift_status
s3_list_parse(struct bytes body, s3_each *each, void *context, struct s3_list_page *ret_page, struct sealift_error *err)
{
    SCOPED(xml_free) struct xml *xml = NULL;
    SCOPED(s3_list_page_done) struct s3_list_page page = {0};
    const struct xml_node *root;
    bool encoded;

    TRY(xml_parse(body, NAME, &xml, err));
    root = xml_root(xml);
    if (!xml_is(root, "ListBucketResult"))
        return error_set(err, SEALIFT_CORRUPT, NAME " is some other document: is this an S3 endpoint?");
    encoded = child_is(root, "EncodingType", "url");
    for (const struct xml_node *contents = xml_child(root, "Contents"); contents != NULL;
         contents = xml_next(contents, "Contents"))
        TRY(parse_object(contents, encoded, each, context, err));
    page.truncated = child_is(root, "IsTruncated", "true");
    if (page.truncated && (!xml_child_text(root, "NextContinuationToken", &page.token) || page.token.len == 0))
        return error_set(err, SEALIFT_CORRUPT, NAME " goes on, but does not say where");
    *ret_page = page;
    page = (struct s3_list_page){0};
    return SEALIFT_OK;
}
