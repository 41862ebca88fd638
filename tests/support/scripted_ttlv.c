#include "scripted_ttlv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER    ((size_t)8)
#define STRUCTURE 0x01
#define DEEPEST   16

static uint32_t
read_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void
write_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static size_t
padded(size_t len)
{
    return (len + 7) / 8 * 8;
}

void
scripted_ttlv_done(struct scripted_ttlv *ttlv)
{
    free(ttlv->data);
    *ttlv = (struct scripted_ttlv){0};
}

void
scripted_ttlv_raw(struct scripted_ttlv *ttlv, const void *data, size_t len)
{
    if (ttlv->len + len > ttlv->capacity) {
        ttlv->capacity = 2 * (ttlv->len + len) + 256;
        ttlv->data = realloc(ttlv->data, ttlv->capacity);
        if (ttlv->data == NULL)
            abort();
    }
    if (len > 0)
        memcpy(ttlv->data + ttlv->len, data, len);
    ttlv->len += len;
}

static void
put_header(struct scripted_ttlv *ttlv, uint32_t tag, uint8_t type, size_t len)
{
    uint8_t header[HEADER];

    write_u32(header, tag << 8 | type);
    write_u32(header + 4, (uint32_t)len);
    scripted_ttlv_raw(ttlv, header, sizeof(header));
}

size_t
scripted_ttlv_begin(struct scripted_ttlv *ttlv, uint32_t tag)
{
    size_t began = ttlv->len;

    put_header(ttlv, tag, STRUCTURE, 0);
    return began;
}

void
scripted_ttlv_end(struct scripted_ttlv *ttlv, size_t began)
{
    write_u32(ttlv->data + began + 4, (uint32_t)(ttlv->len - began - HEADER));
}

static bool
is_number(uint8_t type)
{
    return type == 0x02 || type == 0x03 || type == 0x05 || type == 0x06 || type == 0x09 || type == 0x0a || type == 0x0b;
}

/* 0: of any length. */
static size_t
length_of_type(uint8_t type)
{
    if (!is_number(type))
        return 0;
    return type == 0x02 || type == 0x05 || type == 0x0a ? 4 : 8;
}

void
scripted_ttlv_string(struct scripted_ttlv *ttlv, uint32_t tag, uint8_t type, const void *data, size_t len)
{
    static const uint8_t zeros[8];

    put_header(ttlv, tag, type, len);
    scripted_ttlv_raw(ttlv, data, len);
    scripted_ttlv_raw(ttlv, zeros, padded(len) - len);
}

void
scripted_ttlv_number(struct scripted_ttlv *ttlv, uint32_t tag, uint8_t type, int64_t value)
{
    size_t len = length_of_type(type);
    uint8_t bytes[8];

    write_u32(bytes, (uint32_t)((uint64_t)value >> 32));
    write_u32(bytes + 4, (uint32_t)value);
    scripted_ttlv_string(ttlv, tag, type, bytes + 8 - len, len);
}

void
scripted_ttlv_text(struct scripted_ttlv *ttlv, uint32_t tag, const char *text)
{
    scripted_ttlv_string(ttlv, tag, 0x07, text, strlen(text));
}

bool
scripted_ttlv_next(const uint8_t **at, const uint8_t *end, struct scripted_item *ret_item)
{
    if (*at >= end)
        return false;
    ret_item->at = *at;
    ret_item->tag = read_u32(*at) >> 8;
    ret_item->type = (*at)[3];
    ret_item->len = read_u32(*at + 4);
    ret_item->value = *at + HEADER;
    ret_item->whole = HEADER + padded(ret_item->len);
    *at += ret_item->whole;
    return true;
}

static const char *check_items(const uint8_t *at, const uint8_t *end, int depth);

static const char *
check_value(const struct scripted_item *item, int depth)
{
    if (item->type == STRUCTURE)
        return item->len % 8 != 0 ? "a structure whose length is no multiple of 8"
                                  : check_items(item->value, item->value + item->len, depth + 1);
    if (is_number(item->type) && item->len != length_of_type(item->type))
        return "a number of another length than its type has";
    if (item->type == 0x04 && (item->len == 0 || item->len % 8 != 0))
        return "a big integer whose length is no multiple of 8";
    if (item->type == 0x06 && scripted_ttlv_value(item) != 0 && scripted_ttlv_value(item) != 1)
        return "a boolean that is neither 0 nor 1";
    for (size_t i = item->len; i < padded(item->len); i++)
        if (item->value[i] != 0)
            return "padding that is not zero";
    return NULL;
}

static const char *
check_items(const uint8_t *at, const uint8_t *end, int depth)
{
    if (depth > DEEPEST)
        return "too deep";
    while (at < end) {
        struct scripted_item item;
        const char *wrong;

        if ((size_t)(end - at) < HEADER || (size_t)(end - at) - HEADER < read_u32(at + 4) ||
            (size_t)(end - at) - HEADER < padded(read_u32(at + 4)))
            return "an item that is longer than what holds it";
        scripted_ttlv_next(&at, end, &item);
        wrong = check_value(&item, depth);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

const char *
scripted_ttlv_check(const uint8_t *data, size_t len)
{
    if (len < HEADER || len - HEADER != padded(read_u32(data + 4)))
        return "not one whole item";
    return check_items(data, data + len, 0);
}

int64_t
scripted_ttlv_value(const struct scripted_item *item)
{
    if (item->len == 4)
        return item->type == 0x02 ? (int32_t)read_u32(item->value) : (int64_t)read_u32(item->value);
    return (int64_t)((uint64_t)read_u32(item->value) << 32 | read_u32(item->value + 4));
}

/* Goes on counting at *count; where it reaches `number`, *ret_at. */
static void
number_items(const uint8_t *at, const uint8_t *end, size_t number, size_t *count, const uint8_t **ret_at)
{
    struct scripted_item item;

    while (scripted_ttlv_next(&at, end, &item)) {
        if ((*count)++ == number)
            *ret_at = item.at;
        if (item.type == STRUCTURE)
            number_items(item.value, item.value + item.len, number, count, ret_at);
    }
}

size_t
scripted_ttlv_count(const uint8_t *data, size_t len)
{
    const uint8_t *at = NULL;
    size_t count = 0;

    number_items(data, data + len, SIZE_MAX, &count, &at);
    return count;
}

size_t
scripted_ttlv_offset(const uint8_t *data, size_t len, size_t number)
{
    const uint8_t *at = NULL;
    size_t count = 0;

    number_items(data, data + len, number, &count, &at);
    if (at == NULL)
        abort();
    return (size_t)(at - data);
}

void
scripted_complain(char *complaint, const char *format, ...)
{
    va_list args;

    if (complaint[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(complaint, SCRIPTED_COMPLAINT_SIZE, format, args);
    va_end(args);
}

struct scripted_cursor
scripted_cursor_of(const struct scripted_item *structure, char *complaint)
{
    return (struct scripted_cursor){structure->value, structure->value + structure->len, structure->tag, complaint};
}

bool
scripted_cursor_may(struct scripted_cursor *cursor, uint32_t tag, uint8_t type, struct scripted_item *ret_item)
{
    const uint8_t *at = cursor->at;
    struct scripted_item item;

    if (cursor->complaint[0] != '\0' || !scripted_ttlv_next(&at, cursor->end, &item) || item.tag != tag)
        return false;
    if (item.type != type) {
        scripted_complain(cursor->complaint, "%06x in %06x has type %02x", tag, cursor->inside, item.type);
        return false;
    }
    cursor->at = at;
    *ret_item = item;
    return true;
}

bool
scripted_cursor_must(struct scripted_cursor *cursor, uint32_t tag, uint8_t type, struct scripted_item *ret_item)
{
    if (scripted_cursor_may(cursor, tag, type, ret_item))
        return true;
    scripted_complain(cursor->complaint, "%06x is missing in %06x, or not in its place", tag, cursor->inside);
    return false;
}

bool
scripted_cursor_ends(struct scripted_cursor *cursor)
{
    const uint8_t *at = cursor->at;
    struct scripted_item item;

    if (scripted_ttlv_next(&at, cursor->end, &item))
        scripted_complain(cursor->complaint, "%06x in %06x is not in its place, or does not belong there", item.tag,
                          cursor->inside);
    return cursor->complaint[0] == '\0';
}
