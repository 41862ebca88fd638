#include "kmip_value.h"

#include "error.h"
#include "kmip_names.h"
#include "scoped.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void
kmip_value_done(struct kmip_value *value)
{
    buf_done(&value->bytes);
}

static enum sealift_status
refuse(const struct xml_element *element, const char *why, const char *what, struct sealift_error *err)
{
    return error_set(err, SEALIFT_CORRUPT, "line %u: %s: %s: \"%s\"", element->line, element->name, why, what);
}

/* --- Tag and type --- */

/* <TTLV tag="0x420028" .../> is how an item without a name is written. */
static enum sealift_status
find_tag(const struct xml_element *element, uint32_t *ret_tag, struct sealift_error *err)
{
    const char *tag = xml_reader_attribute(element, "tag");

    if (strcmp(element->name, "TTLV") != 0) {
        if (!kmip_names_tag(element->name, ret_tag))
            return refuse(element, "there is no such tag", element->name, err);
        return SEALIFT_OK;
    }
    if (tag == NULL || strncmp(tag, "0x", 2) != 0)
        return refuse(element, "its tag is not in hexadecimal", tag != NULL ? tag : "", err);
    *ret_tag = (uint32_t)strtoul(tag + 2, NULL, 16) & 0xffffff;
    return SEALIFT_OK;
}

static enum sealift_status
find_type(const struct xml_element *element, enum ttlv_type *ret_type, struct sealift_error *err)
{
    const char *type = xml_reader_attribute(element, "type");
    uint32_t number = TTLV_STRUCTURE;

    if (type != NULL && !kmip_names_value("ItemType", type, &number))
        return refuse(element, "there is no such type", type, err);
    if (type == NULL && xml_reader_attribute(element, "value") != NULL)
        return refuse(element, "its value has no type", xml_reader_attribute(element, "value"), err);
    *ret_type = (enum ttlv_type)number;
    return SEALIFT_OK;
}

/* What names the values of this item; NULL: nothing. */
static const char *
set_of(const struct xml_element *element, const char *attribute)
{
    const char *name = xml_reader_attribute(element, "name"); /* of a TTLV element: a comment, but a helpful one */

    if (attribute != NULL && strcmp(element->name, "AttributeValue") == 0)
        return kmip_names_set_of(attribute);
    return kmip_names_set_of(strcmp(element->name, "TTLV") == 0 && name != NULL ? name : element->name);
}

/* --- Numbers --- */

/* "0x" and as many digits as the type has, or a decimal number, perhaps negative. */
static bool
read_number(const char *text, int64_t *ret_number)
{
    bool is_hex = strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0;
    char *end;

    if (!is_hex && !isdigit((unsigned char)text[0]) && !(text[0] == '-' && isdigit((unsigned char)text[1])))
        return false;
    errno = 0;
    *ret_number = is_hex ? (int64_t)strtoull(text + 2, &end, 16) : strtoll(text, &end, 10);
    return errno == 0 && *end == '\0' && end > text + 2 * is_hex;
}

/* A mask: names and numbers, between them spaces, or '|' as in JSON. */
static enum sealift_status
read_mask(const struct xml_element *element, const char *text, const char *set, int64_t *ret_number,
          struct sealift_error *err)
{
    SCOPED(free_done) char *copy = NULL;
    char *rest = NULL;

    TRY(text_copy(text, &copy, err));
    *ret_number = 0;
    for (char *word = strtok_r(copy, " |\t\n", &rest); word != NULL; word = strtok_r(NULL, " |\t\n", &rest)) {
        uint32_t bit = 0;
        int64_t number;

        if (read_number(word, &number))
            *ret_number |= number;
        else if (set != NULL && kmip_names_value(set, word, &bit))
            *ret_number |= bit;
        else
            return refuse(element, "no number and no name of its mask", word, err);
    }
    return SEALIFT_OK;
}

static enum sealift_status
read_enumeration(const struct xml_element *element, const char *text, const char *set, int64_t *ret_number,
                 struct sealift_error *err)
{
    uint32_t number = 0;

    if (read_number(text, ret_number))
        return SEALIFT_OK;
    if (set == NULL || !kmip_names_value(set, text, &number))
        return refuse(element, "no number and no name of its enumeration", text, err);
    *ret_number = number;
    return SEALIFT_OK;
}

static enum sealift_status
read_boolean(const struct xml_element *element, const char *text, int64_t *ret_number, struct sealift_error *err)
{
    bool is_true = strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0;

    if (!is_true && strcasecmp(text, "false") != 0 && strcmp(text, "0") != 0)
        return refuse(element, "neither true nor false", text, err);
    *ret_number = is_true;
    return SEALIFT_OK;
}

/* ISO 8601 with a zone, or without one, which is taken for UTC; *ret_microseconds is the fraction. */
static bool
read_iso_8601(const char *text, int64_t *ret_seconds, int64_t *ret_microseconds)
{
    struct tm tm = {0};
    const char *at = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    int hours, minutes;
    char sign;

    if (at == NULL)
        return false;
    *ret_seconds = timegm(&tm);
    *ret_microseconds = 0;
    if (*at == '.')
        for (int64_t unit = 100000; isdigit((unsigned char)*++at); unit /= 10)
            *ret_microseconds += (*at - '0') * unit;
    if (sscanf(at, "%c%2d:%2d", &sign, &hours, &minutes) == 3 && (sign == '+' || sign == '-')) {
        *ret_seconds += (sign == '+' ? -60 : 60) * (hours * 60 + minutes);
        return true;
    }
    return at[0] == '\0' || strcmp(at, "Z") == 0;
}

static enum sealift_status
read_time(const struct xml_element *element, const char *text, enum ttlv_type type, int64_t *ret_number,
          struct sealift_error *err)
{
    int64_t seconds, microseconds;

    if (read_iso_8601(text, &seconds, &microseconds))
        *ret_number = type == TTLV_DATE_TIME ? seconds : seconds * 1000000 + microseconds;
    else if (!read_number(text, ret_number))
        return refuse(element, "no time", text, err);
    return SEALIFT_OK;
}

/* --- Strings --- */

static enum sealift_status
read_hex(const struct xml_element *element, const char *text, struct buf *out, struct sealift_error *err)
{
    if (strncmp(text, "0x", 2) == 0)
        text += 2;
    if (strlen(text) % 2 != 0 || strspn(text, "0123456789abcdefABCDEF") != strlen(text))
        return refuse(element, "not in hexadecimal", text, err);
    for (; *text != '\0'; text += 2) {
        uint8_t byte = (uint8_t)strtoul((char[]){text[0], text[1], '\0'}, NULL, 16);

        TRY(buf_append(out, &byte, 1, err));
    }
    return SEALIFT_OK;
}

/* --- Placeholders --- */

static enum sealift_status
make_up(const char *text, struct kmip_value *value, struct sealift_error *err)
{
    bool is_now = strncmp(text, "$NOW", 4) == 0;
    int64_t offset = is_now ? strtoll(text + 4, NULL, 10) : 0;

    switch (value->type) {
    case TTLV_DATE_TIME:
        value->number = KMIP_VALUE_NOW + offset;
        return SEALIFT_OK;
    case TTLV_DATE_TIME_EXTENDED:
        value->number = (KMIP_VALUE_NOW + offset) * 1000000;
        return SEALIFT_OK;
    case TTLV_TEXT_STRING:
    case TTLV_BYTE_STRING:
    case TTLV_BIG_INTEGER:
        return buf_append_text(&value->bytes, text, err);
    default:
        value->number = 1;
        return SEALIFT_OK;
    }
}

static enum sealift_status
read_value(const struct xml_element *element, const char *text, const char *set, struct kmip_value *value,
           struct sealift_error *err)
{
    switch (value->type) {
    case TTLV_STRUCTURE:
        return SEALIFT_OK;
    case TTLV_INTEGER:
        TRY(read_mask(element, text, set, &value->number, err));
        value->number = (int32_t)value->number;
        return SEALIFT_OK;
    case TTLV_ENUMERATION:
        TRY(read_enumeration(element, text, set, &value->number, err));
        value->number = (uint32_t)value->number;
        return SEALIFT_OK;
    case TTLV_BOOLEAN:
        return read_boolean(element, text, &value->number, err);
    case TTLV_DATE_TIME:
    case TTLV_DATE_TIME_EXTENDED:
        return read_time(element, text, value->type, &value->number, err);
    case TTLV_LONG_INTEGER:
    case TTLV_INTERVAL:
        return read_number(text, &value->number) ? SEALIFT_OK : refuse(element, "no number", text, err);
    case TTLV_TEXT_STRING:
        return buf_append_text(&value->bytes, text, err);
    case TTLV_BYTE_STRING:
    case TTLV_BIG_INTEGER:
        return read_hex(element, text, &value->bytes, err);
    }
    return refuse(element, "its type is not known", text, err);
}

enum sealift_status
kmip_value_of(const struct xml_element *element, const char *attribute, struct kmip_value *ret_value,
              struct sealift_error *err)
{
    SCOPED(kmip_value_done) struct kmip_value value = {0};
    const char *text = xml_reader_attribute(element, "value");

    TRY(find_tag(element, &value.tag, err));
    TRY(find_type(element, &value.type, err));
    if (text == NULL && value.type != TTLV_STRUCTURE)
        return refuse(element, "it has no value", "", err);
    if (text != NULL && text[0] == '$')
        TRY(make_up(text, &value, err));
    else
        TRY(read_value(element, text, set_of(element, attribute), &value, err));
    *ret_value = value;
    value.bytes = (struct buf){0};
    return SEALIFT_OK;
}
