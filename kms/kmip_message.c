#include "kmip_message.h"

#include "error.h"
#include "scoped.h"

#include <inttypes.h>
#include <string.h>

/* --- Requests --- */

/* A text of KMIP cannot hold a NUL, and C would end there: another password than the one that was meant. */
static void
put_password(struct ttlv_writer *writer, const struct secret *password)
{
    if (writer->status == SEALIFT_OK && memchr(password->bytes, '\0', password->len) != NULL)
        writer->status =
            error_set(&writer->error, SEALIFT_INVALID, "the KMIP password holds a NUL, which no text of KMIP can hold");
    ttlv_put_text(writer, KMIP_TAG_PASSWORD, secret_text(password));
}

static void
put_authentication(struct ttlv_writer *writer, const struct kmip_request *request)
{
    ttlv_begin(writer, KMIP_TAG_AUTHENTICATION);
    ttlv_begin(writer, KMIP_TAG_CREDENTIAL);
    ttlv_put_enumeration(writer, KMIP_TAG_CREDENTIAL_TYPE, KMIP_CREDENTIAL_USERNAME_AND_PASSWORD);
    ttlv_begin(writer, KMIP_TAG_CREDENTIAL_VALUE);
    ttlv_put_text(writer, KMIP_TAG_USERNAME, request->username);
    if (request->password != NULL)
        put_password(writer, request->password);
    ttlv_end(writer);
    ttlv_end(writer);
    ttlv_end(writer);
}

static void
put_header(struct ttlv_writer *writer, const struct kmip_request *request)
{
    ttlv_begin(writer, KMIP_TAG_REQUEST_HEADER);
    kmip_put_version(writer, request->version);
    if (request->client_correlation != NULL && request->version >= KMIP_1_4)
        ttlv_put_text(writer, KMIP_TAG_CLIENT_CORRELATION_VALUE, request->client_correlation);
    if (request->username != NULL)
        put_authentication(writer, request);
    ttlv_put_integer(writer, KMIP_TAG_BATCH_COUNT, 1);
    ttlv_end(writer);
}

void
kmip_put_version(struct ttlv_writer *writer, enum kmip_version version)
{
    ttlv_begin(writer, KMIP_TAG_PROTOCOL_VERSION);
    ttlv_put_integer(writer, KMIP_TAG_PROTOCOL_VERSION_MAJOR, kmip_version_major(version));
    ttlv_put_integer(writer, KMIP_TAG_PROTOCOL_VERSION_MINOR, kmip_version_minor(version));
    ttlv_end(writer);
}

void
kmip_request_begin(struct ttlv_writer *writer, const struct kmip_request *request)
{
    ttlv_begin(writer, KMIP_TAG_REQUEST_MESSAGE);
    put_header(writer, request);
    ttlv_begin(writer, KMIP_TAG_BATCH_ITEM);
    ttlv_put_enumeration(writer, KMIP_TAG_OPERATION, request->operation);
    if (request->batch_id.len > 0)
        ttlv_put_bytes(writer, KMIP_TAG_UNIQUE_BATCH_ITEM_ID, request->batch_id);
    ttlv_begin(writer, KMIP_TAG_REQUEST_PAYLOAD);
}

void
kmip_request_end(struct ttlv_writer *writer)
{
    ttlv_end(writer);
    ttlv_end(writer);
    ttlv_end(writer);
}

/* --- Answers --- */

void
kmip_answer_done(struct kmip_answer *answer)
{
    buf_done(&answer->bytes);
    *answer = (struct kmip_answer){.bytes = answer->bytes};
}

enum sealift_status
kmip_answer_senseless(struct sealift_error *err)
{
    enum sealift_status status = error_prefix(err, "the answer makes no sense");

    return status == SEALIFT_CORRUPT ? error_hint(err, "%s", KMIP_SENSELESS_WAY_OUT) : status;
}

enum sealift_status
kmip_read_version(const struct ttlv_item *version, int32_t *ret_major, int32_t *ret_minor, struct sealift_error *err)
{
    struct ttlv_item major, minor;

    TRY(ttlv_need(version, KMIP_TAG_PROTOCOL_VERSION_MAJOR, TTLV_INTEGER, &major, err));
    TRY(ttlv_need(version, KMIP_TAG_PROTOCOL_VERSION_MINOR, TTLV_INTEGER, &minor, err));
    *ret_major = ttlv_integer(&major);
    *ret_minor = ttlv_integer(&minor);
    return SEALIFT_OK;
}

static enum sealift_status
read_header(const struct ttlv_item *message, struct kmip_answer *answer, struct sealift_error *err)
{
    struct ttlv_item header, version, count;

    TRY(ttlv_need(message, KMIP_TAG_RESPONSE_HEADER, TTLV_STRUCTURE, &header, err));
    TRY(ttlv_need(&header, KMIP_TAG_PROTOCOL_VERSION, TTLV_STRUCTURE, &version, err));
    TRY(kmip_read_version(&version, &answer->major, &answer->minor, err));
    TRY(ttlv_need(&header, KMIP_TAG_BATCH_COUNT, TTLV_INTEGER, &count, err));
    if (ttlv_integer(&count) != 1)
        return error_set(err, SEALIFT_CORRUPT, "it announces %" PRId32 " batch items, and one was asked for",
                         ttlv_integer(&count));
    return SEALIFT_OK;
}

/* Whether the item answers our request, which its operation or its id says. A failure need say neither: the server may
 * not have come that far. */
static enum sealift_status
check_is_ours(const struct ttlv_item *batch_item, const struct kmip_request *request, bool is_success,
              struct sealift_error *err)
{
    struct ttlv_item operation, batch_id;

    TRY(ttlv_find(batch_item, KMIP_TAG_OPERATION, TTLV_ENUMERATION, &operation, err));
    TRY(ttlv_find(batch_item, KMIP_TAG_UNIQUE_BATCH_ITEM_ID, TTLV_BYTE_STRING, &batch_id, err));
    if (operation.tag == 0 && batch_id.value.len == 0 && is_success)
        return error_set(err, SEALIFT_CORRUPT, "it does not say which operation succeeded");
    if (operation.tag != 0 && ttlv_enumeration(&operation) != (uint32_t)request->operation)
        return error_set(err, SEALIFT_CORRUPT, "it is about operation %02" PRIx32 ", and %02x was asked for",
                         ttlv_enumeration(&operation), (unsigned)request->operation);
    if (batch_id.value.len > 0 && !bytes_equal(batch_id.value, request->batch_id))
        return error_set(err, SEALIFT_CORRUPT, "it answers another request: its batch item has another id");
    return SEALIFT_OK;
}

static enum sealift_status
read_batch_item(const struct ttlv_item *batch_item, const struct kmip_request *request, struct kmip_answer *answer,
                struct sealift_error *err)
{
    struct ttlv_item status, reason, text;

    TRY(ttlv_need(batch_item, KMIP_TAG_RESULT_STATUS, TTLV_ENUMERATION, &status, err));
    TRY(ttlv_find(batch_item, KMIP_TAG_RESULT_REASON, TTLV_ENUMERATION, &reason, err));
    TRY(ttlv_find(batch_item, KMIP_TAG_RESULT_MESSAGE, TTLV_TEXT_STRING, &text, err));
    TRY(ttlv_find(batch_item, KMIP_TAG_RESPONSE_PAYLOAD, TTLV_STRUCTURE, &answer->payload, err));
    answer->status = ttlv_enumeration(&status);
    answer->reason = reason.tag != 0 ? ttlv_enumeration(&reason) : KMIP_REASON_NONE;
    answer->message[0] = '\0';
    if (text.tag != 0)
        ttlv_text(&text, answer->message, sizeof(answer->message));
    return check_is_ours(batch_item, request, answer->status == KMIP_SUCCESS, err);
}

/* What a later major version means by a payload is not known here. A refusal in it is one: a server may say in its own
 * newest version that it does not take ours. */
static enum sealift_status
check_version(const struct kmip_answer *answer, struct sealift_error *err)
{
    if (answer->major < 3 || answer->status != KMIP_SUCCESS)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_INVALID,
                     "it is in KMIP %" PRId32 ".%" PRId32 ", and sealift speaks 1.2 to 2.1: let the server offer "
                     "one of these",
                     answer->major, answer->minor);
}

static enum sealift_status
read_message(struct kmip_answer *answer, const struct kmip_request *request, struct sealift_error *err)
{
    struct ttlv_item message, batch_item;

    TRY(ttlv_parse(buf_bytes(&answer->bytes), &message, err));
    if (message.tag != KMIP_TAG_RESPONSE_MESSAGE || message.type != TTLV_STRUCTURE)
        return error_set(err, SEALIFT_CORRUPT, "it is no response message, but tag %06" PRIx32, message.tag);
    TRY(read_header(&message, answer, err));
    TRY(ttlv_need(&message, KMIP_TAG_BATCH_ITEM, TTLV_STRUCTURE, &batch_item, err));
    TRY(read_batch_item(&batch_item, request, answer, err));
    return check_version(answer, err);
}

enum sealift_status
kmip_answer_read(struct kmip_answer *answer, const struct kmip_request *request, struct sealift_error *err)
{
    answer->operation = request->operation;
    if (read_message(answer, request, err) != SEALIFT_OK)
        return kmip_answer_senseless(err);
    return SEALIFT_OK;
}

/* Discover Versions has nothing in it that could be invalid but its version, so that an Invalid Message means that even
 * where the header echoes ours, as Cosmian's does. */
bool
kmip_answer_refuses_version(const struct kmip_answer *answer, enum kmip_version asked)
{
    bool in_ours = answer->major == kmip_version_major(asked) && answer->minor == kmip_version_minor(asked);

    if (answer->status == KMIP_SUCCESS)
        return false;
    switch (answer->reason) {
    case KMIP_REASON_UNSUPPORTED_PROTOCOL_VERSION:
        return true;
    case KMIP_REASON_INVALID_MESSAGE:
        return !in_ours || answer->operation == KMIP_DISCOVER_VERSIONS;
    default:
        return false;
    }
}
