/* Writing JSON is commas and escapes; yajl's generator would add unchecked allocations to them, and lets invalid UTF-8
 * pass. */
#include "error.h"
#include "json.h"
#include "text.h"
#include "utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The largest integer up to which a double, and so every JSON parser, is exact. */
#define LARGEST_EXACT ((int64_t)1 << 53)

struct open_container {
    bool is_object;
    bool has_items;
};

struct json_writer {
    struct buf text;
    bool failed; /* what is put after a failure is passed over */
    struct sealift_error error;
    struct open_container open[JSON_MAX_DEPTH];
    size_t depth;
};

enum sealift_status
json_writer_new(struct json_writer **ret_writer, struct sealift_error *err)
{
    struct json_writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL)
        return error_no_memory(err);
    writer->text.wipe = true; /* a login request holds a secret */
    *ret_writer = writer;
    return SEALIFT_OK;
}

void
json_writer_free(struct json_writer **writer)
{
    if (*writer != NULL)
        buf_done(&(*writer)->text);
    free(*writer);
    *writer = NULL;
}

static void
append(struct json_writer *writer, const char *text, size_t len)
{
    writer->failed = writer->failed || buf_append(&writer->text, text, len, &writer->error) != SEALIFT_OK;
}

static void
append_text(struct json_writer *writer, const char *text)
{
    append(writer, text, strlen(text));
}

/* RFC 8259, section 7: quotation marks, backslashes and control characters are escaped, nothing else. */
static void
append_escaped(struct json_writer *writer, char c)
{
    char escape[8];

    if (c == '"' || c == '\\')
        snprintf(escape, sizeof(escape), "\\%c", c);
    else
        snprintf(escape, sizeof(escape), "\\u%04x", (unsigned char)c);
    append_text(writer, escape);
}

static size_t
plain_span(const char *text)
{
    size_t len = 0;

    while ((unsigned char)text[len] >= 0x20 && text[len] != '"' && text[len] != '\\')
        len++;
    return len;
}

static void
append_quoted(struct json_writer *writer, const char *text)
{
    if (!writer->failed && !utf8_is_valid(bytes_of_text(text)))
        writer->failed = error_set(&writer->error, SEALIFT_INVALID,
                                   "text that is not valid UTF-8 cannot be written as JSON") != SEALIFT_OK;
    append_text(writer, "\"");
    for (;;) {
        size_t plain = plain_span(text);

        append(writer, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        append_escaped(writer, *text++);
    }
    append_text(writer, "\"");
}

/* What stands before a value: the comma and the key, as its place demands. */
static void
begin_value(struct json_writer *writer, const char *key)
{
    struct open_container *parent = writer->depth > 0 ? &writer->open[writer->depth - 1] : NULL;

    assert((key != NULL) == (parent != NULL && parent->is_object));
    assert(parent != NULL || writer->text.len == 0 || writer->failed);
    if (parent == NULL)
        return;
    if (parent->has_items)
        append_text(writer, ",");
    parent->has_items = true;
    if (key != NULL) {
        append_quoted(writer, key);
        append_text(writer, ":");
    }
}

static void
open_container(struct json_writer *writer, const char *key, bool is_object)
{
    assert(writer->depth < JSON_MAX_DEPTH); /* else json_parse() would refuse what we write */
    begin_value(writer, key);
    append_text(writer, is_object ? "{" : "[");
    writer->open[writer->depth++] = (struct open_container){.is_object = is_object};
}

static void
close_container(struct json_writer *writer, bool is_object)
{
    assert(writer->depth > 0 && writer->open[writer->depth - 1].is_object == is_object);
    writer->depth--;
    append_text(writer, is_object ? "}" : "]");
}

void
json_open_object(struct json_writer *writer, const char *key)
{
    open_container(writer, key, true);
}

void
json_close_object(struct json_writer *writer)
{
    close_container(writer, true);
}

void
json_open_array(struct json_writer *writer, const char *key)
{
    open_container(writer, key, false);
}

void
json_close_array(struct json_writer *writer)
{
    close_container(writer, false);
}

void
json_put_string(struct json_writer *writer, const char *key, const char *text)
{
    begin_value(writer, key);
    append_quoted(writer, text);
}

void
json_put_text(struct json_writer *writer, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        json_put_string(writer, key, text);
    else
        json_put_null(writer, key);
}

void
json_put_integer(struct json_writer *writer, const char *key, int64_t value)
{
    bool is_exact = value >= -LARGEST_EXACT && value <= LARGEST_EXACT;
    char digits[32];

    begin_value(writer, key);
    snprintf(digits, sizeof(digits), is_exact ? "%" PRId64 : "\"%" PRId64 "\"", value);
    append_text(writer, digits);
}

void
json_put_bool(struct json_writer *writer, const char *key, bool value)
{
    begin_value(writer, key);
    append_text(writer, value ? "true" : "false");
}

void
json_put_null(struct json_writer *writer, const char *key)
{
    begin_value(writer, key);
    append_text(writer, "null");
}

static void
put_items(struct json_writer *writer, const struct json *container)
{
    for (size_t i = 0; i < json_count(container); i++)
        json_put_copy(writer, json_key_at(container, i), json_at(container, i));
}

void
json_put_copy(struct json_writer *writer, const char *key, const struct json *value)
{
    switch (json_type(value)) {
    case JSON_NULL:
        json_put_null(writer, key);
        break;
    case JSON_BOOL:
        json_put_bool(writer, key, json_bool(value, false));
        break;
    case JSON_INTEGER:
        json_put_integer(writer, key, json_integer(value, 0));
        break;
    case JSON_REAL:
        writer->failed =
            error_set(&writer->error, SEALIFT_INVALID, "a number with a fraction cannot be copied") != SEALIFT_OK;
        break;
    case JSON_STRING:
        json_put_string(writer, key, json_string(value));
        break;
    case JSON_ARRAY:
        json_open_array(writer, key);
        put_items(writer, value);
        json_close_array(writer);
        break;
    case JSON_OBJECT:
        json_open_object(writer, key);
        put_items(writer, value);
        json_close_object(writer);
        break;
    }
}

void
json_put_hex(struct json_writer *writer, const char *key, struct bytes data)
{
    begin_value(writer, key);
    append_text(writer, "\"");
    writer->failed = writer->failed || buf_reserve(&writer->text, 2 * data.len + 1, &writer->error) != SEALIFT_OK;
    if (!writer->failed) {
        hex_encode(data, (char *)writer->text.data + writer->text.len);
        writer->text.len += 2 * data.len;
    }
    append_text(writer, "\"");
}

void
json_put_base64(struct json_writer *writer, const char *key, struct bytes data)
{
    begin_value(writer, key);
    append_text(writer, "\"");
    writer->failed = writer->failed || base64_encode(data, &writer->text, &writer->error) != SEALIFT_OK;
    append_text(writer, "\"");
}

enum sealift_status
json_writer_finish(struct json_writer *writer, struct buf *out, struct sealift_error *err)
{
    assert(writer->depth == 0 && (writer->text.len > 0 || writer->failed));
    if (writer->failed) {
        *err = writer->error;
        return err->status;
    }
    return buf_append_bytes(out, buf_bytes(&writer->text), err);
}
