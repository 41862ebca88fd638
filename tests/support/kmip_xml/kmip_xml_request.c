#include "kmip_xml_request.h"

#include "error.h"
#include "kmip_crypt.h"
#include "kmip_discover.h"
#include "kmip_get_attributes.h"
#include "kmip_names.h"
#include "kmip_query.h"
#include "kmip_xml.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

#define LIST_MAX 64

/* All that a request of sealift's may hold, and where what it points to lives. */
struct fields {
    struct kmip_request request;
    struct kmip_crypt_request crypt;
    enum kmip_version versions[LIST_MAX];
    uint32_t numbers[LIST_MAX]; /* query functions, or tags of attributes */
    size_t count;
    struct buf correlation, username, batch_id, uid, data, iv, additional_data, tag;
    struct secret *password;
    enum kmip_xml_verdict verdict;
    char *why;
    struct sealift_error *err;
};

static void
fields_done(struct fields *fields)
{
    buf_done(&fields->correlation);
    buf_done(&fields->username);
    buf_done(&fields->batch_id);
    buf_done(&fields->uid);
    buf_done(&fields->data);
    buf_done(&fields->iv);
    buf_done(&fields->additional_data);
    buf_done(&fields->tag);
    secret_free(&fields->password);
}

static void
decline(struct fields *fields, enum kmip_xml_verdict verdict, const char *why)
{
    if (fields->verdict != KMIP_XML_SENT)
        return;
    fields->verdict = verdict;
    snprintf(fields->why, 64, "%s", why);
}

static bool
is(const struct xml_element *element, const char *name)
{
    return strcmp(element->name, name) == 0;
}

/* --- Values --- */

/* Of a text, as C string in *storage. */
static enum sealift_status
take_text(struct fields *fields, const struct xml_element *element, struct buf *storage, const char **ret_text)
{
    struct kmip_value value = {0};

    TRY(kmip_value_of(element, NULL, &value, fields->err));
    *storage = value.bytes;
    if (value.type != TTLV_TEXT_STRING)
        decline(fields, KMIP_XML_OTHER_FORM, element->name);
    return buf_text(storage, ret_text, fields->err);
}

static enum sealift_status
take_bytes(struct fields *fields, const struct xml_element *element, struct buf *storage, struct bytes *ret_bytes)
{
    struct kmip_value value = {0};

    TRY(kmip_value_of(element, NULL, &value, fields->err));
    *storage = value.bytes;
    if (value.type != TTLV_BYTE_STRING)
        decline(fields, KMIP_XML_OTHER_FORM, element->name);
    *ret_bytes = buf_bytes(storage);
    return SEALIFT_OK;
}

static enum sealift_status
take_number(struct fields *fields, const struct xml_element *element, enum ttlv_type type, int64_t *ret_number)
{
    SCOPED(kmip_value_done) struct kmip_value value = {0};

    TRY(kmip_value_of(element, NULL, &value, fields->err));
    if (value.type != type)
        decline(fields, KMIP_XML_OTHER_FORM, element->name);
    *ret_number = value.number;
    return SEALIFT_OK;
}

static enum sealift_status
take_version(struct fields *fields, const struct xml_element *element, enum kmip_version *ret_version)
{
    const struct xml_element *major = xml_reader_child(element, "ProtocolVersionMajor");
    const struct xml_element *minor = xml_reader_child(element, "ProtocolVersionMinor");
    int64_t major_number, minor_number;

    if (major == NULL || minor == NULL)
        return error_set(fields->err, SEALIFT_CORRUPT, "line %u: half a version", element->line);
    TRY(take_number(fields, major, TTLV_INTEGER, &major_number));
    TRY(take_number(fields, minor, TTLV_INTEGER, &minor_number));
    *ret_version = kmip_version_of((int32_t)major_number, (int32_t)minor_number);
    if (*ret_version == KMIP_VERSION_UNKNOWN)
        decline(fields, KMIP_XML_OTHER_FORM, "a version that sealift does not speak");
    return SEALIFT_OK;
}

/* --- Header and batch item --- */

static enum sealift_status
take_password(struct fields *fields, const struct xml_element *element)
{
    SCOPED(kmip_value_done) struct kmip_value value = {0};

    TRY(kmip_value_of(element, NULL, &value, fields->err));
    TRY(secret_init(fields->err));
    TRY(secret_copy(buf_bytes(&value.bytes), &fields->password, fields->err));
    fields->request.password = fields->password;
    return SEALIFT_OK;
}

static enum sealift_status
take_credential(struct fields *fields, const struct xml_element *authentication)
{
    const struct xml_element *credential = xml_reader_child(authentication, "Credential");
    const struct xml_element *type = credential != NULL ? xml_reader_child(credential, "CredentialType") : NULL;
    const struct xml_element *value = credential != NULL ? xml_reader_child(credential, "CredentialValue") : NULL;
    int64_t number;

    if (type == NULL || value == NULL || xml_reader_count(authentication) != 1)
        return decline(fields, KMIP_XML_OTHER_FORM, "several credentials"), SEALIFT_OK;
    TRY(take_number(fields, type, TTLV_ENUMERATION, &number));
    if (number != KMIP_CREDENTIAL_USERNAME_AND_PASSWORD)
        decline(fields, KMIP_XML_OTHER_FORM, "a credential that is no password");
    for (const struct xml_element *child = value->children; child != NULL; child = child->next) {
        if (is(child, "Username"))
            TRY(take_text(fields, child, &fields->username, &fields->request.username));
        else if (is(child, "Password"))
            TRY(take_password(fields, child));
        else
            decline(fields, KMIP_XML_OTHER_FORM, child->name);
    }
    return SEALIFT_OK;
}

static enum sealift_status
take_header(struct fields *fields, const struct xml_element *header)
{
    int64_t count = 0;

    for (const struct xml_element *child = header->children; child != NULL; child = child->next) {
        if (is(child, "ProtocolVersion"))
            TRY(take_version(fields, child, &fields->request.version));
        else if (is(child, "ClientCorrelationValue"))
            TRY(take_text(fields, child, &fields->correlation, &fields->request.client_correlation));
        else if (is(child, "Authentication"))
            TRY(take_credential(fields, child));
        else if (is(child, "BatchCount"))
            TRY(take_number(fields, child, TTLV_INTEGER, &count));
        else
            decline(fields, KMIP_XML_OTHER_FORM, child->name);
    }
    if (count != 1)
        decline(fields, KMIP_XML_OTHER_FORM, "several batch items");
    return SEALIFT_OK;
}

static enum sealift_status
take_batch_item(struct fields *fields, const struct xml_element *item, const struct xml_element **ret_payload)
{
    int64_t operation = 0;

    *ret_payload = NULL;
    for (const struct xml_element *child = item->children; child != NULL; child = child->next) {
        if (is(child, "Operation"))
            TRY(take_number(fields, child, TTLV_ENUMERATION, &operation));
        else if (is(child, "UniqueBatchItemID"))
            TRY(take_bytes(fields, child, &fields->batch_id, &fields->request.batch_id));
        else if (is(child, "RequestPayload"))
            *ret_payload = child;
        else
            decline(fields, KMIP_XML_OTHER_FORM, child->name);
    }
    fields->request.operation = (enum kmip_operation)operation;
    if (*ret_payload == NULL)
        decline(fields, KMIP_XML_OTHER_FORM, "no payload");
    return SEALIFT_OK;
}

/* --- Payloads --- */

static enum sealift_status
take_parameters(struct fields *fields, const struct xml_element *element)
{
    struct kmip_parameters *parameters = &fields->crypt.parameters;
    int64_t number = 0;

    if (element->children == NULL)
        decline(fields, KMIP_XML_OTHER_FORM, "empty parameters");
    for (const struct xml_element *child = element->children; child != NULL; child = child->next) {
        bool is_boolean = is(child, "RandomIV"), is_integer = is(child, "TagLength");

        if (is(child, "BlockCipherMode") || is(child, "PaddingMethod") || is(child, "CryptographicAlgorithm") ||
            is_boolean || is_integer)
            TRY(take_number(fields, child,
                            is_boolean   ? TTLV_BOOLEAN
                            : is_integer ? TTLV_INTEGER
                                         : TTLV_ENUMERATION,
                            &number));
        if (number == 0)
            decline(fields, KMIP_XML_OTHER_FORM, child->name);
        if (is(child, "BlockCipherMode"))
            parameters->block_cipher_mode = (uint32_t)number;
        else if (is(child, "PaddingMethod"))
            parameters->padding_method = (uint32_t)number;
        else if (is(child, "CryptographicAlgorithm"))
            parameters->algorithm = (uint32_t)number;
        else if (is_boolean)
            parameters->random_iv = true;
        else if (is_integer)
            parameters->tag_length = (int32_t)number;
        else
            decline(fields, KMIP_XML_OTHER_FORM, child->name);
    }
    return SEALIFT_OK;
}

static bool
is_streaming(const struct xml_element *element)
{
    return is(element, "InitIndicator") || is(element, "FinalIndicator") || is(element, "CorrelationValue");
}

static enum sealift_status
take_crypt(struct fields *fields, const struct xml_element *payload)
{
    struct kmip_crypt_request *crypt = &fields->crypt;

    for (const struct xml_element *child = payload->children; child != NULL; child = child->next)
        if (is_streaming(child))
            decline(fields, KMIP_XML_STREAMED, child->name);
    for (const struct xml_element *child = payload->children; child != NULL; child = child->next) {
        if (is(child, "UniqueIdentifier"))
            TRY(take_text(fields, child, &fields->uid, &crypt->uid));
        else if (is(child, "CryptographicParameters"))
            TRY(take_parameters(fields, child));
        else if (is(child, "Data"))
            TRY(take_bytes(fields, child, &fields->data, &crypt->data));
        else if (is(child, "IVCounterNonce"))
            TRY(take_bytes(fields, child, &fields->iv, &crypt->iv));
        else if (is(child, "AuthenticatedEncryptionAdditionalData"))
            TRY(take_bytes(fields, child, &fields->additional_data, &crypt->additional_data));
        else if (is(child, "AuthenticatedEncryptionTag"))
            TRY(take_bytes(fields, child, &fields->tag, &crypt->tag));
        else
            decline(fields, KMIP_XML_OTHER_FORM, child->name);
    }
    crypt->has_iv = xml_reader_child(payload, "IVCounterNonce") != NULL;
    crypt->has_additional_data = xml_reader_child(payload, "AuthenticatedEncryptionAdditionalData") != NULL;
    crypt->has_tag = xml_reader_child(payload, "AuthenticatedEncryptionTag") != NULL;
    if (xml_reader_child(payload, "Data") == NULL)
        decline(fields, KMIP_XML_OTHER_FORM, "no data");
    return SEALIFT_OK;
}

static enum sealift_status
take_attribute(struct fields *fields, const struct xml_element *element, uint32_t *ret_tag)
{
    SCOPED(buf_done) struct buf name = {0};
    int64_t number = 0;
    const char *text;

    if (is(element, "AttributeReference")) {
        TRY(take_number(fields, element, TTLV_ENUMERATION, &number));
        *ret_tag = (uint32_t)number;
        return SEALIFT_OK;
    }
    TRY(take_text(fields, element, &name, &text));
    if (!kmip_names_tag(text, ret_tag))
        decline(fields, KMIP_XML_OTHER_FORM, "a custom attribute");
    return SEALIFT_OK;
}

/* Discover Versions, Query and Get Attributes: a list of one kind of thing. */
static enum sealift_status
take_list(struct fields *fields, const struct xml_element *payload)
{
    int64_t number = 0;

    for (const struct xml_element *child = payload->children; child != NULL; child = child->next) {
        size_t i = fields->count;

        if (i == LIST_MAX)
            return decline(fields, KMIP_XML_OTHER_FORM, "a long list"), SEALIFT_OK;
        fields->count += !is(child, "UniqueIdentifier");
        if (is(child, "UniqueIdentifier"))
            TRY(take_text(fields, child, &fields->uid, &fields->crypt.uid));
        else if (is(child, "ProtocolVersion"))
            TRY(take_version(fields, child, &fields->versions[i]));
        else if (is(child, "QueryFunction"))
            TRY(take_number(fields, child, TTLV_ENUMERATION, &number));
        else if (is(child, "AttributeName") || is(child, "AttributeReference"))
            TRY(take_attribute(fields, child, &fields->numbers[i]));
        else
            decline(fields, KMIP_XML_OTHER_FORM, child->name);
        if (is(child, "QueryFunction"))
            fields->numbers[i] = (uint32_t)number;
    }
    return SEALIFT_OK;
}

static enum sealift_status
take_payload(struct fields *fields, const struct xml_element *payload)
{
    switch (fields->request.operation) {
    case KMIP_ENCRYPT:
    case KMIP_DECRYPT:
        TRY(take_crypt(fields, payload));
        break;
    case KMIP_GET_ATTRIBUTES:
    case KMIP_QUERY:
    case KMIP_DISCOVER_VERSIONS:
        TRY(take_list(fields, payload));
        break;
    default:
        decline(fields, KMIP_XML_OTHER_OPERATION, "");
        return SEALIFT_OK;
    }
    if (fields->crypt.uid == NULL && fields->request.operation != KMIP_QUERY &&
        fields->request.operation != KMIP_DISCOVER_VERSIONS)
        decline(fields, KMIP_XML_OTHER_FORM, "no key");
    return SEALIFT_OK;
}

/* --- Writing --- */

static void
write_payload(struct ttlv_writer *writer, const struct fields *fields)
{
    switch (fields->request.operation) {
    case KMIP_ENCRYPT:
        kmip_encrypt_write(writer, &fields->crypt);
        break;
    case KMIP_DECRYPT:
        kmip_decrypt_write(writer, &fields->crypt);
        break;
    case KMIP_DISCOVER_VERSIONS:
        kmip_discover_write(writer, fields->versions, fields->count);
        break;
    case KMIP_QUERY:
        kmip_query_write_functions(writer, fields->numbers, fields->count);
        break;
    case KMIP_GET_ATTRIBUTES:
        kmip_get_attributes_write_some(writer, fields->request.version, fields->crypt.uid, fields->numbers,
                                       fields->count);
        break;
    }
}

static enum sealift_status
write_request(struct fields *fields, struct buf *out)
{
    struct ttlv_writer writer;
    enum sealift_status status;

    ttlv_writer_init(&writer, out);
    kmip_request_begin(&writer, &fields->request);
    write_payload(&writer, fields);
    kmip_request_end(&writer);
    status = ttlv_writer_finish(&writer, fields->err);
    if (status != SEALIFT_INTERNAL)
        return status;
    decline(fields, KMIP_XML_OTHER_FORM, "an attribute that sealift does not ask for");
    return SEALIFT_OK;
}

enum sealift_status
kmip_xml_request_write(const struct xml_element *message, struct buf *out, enum kmip_xml_verdict *ret_verdict,
                       char why[64], struct sealift_error *err)
{
    SCOPED(fields_done) struct fields fields = {.why = why, .err = err};
    const struct xml_element *header = xml_reader_child(message, "RequestHeader");
    const struct xml_element *item = xml_reader_child(message, "BatchItem"), *payload;

    why[0] = '\0';
    if (header == NULL || item == NULL)
        return error_set(err, SEALIFT_CORRUPT, "line %u: half a message", message->line);
    TRY(take_batch_item(&fields, item, &payload));
    if (payload != NULL)
        TRY(take_payload(&fields, payload));
    TRY(take_header(&fields, header));
    if (fields.verdict == KMIP_XML_SENT)
        TRY(write_request(&fields, out));
    *ret_verdict = fields.verdict;
    return SEALIFT_OK;
}
