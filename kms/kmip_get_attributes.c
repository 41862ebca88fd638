#include "kmip_get_attributes.h"

#include "error.h"
#include "scoped.h"

#include <inttypes.h>
#include <string.h>

/* What tells whether a key will do; the name is that of 1.x. */
static const struct attribute {
    uint32_t tag;
    enum ttlv_type type;
    const char *name;
} attributes[] = {
    {KMIP_TAG_OBJECT_TYPE, TTLV_ENUMERATION, "Object Type"},
    {KMIP_TAG_CRYPTOGRAPHIC_ALGORITHM, TTLV_ENUMERATION, "Cryptographic Algorithm"},
    {KMIP_TAG_CRYPTOGRAPHIC_LENGTH, TTLV_INTEGER, "Cryptographic Length"},
    {KMIP_TAG_CRYPTOGRAPHIC_USAGE_MASK, TTLV_INTEGER, "Cryptographic Usage Mask"},
    {KMIP_TAG_STATE, TTLV_ENUMERATION, "State"},
    {KMIP_TAG_PROCESS_START_DATE, TTLV_DATE_TIME, "Process Start Date"},
    {KMIP_TAG_PROTECT_STOP_DATE, TTLV_DATE_TIME, "Protect Stop Date"},
    {KMIP_TAG_DEACTIVATION_DATE, TTLV_DATE_TIME, "Deactivation Date"},
};

#define ATTRIBUTE_COUNT (sizeof(attributes) / sizeof(attributes[0]))

/* --- Writing --- */

static void
put_name(struct ttlv_writer *writer, uint32_t tag)
{
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        if (attributes[i].tag == tag) {
            ttlv_put_text(writer, KMIP_TAG_ATTRIBUTE_NAME, attributes[i].name);
            return;
        }
    }
    if (writer->status == SEALIFT_OK)
        writer->status =
            error_set(&writer->error, SEALIFT_INTERNAL, "no name is known for the attribute %06" PRIx32, tag);
}

void
kmip_get_attributes_write_some(struct ttlv_writer *writer, enum kmip_version version, const char *uid,
                               const uint32_t *tags, size_t count)
{
    ttlv_put_text(writer, KMIP_TAG_UNIQUE_IDENTIFIER, uid);
    for (size_t i = 0; i < count; i++) {
        if (version < KMIP_2_0)
            put_name(writer, tags[i]);
        else
            ttlv_put_enumeration(writer, KMIP_TAG_ATTRIBUTE_REFERENCE, tags[i]);
    }
}

void
kmip_get_attributes_write(struct ttlv_writer *writer, enum kmip_version version, const char *uid)
{
    uint32_t tags[ATTRIBUTE_COUNT];

    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        tags[i] = attributes[i].tag;
    kmip_get_attributes_write_some(writer, version, uid, tags, ATTRIBUTE_COUNT);
}

/* --- Reading --- */

static void
store(uint32_t tag, const struct ttlv_item *value, struct kmip_attributes *out)
{
    switch (tag) {
    case KMIP_TAG_OBJECT_TYPE:
        out->object_type = ttlv_enumeration(value);
        break;
    case KMIP_TAG_CRYPTOGRAPHIC_ALGORITHM:
        out->algorithm = ttlv_enumeration(value);
        break;
    case KMIP_TAG_CRYPTOGRAPHIC_LENGTH:
        out->length = ttlv_integer(value);
        break;
    case KMIP_TAG_CRYPTOGRAPHIC_USAGE_MASK:
        out->usage_mask = ttlv_integer(value);
        out->has_usage_mask = true;
        break;
    case KMIP_TAG_STATE:
        out->state = ttlv_enumeration(value);
        break;
    case KMIP_TAG_PROCESS_START_DATE:
        out->process_start = ttlv_date_time(value);
        break;
    case KMIP_TAG_PROTECT_STOP_DATE:
        out->protect_stop = ttlv_date_time(value);
        break;
    default:
        out->deactivation = ttlv_date_time(value);
        break;
    }
}

/* Of 2.x: one structure, in it an item with the attribute's tag. */
static enum sealift_status
read_by_tag(const struct ttlv_item *payload, struct kmip_attributes *out, struct sealift_error *err)
{
    struct ttlv_item all, value;

    TRY(ttlv_find(payload, KMIP_TAG_ATTRIBUTES, TTLV_STRUCTURE, &all, err));
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        TRY(ttlv_find(&all, attributes[i].tag, attributes[i].type, &value, err));
        if (value.tag != 0)
            store(attributes[i].tag, &value, out);
    }
    return SEALIFT_OK;
}

/* Which of ours a structure of 1.x holds; ATTRIBUTE_COUNT: another one, or not the first of its name. */
static enum sealift_status
which(const struct ttlv_item *attribute, size_t *ret_which, struct sealift_error *err)
{
    struct ttlv_item name, index;
    size_t i = 0;

    TRY(ttlv_need(attribute, KMIP_TAG_ATTRIBUTE_NAME, TTLV_TEXT_STRING, &name, err));
    TRY(ttlv_find(attribute, KMIP_TAG_ATTRIBUTE_INDEX, TTLV_INTEGER, &index, err));
    while (i < ATTRIBUTE_COUNT && !bytes_equal(name.value, bytes_of_text(attributes[i].name)))
        i++;
    *ret_which = index.tag != 0 && ttlv_integer(&index) != 0 ? ATTRIBUTE_COUNT : i;
    return SEALIFT_OK;
}

/* Of 1.x: a structure for each, with name and value. */
static enum sealift_status
read_by_name(const struct ttlv_item *payload, struct kmip_attributes *out, struct sealift_error *err)
{
    bool seen[ATTRIBUTE_COUNT] = {false};
    struct bytes rest = payload->value;
    struct ttlv_item item, value;
    size_t i;

    while (ttlv_next(&rest, &item)) {
        if (item.tag != KMIP_TAG_ATTRIBUTE)
            continue;
        if (item.type != TTLV_STRUCTURE)
            return error_set(err, SEALIFT_CORRUPT, "an Attribute is no structure");
        TRY(which(&item, &i, err));
        if (i == ATTRIBUTE_COUNT)
            continue;
        if (seen[i])
            return error_set(err, SEALIFT_CORRUPT, "the attribute \"%s\" is there twice", attributes[i].name);
        seen[i] = true;
        if (ttlv_need(&item, KMIP_TAG_ATTRIBUTE_VALUE, attributes[i].type, &value, err) != SEALIFT_OK)
            return error_prefix(err, "the attribute \"%s\"", attributes[i].name);
        store(attributes[i].tag, &value, out);
    }
    return SEALIFT_OK;
}

enum sealift_status
kmip_get_attributes_read(const struct kmip_answer *answer, struct kmip_attributes *ret_attributes,
                         struct sealift_error *err)
{
    struct kmip_attributes out = {0};

    /* The two forms have no tag in common, so that the version need not be asked. */
    if (read_by_tag(&answer->payload, &out, err) != SEALIFT_OK ||
        read_by_name(&answer->payload, &out, err) != SEALIFT_OK)
        return kmip_answer_senseless(err);
    *ret_attributes = out;
    return SEALIFT_OK;
}
