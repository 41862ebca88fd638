#include "ttlv.h"

#include "error.h"
#include "scoped.h"
#include "utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static uint32_t
big_endian_32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t
big_endian_64(const uint8_t *at)
{
    return (uint64_t)big_endian_32(at) << 32 | big_endian_32(at + 4);
}

uint64_t
ttlv_length_of(const uint8_t header[TTLV_HEADER_SIZE])
{
    return TTLV_HEADER_SIZE + (((uint64_t)big_endian_32(header + 4) + 7) & ~UINT64_C(7));
}

uint32_t
ttlv_tag_of(const uint8_t header[TTLV_HEADER_SIZE])
{
    return big_endian_32(header) >> 8;
}

uint8_t
ttlv_type_of(const uint8_t header[TTLV_HEADER_SIZE])
{
    return header[3];
}

bool
ttlv_next(struct bytes *rest, struct ttlv_item *ret_item)
{
    uint64_t whole;
    struct bytes item;

    if (rest->len < TTLV_HEADER_SIZE)
        return false;
    whole = ttlv_length_of(rest->data);
    if (whole > rest->len || !bytes_cut(rest, (size_t)whole, &item))
        return false;
    *ret_item = (struct ttlv_item){
        .tag = ttlv_tag_of(item.data),
        .type = ttlv_type_of(item.data),
        .value = {item.data + TTLV_HEADER_SIZE, big_endian_32(item.data + 4)},
    };
    return true;
}

/* --- Checking a message --- */

struct check {
    struct bytes message;
    struct sealift_error *err;
};

static const char *
type_name(uint8_t type)
{
    static const char *const names[] = {
        [TTLV_STRUCTURE] = "Structure",
        [TTLV_INTEGER] = "Integer",
        [TTLV_LONG_INTEGER] = "Long Integer",
        [TTLV_BIG_INTEGER] = "Big Integer",
        [TTLV_ENUMERATION] = "Enumeration",
        [TTLV_BOOLEAN] = "Boolean",
        [TTLV_TEXT_STRING] = "Text String",
        [TTLV_BYTE_STRING] = "Byte String",
        [TTLV_DATE_TIME] = "Date-Time",
        [TTLV_INTERVAL] = "Interval",
        [TTLV_DATE_TIME_EXTENDED] = "Date-Time Extended",
    };

    return type < sizeof(names) / sizeof(names[0]) && names[type] != NULL ? names[type] : "unknown type";
}

static enum sealift_status
refuse(const struct check *check, const uint8_t *at, const char *why)
{
    return error_set(check->err, SEALIFT_CORRUPT, "not well-formed TTLV at byte %zu of %zu: %s",
                     (size_t)(at - check->message.data), check->message.len, why);
}

static bool
has_length_of_its_type(const struct ttlv_item *item)
{
    switch (item->type) {
    case TTLV_INTEGER:
    case TTLV_ENUMERATION:
    case TTLV_INTERVAL:
        return item->value.len == 4;
    case TTLV_LONG_INTEGER:
    case TTLV_BOOLEAN:
    case TTLV_DATE_TIME:
    case TTLV_DATE_TIME_EXTENDED:
        return item->value.len == 8;
    case TTLV_STRUCTURE:
    case TTLV_BIG_INTEGER:
        return item->value.len % 8 == 0;
    default:
        return true;
    }
}

/* What a text holds is not looked at: no decision hangs on one, and a message in Latin-1 is better than none. */
static enum sealift_status
check_item(const struct check *check, const struct ttlv_item *item, const uint8_t *at)
{
    const uint8_t *padding = item->value.data + item->value.len;
    size_t padded = (item->value.len + 7) & ~(size_t)7;

    if (!has_length_of_its_type(item))
        return error_set(
            check->err, SEALIFT_CORRUPT,
            "not well-formed TTLV at byte %zu of %zu: tag %06" PRIx32 ": the type %s cannot have %zu bytes",
            (size_t)(at - check->message.data), check->message.len, item->tag, type_name(item->type), item->value.len);
    for (size_t i = 0; i < padded - item->value.len; i++)
        if (padding[i] != 0)
            return refuse(check, padding + i, "the padding is not zero");
    if (item->type == TTLV_BOOLEAN && big_endian_64(item->value.data) > 1)
        return refuse(check, item->value.data, "a Boolean that is neither true nor false");
    return SEALIFT_OK;
}

static enum sealift_status
check_items(const struct check *check, struct bytes items, unsigned depth)
{
    while (items.len > 0) {
        const uint8_t *at = items.data;
        struct ttlv_item item;

        if (items.len < TTLV_HEADER_SIZE)
            return refuse(check, at, "an item is cut off in its header");
        if (!ttlv_next(&items, &item))
            return refuse(check, at, "an item is longer than what holds it");
        TRY(check_item(check, &item, at));
        if (item.type != TTLV_STRUCTURE)
            continue;
        if (depth >= TTLV_MAX_DEPTH)
            return refuse(check, at, "structures are nested too deeply");
        TRY(check_items(check, item.value, depth + 1));
    }
    return SEALIFT_OK;
}

enum sealift_status
ttlv_parse(struct bytes message, struct ttlv_item *ret_item, struct sealift_error *err)
{
    const struct check check = {message, err};
    struct bytes rest = message;
    struct ttlv_item item;

    if (message.len < TTLV_HEADER_SIZE)
        return error_set(err, SEALIFT_CORRUPT, "no TTLV: %zu bytes, and an item's header alone has %d", message.len,
                         TTLV_HEADER_SIZE);
    if (!ttlv_next(&rest, &item))
        return error_set(err, SEALIFT_CORRUPT,
                         "not well-formed TTLV: it says that it has %" PRIu64 " bytes, and %zu "
                         "are there",
                         ttlv_length_of(message.data), message.len);
    if (rest.len > 0)
        return refuse(&check, rest.data, "there are bytes behind its end");
    TRY(check_items(&check, message, 0));
    *ret_item = item;
    return SEALIFT_OK;
}

/* --- Finding --- */

enum sealift_status
ttlv_find(const struct ttlv_item *structure, uint32_t tag, enum ttlv_type type, struct ttlv_item *ret_item,
          struct sealift_error *err)
{
    struct ttlv_item found = {0}, item;
    struct bytes rest = structure->value;

    assert(structure->tag == 0 || structure->type == TTLV_STRUCTURE);
    while (ttlv_next(&rest, &item)) {
        if (item.tag != tag)
            continue;
        if (item.type != type)
            return error_set(err, SEALIFT_CORRUPT, "tag %06" PRIx32 " is of type %s, and KMIP has %s there", tag,
                             type_name(item.type), type_name((uint8_t)type));
        if (found.tag != 0)
            return error_set(err, SEALIFT_CORRUPT, "tag %06" PRIx32 " is there twice in %06" PRIx32, tag,
                             structure->tag);
        found = item;
    }
    *ret_item = found;
    return SEALIFT_OK;
}

enum sealift_status
ttlv_need(const struct ttlv_item *structure, uint32_t tag, enum ttlv_type type, struct ttlv_item *ret_item,
          struct sealift_error *err)
{
    struct ttlv_item item;

    TRY(ttlv_find(structure, tag, type, &item, err));
    if (item.tag == 0)
        return error_set(err, SEALIFT_CORRUPT, "tag %06" PRIx32 " is missing in %06" PRIx32, tag, structure->tag);
    *ret_item = item;
    return SEALIFT_OK;
}

/* --- What an item holds --- */

int32_t
ttlv_integer(const struct ttlv_item *item)
{
    assert(item->type == TTLV_INTEGER);
    return (int32_t)big_endian_32(item->value.data);
}

int64_t
ttlv_long_integer(const struct ttlv_item *item)
{
    assert(item->type == TTLV_LONG_INTEGER);
    return (int64_t)big_endian_64(item->value.data);
}

uint32_t
ttlv_enumeration(const struct ttlv_item *item)
{
    assert(item->type == TTLV_ENUMERATION);
    return big_endian_32(item->value.data);
}

bool
ttlv_boolean(const struct ttlv_item *item)
{
    assert(item->type == TTLV_BOOLEAN);
    return big_endian_64(item->value.data) != 0;
}

int64_t
ttlv_date_time(const struct ttlv_item *item)
{
    assert(item->type == TTLV_DATE_TIME || item->type == TTLV_DATE_TIME_EXTENDED);
    return (int64_t)big_endian_64(item->value.data);
}

uint32_t
ttlv_interval(const struct ttlv_item *item)
{
    assert(item->type == TTLV_INTERVAL);
    return big_endian_32(item->value.data);
}

void
ttlv_text(const struct ttlv_item *item, char *out, size_t size)
{
    struct bytes rest = item->value, character;
    size_t at = 0;

    assert(item->type == TTLV_TEXT_STRING && size > 0);
    while (rest.len > 0 && rest.data[0] != '\0') {
        size_t len = utf8_char_len(rest);

        if (at + (len > 0 ? len : 1) >= size)
            break;
        bytes_cut(&rest, len > 0 ? len : 1, &character);
        if (len > 0)
            memcpy(out + at, character.data, len);
        else
            out[at] = '?';
        at += character.len;
    }
    out[at] = '\0';
}
