#include "json.h"

#include "heap_search.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct sealift_error err;

static struct json_writer *
new_writer(void)
{
    struct json_writer *writer = NULL;

    cr_assert_eq(json_writer_new(&writer, &err), SEALIFT_OK);
    return writer;
}

static void
assert_written(struct json_writer *writer, const char *expected)
{
    SCOPED(buf_done) struct buf out = {0};
    const char *text;

    cr_assert_eq(json_writer_finish(writer, &out, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(buf_text(&out, &text, &err), SEALIFT_OK);
    cr_assert_str_eq(text, expected);
}

Test(json_writer, writes_in_the_order_of_the_calls_without_white_space)
{
    SCOPED(json_writer_free) struct json_writer *writer = new_writer();

    json_open_object(writer, NULL);
    json_put_string(writer, "z", "last letter first");
    json_put_bool(writer, "yes", true);
    json_put_bool(writer, "no", false);
    json_put_null(writer, "null");
    json_open_array(writer, "list");
    json_put_integer(writer, NULL, 1);
    json_open_object(writer, NULL);
    json_close_object(writer);
    json_open_array(writer, NULL);
    json_close_array(writer);
    json_put_string(writer, NULL, "");
    json_close_array(writer);
    json_open_object(writer, "inner");
    json_put_hex(writer, "hex", (struct bytes){(const uint8_t *)"\x00\xff", 2});
    json_put_base64(writer, "base64", bytes_of_text("foobar"));
    json_close_object(writer);
    json_close_object(writer);
    assert_written(writer, "{\"z\":\"last letter first\",\"yes\":true,\"no\":false,\"null\":null,"
                           "\"list\":[1,{},[],\"\"],\"inner\":{\"hex\":\"00ff\",\"base64\":\"Zm9vYmFy\"}}");
}

Test(json_writer, writes_null_for_a_text_that_is_none)
{
    SCOPED(json_writer_free) struct json_writer *writer = new_writer();

    json_open_array(writer, NULL);
    json_put_text(writer, NULL, "a");
    json_put_text(writer, NULL, "");
    json_put_text(writer, NULL, NULL);
    json_close_array(writer);
    assert_written(writer, "[\"a\",null,null]");
}

Test(json_writer, writes_integers_beyond_two_to_the_53rd_as_strings)
{
    SCOPED(json_writer_free) struct json_writer *writer = new_writer();

    json_open_array(writer, NULL);
    json_put_integer(writer, NULL, INT64_C(9007199254740992));
    json_put_integer(writer, NULL, INT64_C(9007199254740993));
    json_put_integer(writer, NULL, INT64_C(-9007199254740992));
    json_put_integer(writer, NULL, INT64_MIN);
    json_close_array(writer);
    assert_written(writer, "[9007199254740992,\"9007199254740993\",-9007199254740992,\"-9223372036854775808\"]");
}

Test(json_writer, escapes_what_must_be_escaped_and_nothing_else)
{
    SCOPED(json_writer_free) struct json_writer *writer = new_writer();

    json_open_object(writer, NULL);
    json_put_string(writer, "a\"b", "\\ / \n\t\x01\x1f \x7f caf\xc3\xa9 \xf0\x9f\x98\x80");
    json_close_object(writer);
    assert_written(writer, "{\"a\\\"b\":\"\\\\ / \\u000a\\u0009\\u0001\\u001f \x7f caf\xc3\xa9 \xf0\x9f\x98\x80\"}");
}

Test(json_writer, writes_what_the_reader_reads)
{
    SCOPED(json_writer_free) struct json_writer *writer = new_writer();
    SCOPED(buf_done) struct buf out = {0};
    SCOPED(json_free) struct json *json = NULL;
    char every_character[128];

    for (size_t i = 0; i < 127; i++)
        every_character[i] = (char)(i + 1);
    every_character[127] = '\0';
    json_open_object(writer, NULL);
    json_put_string(writer, every_character, every_character);
    json_put_integer(writer, "int", INT64_MAX);
    json_close_object(writer);
    cr_assert_eq(json_writer_finish(writer, &out, &err), SEALIFT_OK);
    cr_assert_eq(json_parse(buf_bytes(&out), "test", &json, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(json_string(json_get(json, every_character)), every_character);
    cr_assert_eq(json_integer(json_get(json, "int"), 0), INT64_MAX);
}

Test(json_writer, appends_to_what_the_buffer_holds)
{
    SCOPED(json_writer_free) struct json_writer *writer = new_writer();
    SCOPED(buf_done) struct buf out = {0};

    cr_assert_eq(buf_append_text(&out, "first line\n", &err), SEALIFT_OK);
    json_put_integer(writer, NULL, 7);
    cr_assert_eq(json_writer_finish(writer, &out, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&out), bytes_of_text("first line\n7")));
}

Test(json_writer, remembers_a_failure_to_the_end)
{
    SCOPED(json_writer_free) struct json_writer *writer = new_writer();
    SCOPED(buf_done) struct buf out = {0};

    json_open_object(writer, NULL);
    json_put_string(writer, "name", "caf\xe9");
    json_put_hex(writer, "more", bytes_of_text("x"));
    json_put_base64(writer, "and", bytes_of_text("x"));
    json_close_object(writer);
    cr_assert_eq(json_writer_finish(writer, &out, &err), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "UTF-8"), "%s", err.message);
    cr_assert_eq(out.len, 0);
}

/* "hvs.CAESIJlongishtokenvalue", shifted. */
static const char shifted[] = "iwt/DBFTJKmpohjtiuplfowbmvf";

Test(json_writer, leaves_no_trace_of_a_secret)
{
    struct json_writer *writer = new_writer();
    char token[sizeof(shifted)];

    for (size_t i = 0; i < sizeof(shifted); i++)
        token[i] = shifted[i] != '\0' ? (char)(shifted[i] - 1) : '\0';
    json_open_array(writer, NULL);
    for (int i = 0; i < 100; i++) /* so that the buffer grows */
        json_put_string(writer, NULL, token);
    cr_assert_gt(heap_count_shifted(shifted), 0, "the search finds what is there");
    json_writer_free(&writer);
    cr_assert_eq(heap_count_shifted(shifted), 0);
}

Test(json_writer, copies_what_was_read)
{
    static const char text[] =
        "{\"a\":[1,\"two\",null,true,{}],\"b\":{\"c\":\"\\u0001\\\"\"},\"d\":\"9223372036854775807\"}";
    SCOPED(json_free) struct json *json = NULL;
    SCOPED(json_writer_free) struct json_writer *writer = new_writer();
    SCOPED(buf_done) struct buf out = {0};

    cr_assert_eq(json_parse(bytes_of_text(text), "text", &json, &err), SEALIFT_OK, "%s", err.message);
    json_put_copy(writer, NULL, json);
    cr_assert_eq(json_writer_finish(writer, &out, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&out), bytes_of_text(text)));
}

Test(json_writer, does_not_copy_a_fraction)
{
    SCOPED(json_free) struct json *json = NULL;
    SCOPED(json_writer_free) struct json_writer *writer = new_writer();
    SCOPED(buf_done) struct buf out = {0};

    cr_assert_eq(json_parse(bytes_of_text("[1.5]"), "text", &json, &err), SEALIFT_OK);
    json_put_copy(writer, NULL, json);
    cr_assert_eq(json_writer_finish(writer, &out, &err), SEALIFT_INVALID);
}
