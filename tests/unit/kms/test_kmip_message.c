#include "kmip_message.h"

#include "scoped.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct sealift_error err;
static const uint8_t id[] = "abcdefghijkl", other_id[] = "abcdefghijkm";

/* --- Requests --- */

#define VERSION(minor)                                                                                                 \
    "42006901000000204"                                                                                                \
    "2006a0200000004000000010000000042006b0200000004000000" minor "00000000"
#define ONE_ITEM "42000d02000000040000000100000000"

static void
assert_request(const struct kmip_request *request, const char *expected)
{
    SCOPED(buf_done) struct buf out = {.wipe = true};
    struct ttlv_writer writer;
    char hex[2000];

    ttlv_writer_init(&writer, &out);
    kmip_request_begin(&writer, request);
    kmip_request_end(&writer);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_lt(2 * out.len, sizeof(hex));
    hex_encode(buf_bytes(&out), hex);
    cr_assert_str_eq(hex, expected);
}

Test(kmip_message, sends_a_version_an_operation_and_one_item)
{
    const struct kmip_request request = {.version = KMIP_1_2, .operation = KMIP_QUERY};

    assert_request(&request,
                   "42007801000000604200770100000038" VERSION("02") ONE_ITEM "42000f0100000018"
                                                                             "42005c05000000040000001800000000"
                                                                             "4200790100000000");
}

Test(kmip_message, sends_a_batch_id)
{
    const struct kmip_request request = {
        .version = KMIP_1_4, .operation = KMIP_QUERY, .batch_id = bytes_of_text((const char *)id)};

    assert_request(&request, "42007801000000784200770100000038" VERSION("04") ONE_ITEM
                   "42000f0100000030"
                   "42005c05000000040000001800000000"
                   "420093080000000c6162636465666768696a6b6c00000000"
                   "4200790100000000");
}

Test(kmip_message, sends_a_correlation_value_where_it_is_known)
{
    struct kmip_request request = {.version = KMIP_1_4, .operation = KMIP_QUERY, .client_correlation = "c"};

    assert_request(&request,
                   "42007801000000704200770100000048" VERSION("04") "42010507000000016300000000000000" ONE_ITEM
                                                                    "42000f0100000018"
                                                                    "42005c05000000040000001800000000"
                                                                    "4200790100000000");
    request.version = KMIP_1_3;
    assert_request(&request,
                   "42007801000000604200770100000038" VERSION("03") ONE_ITEM "42000f0100000018"
                                                                             "42005c05000000040000001800000000"
                                                                             "4200790100000000");
}

Test(kmip_message, sends_a_user_name_with_a_password)
{
    SCOPED(secret_free) struct secret *password = NULL;
    struct kmip_request request = {.version = KMIP_1_4, .operation = KMIP_QUERY, .username = "u"};

    cr_assert_eq(secret_init(&err), SEALIFT_OK);
    cr_assert_eq(secret_copy(bytes_of_text("p"), &password, &err), SEALIFT_OK);
    request.password = password;
    assert_request(&request,
                   "42007801000000a8"
                   "4200770100000080" VERSION("04") "42000c0100000040"
                                                    "4200230100000038"
                                                    "42002405000000040000000100000000"
                                                    "4200250100000020"
                                                    "42009907000000017500000000000000"
                                                    "4200a107000000017000000000000000" ONE_ITEM "42000f0100000018"
                                                    "42005c05000000040000001800000000"
                                                    "4200790100000000");
}

Test(kmip_message, sends_a_user_name_alone)
{
    const struct kmip_request request = {.version = KMIP_2_1, .operation = KMIP_QUERY, .username = "u"};
    SCOPED(buf_done) struct buf out = {0};
    struct ttlv_writer writer;
    struct ttlv_item item;

    ttlv_writer_init(&writer, &out);
    kmip_request_begin(&writer, &request);
    kmip_request_end(&writer);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK);
    cr_assert_eq(ttlv_parse(buf_bytes(&out), &item, &err), SEALIFT_OK);
    cr_assert_eq(ttlv_need(&item, KMIP_TAG_REQUEST_HEADER, TTLV_STRUCTURE, &item, &err), SEALIFT_OK);
    cr_assert_eq(ttlv_need(&item, KMIP_TAG_AUTHENTICATION, TTLV_STRUCTURE, &item, &err), SEALIFT_OK);
    cr_assert_eq(ttlv_need(&item, KMIP_TAG_CREDENTIAL, TTLV_STRUCTURE, &item, &err), SEALIFT_OK);
    cr_assert_eq(ttlv_need(&item, KMIP_TAG_CREDENTIAL_VALUE, TTLV_STRUCTURE, &item, &err), SEALIFT_OK);
    cr_assert_eq(item.value.len, 16);
}

Test(kmip_message, sends_no_password_that_would_arrive_as_another_one)
{
    SCOPED(secret_free) struct secret *password = NULL;
    struct kmip_request request = {.version = KMIP_1_4, .operation = KMIP_QUERY, .username = "u"};
    SCOPED(buf_done) struct buf out = {.wipe = true};
    struct ttlv_writer writer;

    cr_assert_eq(secret_init(&err), SEALIFT_OK);
    cr_assert_eq(secret_copy((struct bytes){(const uint8_t *)"s3cret\0more", 11}, &password, &err), SEALIFT_OK);
    request.password = password;
    ttlv_writer_init(&writer, &out);
    kmip_request_begin(&writer, &request);
    kmip_request_end(&writer);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_INVALID);
    cr_assert_str_eq(err.message, "the KMIP password holds a NUL, which no text of KMIP can hold");
}

/* --- Answers --- */

/* What an answer is made of; zero: as usual, a success of Encrypt in 1.4 with an empty payload. */
struct parts {
    uint32_t message_tag;
    int32_t major, minor;
    bool is_1_0; /* an error's header */
    int32_t batch_count;
    bool has_extras; /* fields that we do not ask for, wherever they may stand */
    bool no_operation, no_status, no_item, two_items, no_payload;
    uint32_t operation;
    const uint8_t *batch_id; /* NULL: none */
    uint32_t status, reason;
    const char *message;
    uint32_t twice; /* a field of the batch item that is there twice */
};

static void
put_extras(struct ttlv_writer *writer)
{
    ttlv_begin(writer, 0x540001);
    ttlv_put_text(writer, 0x540002, "a vendor's");
    ttlv_put_integer(writer, KMIP_TAG_RESULT_STATUS, 7);
    ttlv_end(writer);
}

static void
put_header(struct ttlv_writer *writer, const struct parts *parts)
{
    ttlv_begin(writer, KMIP_TAG_RESPONSE_HEADER);
    ttlv_begin(writer, KMIP_TAG_PROTOCOL_VERSION);
    ttlv_put_integer(writer, KMIP_TAG_PROTOCOL_VERSION_MAJOR, parts->major != 0 ? parts->major : 1);
    ttlv_put_integer(writer, KMIP_TAG_PROTOCOL_VERSION_MINOR,
                     parts->minor != 0 || parts->major != 0 || parts->is_1_0 ? parts->minor : 4);
    ttlv_end(writer);
    ttlv_put_date_time(writer, 0x420092, 1700000000); /* Time Stamp, which is required */
    if (parts->has_extras) {
        put_extras(writer);
        ttlv_put_bytes(writer, 0x4200c7, bytes_of_text("nonce"));
        ttlv_put_text(writer, 0x420105, "client's");
        ttlv_put_text(writer, 0x420106, "server's");
    }
    ttlv_put_integer(writer, KMIP_TAG_BATCH_COUNT, parts->batch_count != 0 ? parts->batch_count : 1);
    ttlv_end(writer);
}

static void
put_item(struct ttlv_writer *writer, const struct parts *parts)
{
    ttlv_begin(writer, KMIP_TAG_BATCH_ITEM);
    if (parts->has_extras)
        put_extras(writer);
    for (int i = 0; i < 1 + (parts->twice == KMIP_TAG_OPERATION) && !parts->no_operation; i++)
        ttlv_put_enumeration(writer, KMIP_TAG_OPERATION, parts->operation != 0 ? parts->operation : KMIP_ENCRYPT);
    for (int i = 0; i < 1 + (parts->twice == KMIP_TAG_UNIQUE_BATCH_ITEM_ID) && parts->batch_id != NULL; i++)
        ttlv_put_bytes(writer, KMIP_TAG_UNIQUE_BATCH_ITEM_ID, bytes_of_text((const char *)parts->batch_id));
    for (int i = 0; i < 1 + (parts->twice == KMIP_TAG_RESULT_STATUS) && !parts->no_status; i++)
        ttlv_put_enumeration(writer, KMIP_TAG_RESULT_STATUS, parts->status);
    for (int i = 0; i < 1 + (parts->twice == KMIP_TAG_RESULT_REASON) && parts->reason != 0; i++)
        ttlv_put_enumeration(writer, KMIP_TAG_RESULT_REASON, parts->reason);
    for (int i = 0; i < 1 + (parts->twice == KMIP_TAG_RESULT_MESSAGE) && parts->message != NULL; i++)
        ttlv_put_text(writer, KMIP_TAG_RESULT_MESSAGE, parts->message);
    if (parts->has_extras)
        ttlv_put_bytes(writer, 0x420006, bytes_of_text("asynchronous correlation value"));
    for (int i = 0; i < 1 + (parts->twice == KMIP_TAG_RESPONSE_PAYLOAD) && !parts->no_payload; i++) {
        ttlv_begin(writer, KMIP_TAG_RESPONSE_PAYLOAD);
        ttlv_put_text(writer, KMIP_TAG_UNIQUE_IDENTIFIER, "1");
        ttlv_end(writer);
    }
    if (parts->has_extras) {
        ttlv_begin(writer, 0x420051); /* Message Extension */
        ttlv_put_text(writer, KMIP_TAG_VENDOR_IDENTIFICATION, "a vendor");
        ttlv_put_boolean(writer, 0x420026, false);
        ttlv_end(writer);
    }
    ttlv_end(writer);
}

static void
write_answer(const struct parts *parts, struct buf *out)
{
    struct ttlv_writer writer;

    ttlv_writer_init(&writer, out);
    ttlv_begin(&writer, parts->message_tag != 0 ? parts->message_tag : KMIP_TAG_RESPONSE_MESSAGE);
    put_header(&writer, parts);
    for (int i = 0; i < 1 + parts->two_items && !parts->no_item; i++)
        put_item(&writer, parts);
    if (parts->has_extras)
        put_extras(&writer);
    ttlv_end(&writer);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK, "%s", err.message);
}

static enum sealift_status
read_answer(const struct parts *parts, struct kmip_answer *ret_answer)
{
    const struct kmip_request request = {
        .version = KMIP_1_4, .operation = KMIP_ENCRYPT, .batch_id = bytes_of_text((const char *)id)};

    *ret_answer = (struct kmip_answer){.bytes = {.wipe = true, .max = KMIP_MESSAGE_MAX}};
    write_answer(parts, &ret_answer->bytes);
    return kmip_answer_read(ret_answer, &request, &err);
}

static void
assert_accepted(const struct parts *parts)
{
    SCOPED(kmip_answer_done) struct kmip_answer answer = {0};

    cr_assert_eq(read_answer(parts, &answer), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(answer.status, parts->status);
    cr_assert_eq(answer.reason, parts->reason);
    cr_assert_str_eq(answer.message, parts->message != NULL ? parts->message : "");
    cr_assert_eq(answer.payload.tag, parts->no_payload ? 0 : KMIP_TAG_RESPONSE_PAYLOAD);
}

static void
assert_refused(const struct parts *parts, enum sealift_status status, const char *why)
{
    SCOPED(kmip_answer_done) struct kmip_answer answer = {0};

    cr_assert_eq(read_answer(parts, &answer), status, "%s", why);
    cr_assert_not_null(strstr(err.message, "the answer makes no sense: "), "%s", err.message);
    cr_assert_not_null(strstr(err.message, why), "%s: %s", why, err.message);
}

Test(kmip_message, reads_a_success)
{
    SCOPED(kmip_answer_done) struct kmip_answer answer = {0};
    struct ttlv_item uid;

    cr_assert_eq(read_answer(&(struct parts){.batch_id = id}, &answer), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(answer.major, 1);
    cr_assert_eq(answer.minor, 4);
    cr_assert_eq(answer.operation, KMIP_ENCRYPT);
    cr_assert_eq(answer.status, KMIP_SUCCESS);
    cr_assert_eq(answer.reason, KMIP_REASON_NONE);
    cr_assert_str_eq(answer.message, "");
    cr_assert_eq(ttlv_need(&answer.payload, KMIP_TAG_UNIQUE_IDENTIFIER, TTLV_TEXT_STRING, &uid, &err), SEALIFT_OK);
}

Test(kmip_message, reads_a_failure_with_the_servers_words)
{
    assert_accepted(&(struct parts){.status = KMIP_OPERATION_FAILED,
                                    .reason = KMIP_REASON_PERMISSION_DENIED,
                                    .message = "Could not locate object: 1",
                                    .no_payload = true});
    assert_accepted(&(struct parts){.status = KMIP_OPERATION_FAILED, .no_payload = true});
    assert_accepted(&(struct parts){.status = KMIP_OPERATION_PENDING});
    assert_accepted(&(struct parts){.status = 0x80000001, .reason = 0x80000002});
}

Test(kmip_message, accepts_what_an_answer_may_leave_out)
{
    assert_accepted(&(struct parts){.batch_id = NULL});
    assert_accepted(&(struct parts){.no_payload = true});
    assert_accepted(&(struct parts){.batch_id = (const uint8_t *)""});
    assert_accepted(&(struct parts){.no_operation = true, .batch_id = id});
    assert_accepted(&(struct parts){.no_operation = true,
                                    .status = KMIP_OPERATION_FAILED,
                                    .reason = KMIP_REASON_INVALID_MESSAGE,
                                    .no_payload = true});
}

Test(kmip_message, accepts_what_was_not_asked_for)
{
    assert_accepted(&(struct parts){.has_extras = true, .batch_id = id});
    assert_accepted(&(struct parts){
        .has_extras = true, .status = KMIP_OPERATION_FAILED, .reason = KMIP_REASON_GENERAL_FAILURE, .message = "no"});
}

Test(kmip_message, accepts_a_header_in_another_version)
{
    assert_accepted(&(struct parts){
        .is_1_0 = true, .status = KMIP_OPERATION_FAILED, .reason = KMIP_REASON_INVALID_MESSAGE, .no_operation = true});
    assert_accepted(&(struct parts){.major = 2, .minor = 1});
}

Test(kmip_message, refuses_a_version_of_a_later_time)
{
    assert_refused(&(struct parts){.major = 3, .minor = 0}, SEALIFT_INVALID, "it is in KMIP 3.0, and sealift speaks");
}

Test(kmip_message, accepts_a_refusal_in_a_version_of_a_later_time)
{
    assert_accepted(&(struct parts){
        .major = 3, .minor = 0, .status = KMIP_OPERATION_FAILED, .reason = KMIP_REASON_UNSUPPORTED_PROTOCOL_VERSION});
}

Test(kmip_message, refuses_what_is_no_answer)
{
    assert_refused(&(struct parts){.message_tag = KMIP_TAG_REQUEST_MESSAGE}, SEALIFT_CORRUPT,
                   "it is no response message, but tag 420078");
}

Test(kmip_message, refuses_another_number_of_items_than_one)
{
    assert_refused(&(struct parts){.batch_count = 2}, SEALIFT_CORRUPT, "it announces 2 batch items");
    assert_refused(&(struct parts){.batch_count = -1}, SEALIFT_CORRUPT, "it announces -1 batch items");
    assert_refused(&(struct parts){.two_items = true}, SEALIFT_CORRUPT, "tag 42000f is there twice");
    assert_refused(&(struct parts){.no_item = true}, SEALIFT_CORRUPT, "tag 42000f is missing");
}

Test(kmip_message, refuses_the_answer_to_another_request)
{
    assert_refused(&(struct parts){.operation = KMIP_DECRYPT}, SEALIFT_CORRUPT,
                   "it is about operation 20, and 1f was asked for");
    assert_refused(&(struct parts){.operation = KMIP_DECRYPT, .status = KMIP_OPERATION_FAILED}, SEALIFT_CORRUPT,
                   "it is about operation 20");
    assert_refused(&(struct parts){.batch_id = other_id}, SEALIFT_CORRUPT, "another id");
    assert_refused(&(struct parts){.batch_id = (const uint8_t *)"a"}, SEALIFT_CORRUPT, "another id");
    assert_refused(&(struct parts){.no_operation = true}, SEALIFT_CORRUPT, "which operation succeeded");
}

Test(kmip_message, refuses_a_field_that_is_missing_or_there_twice)
{
    assert_refused(&(struct parts){.no_status = true}, SEALIFT_CORRUPT, "tag 42007f is missing");
    assert_refused(&(struct parts){.twice = KMIP_TAG_OPERATION}, SEALIFT_CORRUPT, "tag 42005c is there twice");
    assert_refused(&(struct parts){.batch_id = id, .twice = KMIP_TAG_UNIQUE_BATCH_ITEM_ID}, SEALIFT_CORRUPT,
                   "tag 420093 is there twice");
    assert_refused(&(struct parts){.twice = KMIP_TAG_RESULT_STATUS}, SEALIFT_CORRUPT, "tag 42007f is there twice");
    assert_refused(&(struct parts){.status = 1, .reason = 1, .twice = KMIP_TAG_RESULT_REASON}, SEALIFT_CORRUPT,
                   "tag 42007e is there twice");
    assert_refused(&(struct parts){.status = 1, .message = "a", .twice = KMIP_TAG_RESULT_MESSAGE}, SEALIFT_CORRUPT,
                   "tag 42007d is there twice");
    assert_refused(&(struct parts){.twice = KMIP_TAG_RESPONSE_PAYLOAD}, SEALIFT_CORRUPT, "tag 42007c is there twice");
}

Test(kmip_message, cuts_an_endless_message)
{
    SCOPED(kmip_answer_done) struct kmip_answer answer = {0};
    char text[5000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    cr_assert_eq(read_answer(&(struct parts){.status = KMIP_OPERATION_FAILED, .message = text}, &answer), SEALIFT_OK);
    cr_assert_eq(strlen(answer.message), sizeof(answer.message) - 1);
}

/* PyKMIP puts 8 zero bytes behind a byte string that it echoes, when its length is a multiple of 8. */
Test(kmip_message, passes_over_the_padding_that_pykmip_puts_behind_an_echo)
{
    static const uint8_t short_id[] = "abcdefgh";
    const struct kmip_request request = {
        .version = KMIP_1_4, .operation = KMIP_ENCRYPT, .batch_id = bytes_of_text((const char *)short_id)};
    SCOPED(kmip_answer_done) struct kmip_answer answer = {.bytes = {.wipe = true}};
    struct ttlv_writer writer;
    struct ttlv_item item;

    ttlv_writer_init(&writer, &answer.bytes);
    ttlv_begin(&writer, KMIP_TAG_RESPONSE_MESSAGE);
    put_header(&writer, &(struct parts){0});
    ttlv_begin(&writer, KMIP_TAG_BATCH_ITEM);
    ttlv_put_enumeration(&writer, KMIP_TAG_OPERATION, KMIP_ENCRYPT);
    ttlv_put_bytes(&writer, KMIP_TAG_UNIQUE_BATCH_ITEM_ID, request.batch_id);
    cr_assert_eq(buf_append(&answer.bytes, "\0\0\0\0\0\0\0\0", 8, &err), SEALIFT_OK);
    ttlv_put_enumeration(&writer, KMIP_TAG_RESULT_STATUS, KMIP_SUCCESS);
    ttlv_end(&writer);
    ttlv_end(&writer);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK);
    cr_assert_eq(kmip_answer_read(&answer, &request, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(answer.status, KMIP_SUCCESS);
    cr_assert_neq(KMIP_BATCH_ID_SIZE % 8, 0, "ours is not to need this");
    cr_assert_eq(ttlv_parse(buf_bytes(&answer.bytes), &item, &err), SEALIFT_OK);
}

/* Each on the heap in its own size, so that AddressSanitizer sees a read behind its end. */
static enum sealift_status
read_copy(struct bytes bytes)
{
    const struct kmip_request request = {
        .version = KMIP_1_4, .operation = KMIP_ENCRYPT, .batch_id = bytes_of_text((const char *)id)};
    SCOPED(free_done) uint8_t *copy = malloc(bytes.len > 0 ? bytes.len : 1);
    struct kmip_answer answer = {.bytes = {.data = copy, .len = bytes.len}};

    cr_assert_not_null(copy);
    if (bytes.len > 0)
        memcpy(copy, bytes.data, bytes.len);
    return kmip_answer_read(&answer, &request, &err);
}

Test(kmip_message, refuses_every_truncation)
{
    SCOPED(buf_done) struct buf whole = {0};

    write_answer(&(struct parts){.has_extras = true, .batch_id = id}, &whole);
    cr_assert_eq(read_copy(buf_bytes(&whole)), SEALIFT_OK);
    for (size_t len = 0; len < whole.len; len++)
        cr_assert_eq(read_copy((struct bytes){whole.data, len}), SEALIFT_CORRUPT, "%zu bytes", len);
}

Test(kmip_message, survives_every_change_of_a_byte)
{
    SCOPED(buf_done) struct buf whole = {0};
    size_t passed = 0, refused = 0;

    write_answer(&(struct parts){.has_extras = true, .batch_id = id}, &whole);
    for (size_t at = 0; at < whole.len; at++) {
        uint8_t was = whole.data[at];

        for (unsigned value = 0; value < 256; value++) {
            enum sealift_status status;

            whole.data[at] = (uint8_t)value;
            status = read_copy(buf_bytes(&whole));
            cr_assert(status == SEALIFT_OK || status == SEALIFT_CORRUPT || status == SEALIFT_INVALID);
            passed += status == SEALIFT_OK;
            refused += status != SEALIFT_OK;
        }
        whole.data[at] = was;
    }
    cr_assert_gt(passed, whole.len);
    cr_assert_gt(refused, whole.len * 64);
}

Test(kmip_message, knows_the_ways_to_refuse_a_version)
{
    struct kmip_answer answer = {.major = 1, .minor = 0, .status = KMIP_OPERATION_FAILED, .operation = KMIP_ENCRYPT};

    answer.reason = KMIP_REASON_INVALID_MESSAGE; /* PyKMIP: in 1.0, which nobody asked for */
    cr_assert(kmip_answer_refuses_version(&answer, KMIP_1_4));
    answer.minor = 4; /* about something else in the message */
    cr_assert_not(kmip_answer_refuses_version(&answer, KMIP_1_4));
    cr_assert(kmip_answer_refuses_version(&answer, KMIP_2_1));
    answer.operation = KMIP_DISCOVER_VERSIONS; /* Cosmian: echoes the version that it refuses */
    cr_assert(kmip_answer_refuses_version(&answer, KMIP_1_4));

    answer.operation = KMIP_ENCRYPT;
    answer.reason = KMIP_REASON_UNSUPPORTED_PROTOCOL_VERSION;
    cr_assert(kmip_answer_refuses_version(&answer, KMIP_1_4));
    answer.reason = KMIP_REASON_PERMISSION_DENIED;
    cr_assert_not(kmip_answer_refuses_version(&answer, KMIP_2_1));
    answer.status = KMIP_SUCCESS;
    answer.reason = KMIP_REASON_INVALID_MESSAGE;
    cr_assert_not(kmip_answer_refuses_version(&answer, KMIP_2_1));
}
