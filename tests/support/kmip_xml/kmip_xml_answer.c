#include "kmip_xml_answer.h"

#include "error.h"
#include "kmip_crypt.h"
#include "kmip_discover.h"
#include "kmip_get_attributes.h"
#include "kmip_names.h"
#include "kmip_query.h"
#include "kmip_xml.h"
#include "scoped.h"

#include <string.h>

static enum sealift_status
differs(const struct xml_element *element, const char *what, struct sealift_error *err)
{
    return error_set(err, SEALIFT_CORRUPT, "line %u: %s: read otherwise: %s", element->line, element->name, what);
}

static bool
is(const struct xml_element *element, const char *name)
{
    return strcmp(element->name, name) == 0;
}

/* The number of a child; `otherwise` where there is none. */
static enum sealift_status
number_of(const struct xml_element *parent, const char *name, int64_t otherwise, int64_t *ret_number,
          struct sealift_error *err)
{
    const struct xml_element *child = xml_reader_child(parent, name);
    SCOPED(kmip_value_done) struct kmip_value value = {0};

    *ret_number = otherwise;
    if (child == NULL)
        return SEALIFT_OK;
    TRY(kmip_value_of(child, kmip_xml_attribute_name(parent), &value, err));
    *ret_number = value.number;
    return SEALIFT_OK;
}

/* The bytes or the text of a child are those; without a child, there are none. */
static enum sealift_status
check_bytes(const struct xml_element *parent, const char *name, bool is_there, struct bytes bytes,
            struct sealift_error *err)
{
    const struct xml_element *child = xml_reader_child(parent, name);
    SCOPED(kmip_value_done) struct kmip_value value = {0};

    if (child == NULL)
        return is_there ? differs(parent, name, err) : SEALIFT_OK;
    TRY(kmip_value_of(child, NULL, &value, err));
    if (!is_there || !bytes_equal(buf_bytes(&value.bytes), bytes))
        return differs(child, "its value", err);
    return SEALIFT_OK;
}

/* A text that may have been cut. */
static enum sealift_status
check_text(const struct xml_element *parent, const char *name, const char *text, size_t size, struct sealift_error *err)
{
    const struct xml_element *child = xml_reader_child(parent, name);
    SCOPED(kmip_value_done) struct kmip_value value = {0};

    if (child == NULL)
        return text[0] != '\0' ? differs(parent, name, err) : SEALIFT_OK;
    TRY(kmip_value_of(child, NULL, &value, err));
    if (value.bytes.len < size ? !bytes_equal(buf_bytes(&value.bytes), bytes_of_text(text))
                               : memcmp(value.bytes.data, text, strlen(text)) != 0)
        return differs(child, text, err);
    return SEALIFT_OK;
}

/* --- The payloads --- */

static enum sealift_status
check_crypt(const struct xml_element *payload, const struct kmip_answer *answer, struct sealift_error *err)
{
    struct kmip_crypt_result result;
    enum sealift_status status = kmip_crypt_read(answer, &result, err);

    if (xml_reader_child(payload, "Data") == NULL) /* of a stream: there is none yet */
        return status == SEALIFT_CORRUPT ? SEALIFT_OK : differs(payload, "there is no data", err);
    if (status != SEALIFT_OK)
        return status;
    TRY(check_bytes(payload, "Data", true, result.data, err));
    TRY(check_bytes(payload, "IVCounterNonce", result.has_iv, result.iv, err));
    return check_bytes(payload, "AuthenticatedEncryptionTag", result.has_tag, result.tag, err);
}

static enum sealift_status
check_discover(const struct xml_element *payload, const struct kmip_answer *answer, struct sealift_error *err)
{
    size_t best = KMIP_VERSION_COUNT;
    enum kmip_version version;

    for (const struct xml_element *child = payload->children; child != NULL; child = child->next) {
        int64_t major, minor;

        if (!is(child, "ProtocolVersion"))
            continue;
        TRY(number_of(child, "ProtocolVersionMajor", 0, &major, err));
        TRY(number_of(child, "ProtocolVersionMinor", 0, &minor, err));
        for (size_t i = 0; i < best; i++)
            if (kmip_versions[i] == kmip_version_of((int32_t)major, (int32_t)minor))
                best = i;
    }
    TRY(kmip_discover_read(answer, kmip_versions, KMIP_VERSION_COUNT, &version, err));
    if (version != (best < KMIP_VERSION_COUNT ? kmip_versions[best] : KMIP_VERSION_UNKNOWN))
        return differs(payload, "the best version", err);
    return SEALIFT_OK;
}

static enum sealift_status
check_query(const struct xml_element *payload, const struct kmip_answer *answer, struct sealift_error *err)
{
    bool get_attributes = false, encrypt = false, decrypt = false;
    struct kmip_abilities abilities;

    for (const struct xml_element *child = payload->children; child != NULL; child = child->next) {
        SCOPED(kmip_value_done) struct kmip_value value = {0};

        if (!is(child, "Operation"))
            continue;
        TRY(kmip_value_of(child, NULL, &value, err));
        get_attributes |= value.number == KMIP_GET_ATTRIBUTES;
        encrypt |= value.number == KMIP_ENCRYPT;
        decrypt |= value.number == KMIP_DECRYPT;
    }
    TRY(kmip_query_read(answer, &abilities, err));
    if (abilities.get_attributes != get_attributes || abilities.encrypt != encrypt || abilities.decrypt != decrypt)
        return differs(payload, "the operations", err);
    return check_text(payload, "VendorIdentification", abilities.vendor, sizeof(abilities.vendor), err);
}

/* The value that an attribute has in the XML, in 1.x by its name, in 2.x by its tag; `otherwise`: it has none. */
static enum sealift_status
attribute_of(const struct xml_element *payload, const char *name, int64_t otherwise, int64_t *ret_number,
             struct sealift_error *err)
{
    const struct xml_element *by_tag = xml_reader_child(payload, "Attributes");
    uint32_t wanted = 0, tag;

    kmip_names_tag(name, &wanted);
    *ret_number = otherwise;
    if (by_tag != NULL)
        return number_of(by_tag, name, otherwise, ret_number, err);
    for (const struct xml_element *child = payload->children; child != NULL; child = child->next) {
        const char *its_name = kmip_xml_attribute_name(child);
        int64_t index;

        if (!is(child, "Attribute") || its_name == NULL || !kmip_names_tag(its_name, &tag) || tag != wanted)
            continue;
        TRY(number_of(child, "AttributeIndex", 0, &index, err));
        if (index == 0)
            return number_of(child, "AttributeValue", otherwise, ret_number, err);
    }
    return SEALIFT_OK;
}

static enum sealift_status
check_attributes(const struct xml_element *payload, const struct kmip_answer *answer, struct sealift_error *err)
{
    struct kmip_attributes read;
    int64_t number;

    TRY(kmip_get_attributes_read(answer, &read, err));
    const struct {
        const char *name;
        int64_t read;
    } values[] = {
        {"ObjectType", read.object_type},
        {"CryptographicAlgorithm", read.algorithm},
        {"CryptographicLength", read.length},
        {"CryptographicUsageMask", read.usage_mask},
        {"State", read.state},
        {"ProcessStartDate", read.process_start},
        {"ProtectStopDate", read.protect_stop},
        {"DeactivationDate", read.deactivation},
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        TRY(attribute_of(payload, values[i].name, 0, &number, err));
        if (number != values[i].read)
            return differs(payload, values[i].name, err);
    }
    TRY(attribute_of(payload, "CryptographicUsageMask", -1, &number, err));
    return read.has_usage_mask == (number != -1) ? SEALIFT_OK : differs(payload, "has_usage_mask", err);
}

static enum sealift_status
check_payload(const struct xml_element *payload, const struct kmip_answer *answer, struct sealift_error *err)
{
    switch (answer->operation) {
    case KMIP_ENCRYPT:
    case KMIP_DECRYPT:
        return check_crypt(payload, answer, err);
    case KMIP_DISCOVER_VERSIONS:
        return check_discover(payload, answer, err);
    case KMIP_QUERY:
        return check_query(payload, answer, err);
    case KMIP_GET_ATTRIBUTES:
        return check_attributes(payload, answer, err);
    }
    return SEALIFT_OK;
}

/* --- The message --- */

static enum sealift_status
check_item(const struct xml_element *item, const struct kmip_answer *answer, struct sealift_error *err)
{
    const struct xml_element *payload = xml_reader_child(item, "ResponsePayload");
    int64_t status, reason;

    TRY(number_of(item, "ResultStatus", -1, &status, err));
    TRY(number_of(item, "ResultReason", KMIP_REASON_NONE, &reason, err));
    if (answer->status != status || answer->reason != reason)
        return differs(item, "status or reason", err);
    TRY(check_text(item, "ResultMessage", answer->message, sizeof(answer->message), err));
    if ((payload != NULL) != (answer->payload.tag != 0))
        return differs(item, "its payload", err);
    return payload != NULL && status == KMIP_SUCCESS ? check_payload(payload, answer, err) : SEALIFT_OK;
}

/* What we would have asked. */
static enum sealift_status
request_of(const struct xml_element *item, struct kmip_request *ret_request, struct kmip_value *ret_batch_id,
           struct sealift_error *err)
{
    const struct xml_element *batch_id = xml_reader_child(item, "UniqueBatchItemID");
    int64_t operation;

    TRY(number_of(item, "Operation", 0, &operation, err));
    if (batch_id != NULL)
        TRY(kmip_value_of(batch_id, NULL, ret_batch_id, err));
    *ret_request =
        (struct kmip_request){.operation = (enum kmip_operation)operation, .batch_id = buf_bytes(&ret_batch_id->bytes)};
    return SEALIFT_OK;
}

enum sealift_status
kmip_xml_answer_check(const struct xml_element *message, struct kmip_answer *answer, struct sealift_error *err)
{
    const struct xml_element *header = xml_reader_child(message, "ResponseHeader");
    const struct xml_element *version = header != NULL ? xml_reader_child(header, "ProtocolVersion") : NULL;
    const struct xml_element *item = xml_reader_child(message, "BatchItem");
    SCOPED(kmip_value_done) struct kmip_value batch_id = {0};
    struct kmip_request request;
    enum sealift_status status;
    int64_t major, minor, count, result;

    if (version == NULL || item == NULL)
        return error_set(err, SEALIFT_CORRUPT, "line %u: half a message", message->line);
    TRY(number_of(version, "ProtocolVersionMajor", 0, &major, err));
    TRY(number_of(version, "ProtocolVersionMinor", 0, &minor, err));
    TRY(number_of(header, "BatchCount", 0, &count, err));
    TRY(number_of(item, "ResultStatus", -1, &result, err));
    TRY(request_of(item, &request, &batch_id, err));
    status = kmip_answer_read(answer, &request, err);
    if (count != 1)
        return status == SEALIFT_CORRUPT ? SEALIFT_OK : differs(header, "a number of items to be refused", err);
    if (major >= 3 && result == KMIP_SUCCESS)
        return status == SEALIFT_INVALID ? SEALIFT_OK : differs(version, "a version to be refused", err);
    if (status != SEALIFT_OK)
        return status;
    if (answer->major != major || answer->minor != minor)
        return differs(version, "the version", err);
    return check_item(item, answer, err);
}
