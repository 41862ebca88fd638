#include "kmip_xml.h"

#include "error.h"
#include "scoped.h"

const char *
kmip_xml_attribute_name(const struct xml_element *parent)
{
    const struct xml_element *name = xml_reader_child(parent, "AttributeName");

    return name != NULL ? xml_reader_attribute(name, "value") : NULL;
}

/* --- Writing --- */

static enum sealift_status
put_text(struct ttlv_writer *writer, struct kmip_value *value, struct sealift_error *err)
{
    const char *text;

    TRY(buf_text(&value->bytes, &text, err));
    ttlv_put_text(writer, value->tag, text);
    return SEALIFT_OK;
}

static enum sealift_status
put(struct ttlv_writer *writer, struct kmip_value *value, struct sealift_error *err)
{
    switch (value->type) {
    case TTLV_STRUCTURE:
        break;
    case TTLV_INTEGER:
        ttlv_put_integer(writer, value->tag, (int32_t)value->number);
        break;
    case TTLV_LONG_INTEGER:
        ttlv_put_long_integer(writer, value->tag, value->number);
        break;
    case TTLV_BIG_INTEGER:
        ttlv_put_big_integer(writer, value->tag, buf_bytes(&value->bytes));
        break;
    case TTLV_ENUMERATION:
        ttlv_put_enumeration(writer, value->tag, (uint32_t)value->number);
        break;
    case TTLV_BOOLEAN:
        ttlv_put_boolean(writer, value->tag, value->number != 0);
        break;
    case TTLV_TEXT_STRING:
        return put_text(writer, value, err);
    case TTLV_BYTE_STRING:
        ttlv_put_bytes(writer, value->tag, buf_bytes(&value->bytes));
        break;
    case TTLV_DATE_TIME:
        ttlv_put_date_time(writer, value->tag, value->number);
        break;
    case TTLV_INTERVAL:
        ttlv_put_interval(writer, value->tag, (uint32_t)value->number);
        break;
    case TTLV_DATE_TIME_EXTENDED:
        ttlv_put_date_time_extended(writer, value->tag, value->number);
        break;
    }
    return SEALIFT_OK;
}

static enum sealift_status
write_element(const struct xml_element *element, const char *attribute, struct ttlv_writer *writer,
              struct sealift_error *err)
{
    SCOPED(kmip_value_done) struct kmip_value value = {0};

    TRY(kmip_value_of(element, attribute, &value, err));
    if (value.type != TTLV_STRUCTURE)
        return put(writer, &value, err);
    ttlv_begin(writer, value.tag);
    for (const struct xml_element *child = element->children; child != NULL; child = child->next)
        TRY(write_element(child, kmip_xml_attribute_name(element), writer, err));
    ttlv_end(writer);
    return SEALIFT_OK;
}

enum sealift_status
kmip_xml_write(const struct xml_element *element, struct ttlv_writer *writer, struct sealift_error *err)
{
    return write_element(element, NULL, writer, err);
}

/* --- Comparing --- */

static int64_t
number_of(const struct ttlv_item *item)
{
    switch (item->type) {
    case TTLV_INTEGER:
        return ttlv_integer(item);
    case TTLV_LONG_INTEGER:
        return ttlv_long_integer(item);
    case TTLV_ENUMERATION:
        return ttlv_enumeration(item);
    case TTLV_BOOLEAN:
        return ttlv_boolean(item);
    case TTLV_INTERVAL:
        return ttlv_interval(item);
    case TTLV_DATE_TIME:
    case TTLV_DATE_TIME_EXTENDED:
        return ttlv_date_time(item);
    default:
        return 0;
    }
}

/* The item's number has as many bytes as it needs to be a multiple of 8: the sign repeated, then ours. */
static bool
is_extended(struct bytes number, struct bytes extended)
{
    uint8_t sign = number.len > 0 && number.data[0] >= 0x80 ? 0xff : 0;
    struct bytes front;

    if (extended.len < number.len || extended.len - number.len > 8 || extended.len % 8 != 0 ||
        !bytes_cut(&extended, extended.len - number.len, &front))
        return false;
    for (size_t i = 0; i < front.len; i++)
        if (front.data[i] != sign)
            return false;
    return bytes_equal(number, extended);
}

static bool
is_same(const struct kmip_value *value, const struct ttlv_item *item)
{
    if (item->tag != value->tag || item->type != value->type)
        return false;
    switch (value->type) {
    case TTLV_STRUCTURE:
        return true;
    case TTLV_TEXT_STRING:
    case TTLV_BYTE_STRING:
        return bytes_equal(buf_bytes(&value->bytes), item->value);
    case TTLV_BIG_INTEGER:
        return is_extended(buf_bytes(&value->bytes), item->value);
    default:
        return number_of(item) == value->number;
    }
}

static enum sealift_status
compare_element(const struct xml_element *element, const char *attribute, const struct ttlv_item *item,
                struct sealift_error *err)
{
    SCOPED(kmip_value_done) struct kmip_value value = {0};
    struct bytes rest = item->value;
    struct ttlv_item inner;

    TRY(kmip_value_of(element, attribute, &value, err));
    if (!is_same(&value, item))
        return error_set(err, SEALIFT_CORRUPT, "line %u: %s: the item differs", element->line, element->name);
    if (value.type != TTLV_STRUCTURE)
        return SEALIFT_OK;
    for (const struct xml_element *child = element->children; child != NULL; child = child->next) {
        if (!ttlv_next(&rest, &inner))
            return error_set(err, SEALIFT_CORRUPT, "line %u: %s: there is no such item", child->line, child->name);
        TRY(compare_element(child, kmip_xml_attribute_name(element), &inner, err));
    }
    if (rest.len > 0)
        return error_set(err, SEALIFT_CORRUPT, "line %u: %s: there are more items", element->line, element->name);
    return SEALIFT_OK;
}

enum sealift_status
kmip_xml_compare(const struct xml_element *element, const struct ttlv_item *item, struct sealift_error *err)
{
    return compare_element(element, NULL, item, err);
}
