#include "document.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct sealift_error err;
static const struct uuid uuid = {{0xab, 1}};

static struct json *
parse(const char *text)
{
    struct json *json;

    cr_assert_eq(json_parse(bytes_of_text(text), "test", &json, &err), SEALIFT_OK, "%s", err.message);
    return json;
}

static enum sealift_status
check(const char *text)
{
    SCOPED(json_free) struct json *json = parse(text);

    return document_check(json, "thing", &err);
}

Test(document, says_what_it_is_first)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;
    SCOPED(buf_done) struct buf text = {0};

    cr_assert_eq(json_writer_new(&writer, &err), SEALIFT_OK);
    document_open(writer, "thing");
    document_put_uuid(writer, "id", &uuid);
    document_put_time(writer, "at", 1700000000123456789);
    json_close_object(writer);
    cr_assert_eq(json_writer_finish(writer, &text, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&text), bytes_of_text("{\"sealift\":\"thing\",\"version\":1,"
                                                          "\"id\":\"ab010000-0000-0000-0000-000000000000\","
                                                          "\"at\":\"2023-11-14T22:13:20.123456789Z\"}")));
}

Test(document, of_another_kind_or_version_is_refused)
{
    cr_assert_eq(check("{\"version\":1,\"sealift\":\"thing\"}"), SEALIFT_OK);
    cr_assert_eq(check("{\"sealift\":\"other\",\"version\":1}"), SEALIFT_CORRUPT);
    cr_assert_eq(check("{\"sealift\":1,\"version\":1}"), SEALIFT_CORRUPT);
    cr_assert_eq(check("{\"sealift\":\"thing\"}"), SEALIFT_CORRUPT);
    cr_assert_eq(check("{\"sealift\":\"thing\",\"version\":0}"), SEALIFT_CORRUPT);
    cr_assert_eq(check("{\"sealift\":\"thing\",\"version\":2}"), SEALIFT_INVALID);
    cr_assert_eq(check("[1]"), SEALIFT_CORRUPT);
}

Test(document, takes_a_uuid_in_its_one_form)
{
    SCOPED(json_free)
    struct json *json = parse("{\"a\":\"ab010000-0000-0000-0000-000000000000\",\"b\":\"AB010000-0000-"
                              "0000-0000-000000000000\",\"c\":7}");
    struct uuid found, other = {{1}};

    cr_assert_eq(document_need_uuid(json, "a", &found, &err), SEALIFT_OK);
    cr_assert(uuid_equal(&found, &uuid));
    cr_assert_eq(document_expect_uuid(json, "a", &uuid, &err), SEALIFT_OK);
    cr_assert_eq(document_expect_uuid(json, "a", &other, &err), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "ab010000-"), "%s", err.message);
    cr_assert_eq(document_need_uuid(json, "b", &found, &err), SEALIFT_CORRUPT);
    cr_assert_eq(document_need_uuid(json, "c", &found, &err), SEALIFT_CORRUPT);
    cr_assert_eq(document_need_uuid(json, "d", &found, &err), SEALIFT_CORRUPT);
}

Test(document, takes_a_time_in_its_one_form)
{
    static const char *const others[] = {"2023-11-14T22:13:20Z",
                                         "2023-11-14T22:13:20.1Z",
                                         "2023-11-14T22:13:20.1234567890Z",
                                         "2023-11-14T22:13:20.123456789",
                                         "2023-11-14 22:13:20.123456789Z",
                                         "2023-02-30T22:13:20.123456789Z",
                                         "9999-11-14T22:13:20.123456789Z",
                                         "yesterday",
                                         ""};
    SCOPED(json_free) struct json *json = parse("{\"a\":\"2023-11-14T22:13:20.123456789Z\"}");
    int64_t found;

    cr_assert_eq(document_need_time(json, "a", &found, &err), SEALIFT_OK);
    cr_assert_eq(found, 1700000000123456789);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        SCOPED(json_free) struct json *bad = NULL;
        char text[64];

        snprintf(text, sizeof(text), "{\"a\":\"%s\"}", others[i]);
        bad = parse(text);
        cr_assert_eq(document_need_time(bad, "a", &found, &err), SEALIFT_CORRUPT, "%s", others[i]);
    }
}

Test(document, takes_counts_within_their_bounds)
{
    SCOPED(json_free)
    struct json *json = parse("{\"a\":5,\"b\":-1,\"c\":\"9223372036854775807\",\"d\":5.0,\"e\":true}");
    uint64_t count;
    uint32_t number;
    bool truth;

    cr_assert_eq(document_need_count(json, "a", 5, &count, &err), SEALIFT_OK);
    cr_assert_eq(count, 5);
    cr_assert_eq(document_need_count(json, "a", 4, &count, &err), SEALIFT_CORRUPT);
    cr_assert_eq(document_need_count(json, "b", UINT64_MAX, &count, &err), SEALIFT_CORRUPT);
    cr_assert_eq(document_need_count(json, "c", UINT64_MAX, &count, &err), SEALIFT_OK);
    cr_assert_eq(count, INT64_MAX);
    cr_assert_eq(document_need_count(json, "d", 9, &count, &err), SEALIFT_CORRUPT);
    cr_assert_eq(document_need_u32(json, "c", UINT32_MAX, &number, &err), SEALIFT_CORRUPT);
    cr_assert_eq(document_need_u32(json, "a", UINT32_MAX, &number, &err), SEALIFT_OK);
    cr_assert_eq(number, 5);
    cr_assert_eq(document_need_bool(json, "e", &truth, &err), SEALIFT_OK);
    cr_assert(truth);
    cr_assert_eq(document_need_bool(json, "a", &truth, &err), SEALIFT_CORRUPT);
    cr_assert_eq(document_need_bool(json, "z", &truth, &err), SEALIFT_CORRUPT);
}
