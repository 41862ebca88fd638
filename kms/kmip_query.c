#include "kmip_query.h"

#include "error.h"
#include "scoped.h"

void
kmip_query_write_functions(struct ttlv_writer *writer, const uint32_t *functions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ttlv_put_enumeration(writer, KMIP_TAG_QUERY_FUNCTION, functions[i]);
}

void
kmip_query_write(struct ttlv_writer *writer)
{
    static const uint32_t functions[] = {KMIP_QUERY_OPERATIONS, KMIP_QUERY_SERVER_INFORMATION};

    kmip_query_write_functions(writer, functions, sizeof(functions) / sizeof(functions[0]));
}

static void
add_operation(uint32_t operation, struct kmip_abilities *abilities)
{
    switch (operation) {
    case KMIP_GET_ATTRIBUTES:
        abilities->get_attributes = true;
        break;
    case KMIP_ENCRYPT:
        abilities->encrypt = true;
        break;
    case KMIP_DECRYPT:
        abilities->decrypt = true;
        break;
    default:
        break;
    }
}

static enum sealift_status
read_payload(const struct ttlv_item *payload, struct kmip_abilities *abilities, struct sealift_error *err)
{
    struct bytes rest = payload->value;
    struct ttlv_item item;

    while (ttlv_next(&rest, &item)) {
        if (item.tag != KMIP_TAG_OPERATION)
            continue;
        if (item.type != TTLV_ENUMERATION)
            return error_set(err, SEALIFT_CORRUPT, "an Operation is no enumeration");
        abilities->are_listed = true;
        add_operation(ttlv_enumeration(&item), abilities);
    }
    TRY(ttlv_find(payload, KMIP_TAG_VENDOR_IDENTIFICATION, TTLV_TEXT_STRING, &item, err));
    if (item.tag != 0)
        ttlv_text(&item, abilities->vendor, sizeof(abilities->vendor));
    return SEALIFT_OK;
}

enum sealift_status
kmip_query_read(const struct kmip_answer *answer, struct kmip_abilities *ret_abilities, struct sealift_error *err)
{
    struct kmip_abilities abilities = {0};

    if (read_payload(&answer->payload, &abilities, err) != SEALIFT_OK)
        return kmip_answer_senseless(err);
    *ret_abilities = abilities;
    return SEALIFT_OK;
}
