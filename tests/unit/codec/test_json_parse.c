#include "json.h"

#include "heap_search.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct sealift_error err;

static struct json *
parse(const char *text)
{
    struct json *json = NULL;

    cr_assert_eq(json_parse(bytes_of_text(text), "test", &json, &err), SEALIFT_OK, "%s: %s", text, err.message);
    return json;
}

static void
assert_refused(struct bytes text, const char *because)
{
    struct json *json = NULL;

    cr_assert_eq(json_parse(text, "test", &json, &err), SEALIFT_CORRUPT, "%.*s", (int)text.len,
                 (const char *)text.data);
    cr_assert_null(json);
    cr_assert_not_null(strstr(err.message, because), "%s", err.message);
    cr_assert_eq(strncmp(err.message, "test: ", 6), 0, "%s", err.message);
}

Test(json_parse, reads_every_type)
{
    SCOPED(json_free)
    struct json *json = parse(" {\"n\":null, \"t\":true, \"i\":-7, \"r\":1.5e3, \"s\":\"x\", \"a\":[1,2], \"o\":{}} ");
    static const enum json_type types[] = {JSON_NULL,   JSON_BOOL,  JSON_INTEGER, JSON_REAL,
                                           JSON_STRING, JSON_ARRAY, JSON_OBJECT};

    cr_assert_eq(json_type(json), JSON_OBJECT);
    cr_assert_eq(json_count(json), 7);
    for (size_t i = 0; i < 7; i++)
        cr_assert_eq(json_type(json_at(json, i)), types[i]);
    cr_assert_str_eq(json_key_at(json, 6), "o");
    cr_assert_eq(json_bool(json_get(json, "t"), false), true);
    cr_assert_eq(json_integer(json_get(json, "i"), 0), -7);
    cr_assert_str_eq(json_string(json_get(json, "s")), "x");
    cr_assert_eq(json_integer(json_at(json_get(json, "a"), 1), 0), 2);
}

Test(json_parse, takes_a_bare_value)
{
    SCOPED(json_free) struct json *text = parse("\"x\"");
    SCOPED(json_free) struct json *number = parse("42");

    cr_assert_str_eq(json_string(text), "x");
    cr_assert_eq(json_integer(number, 0), 42);
}

Test(json_parse, reads_integers_to_the_ends_of_64_bits)
{
    SCOPED(json_free) struct json *json = parse("[9223372036854775807,-9223372036854775808]");

    cr_assert_eq(json_integer(json_at(json, 0), 0), INT64_MAX);
    cr_assert_eq(json_integer(json_at(json, 1), 0), INT64_MIN);
    assert_refused(bytes_of_text("9223372036854775808"), "64 bits");
    assert_refused(bytes_of_text("[-9223372036854775809]"), "64 bits");
    assert_refused(bytes_of_text("{\"a\":100000000000000000000000000000000000000000}"), "64 bits");
}

Test(json_parse, decodes_escapes_and_surrogate_pairs)
{
    SCOPED(json_free) struct json *json = parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00\\\\ud800\"");

    cr_assert_str_eq(json_string(json), "\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80\\ud800");
}

Test(json_parse, refuses_what_is_not_one_value)
{
    assert_refused(bytes_of_text(""), "premature EOF");
    assert_refused(bytes_of_text("  "), "premature EOF");
    assert_refused(bytes_of_text("{\"a\":1"), "premature EOF");
    assert_refused(bytes_of_text("{} {}"), "trailing garbage");
    assert_refused(bytes_of_text("1 2"), "trailing garbage");
    assert_refused(bytes_of_text("[]x"), "trailing garbage");
    assert_refused((struct bytes){(const uint8_t *)"1\0", 2}, "test");
    assert_refused(bytes_of_text("[1,]"), "unallowed token");
    assert_refused(bytes_of_text("{\"a\"}"), "test");
    assert_refused(bytes_of_text("{1:2}"), "test");
    assert_refused(bytes_of_text("01"), "test");
    assert_refused(bytes_of_text("+1"), "test");
    assert_refused(bytes_of_text("1."), "test");
    assert_refused(bytes_of_text("NaN"), "test");
    assert_refused(bytes_of_text("'x'"), "test");
    assert_refused(bytes_of_text("\"a\nb\""), "test");
    assert_refused(bytes_of_text("\"\\x41\""), "test");
    assert_refused(bytes_of_text("\xef\xbb\xbf{}"), "test");
}

Test(json_parse, refuses_comments)
{
    assert_refused(bytes_of_text("/* why */ 1"), "test");
    assert_refused(bytes_of_text("[1] // why"), "test");
}

Test(json_parse, refuses_a_key_that_stands_there_twice)
{
    assert_refused(bytes_of_text("{\"a\":1,\"b\":2,\"a\":3}"), "\"a\"");
    assert_refused(bytes_of_text("[{\"x\":{\"\":1,\"\":1}}]"), "twice");
    assert_refused(bytes_of_text("{\"a\":1,\"\\u0061\":2}"), "twice");
}

Test(json_parse, allows_the_same_key_in_different_objects)
{
    SCOPED(json_free) struct json *json = parse("{\"a\":{\"a\":1},\"b\":{\"a\":2}}");

    cr_assert_eq(json_integer(json_get(json_get(json, "b"), "a"), 0), 2);
}

Test(json_parse, nests_sixteen_deep_and_no_deeper)
{
    char text[2 * 17 + 1] = {0};
    SCOPED(json_free) struct json *json = NULL;

    memset(text, '[', 16);
    memset(text + 16, ']', 16);
    json = parse(text);
    memset(text, '[', 17);
    memset(text + 17, ']', 17);
    assert_refused(bytes_of_text(text), "nested too deeply");
}

Test(json_parse, refuses_text_that_is_not_utf8)
{
    assert_refused(bytes_of_text("\"\xff\""), "UTF-8");
    assert_refused(bytes_of_text("\"\xc0\x80\""), "UTF-8");
    assert_refused(bytes_of_text("\"\xed\xa0\x80\""), "UTF-8");
    assert_refused(bytes_of_text("\"\xf4\x90\x80\x80\""), "UTF-8");
    assert_refused(bytes_of_text("{\"\xe2\x82\":1}"), "UTF-8");
}

Test(json_parse, refuses_lone_surrogates)
{
    assert_refused(bytes_of_text("\"\\ud800\""), "surrogate");
    assert_refused(bytes_of_text("\"\\udc00\""), "surrogate");
    assert_refused(bytes_of_text("\"\\ud800\\u0041\""), "surrogate");
    assert_refused(bytes_of_text("\"\\ud800\\ud800\""), "surrogate");
    assert_refused(bytes_of_text("\"\\ud800x\\udc00\""), "surrogate");
    assert_refused(bytes_of_text("\"\\ud800\\n\\udc00\""), "surrogate");
}

Test(json_parse, refuses_a_nul_in_strings_and_keys)
{
    assert_refused(bytes_of_text("\"a\\u0000b\""), "NUL in a string");
    assert_refused(bytes_of_text("{\"a\\u0000\":1}"), "NUL in a key");
}

Test(json_parse, says_where_the_text_goes_wrong_and_quotes_none_of_it)
{
    assert_refused(bytes_of_text("{\"token\":\"hvs.secret\" oops}"), "at byte 2");
    cr_assert_null(strstr(err.message, "hvs.secret"));
    cr_assert_null(strstr(err.message, "oops"));
}

static void
limit_memory_to(rlim_t bytes)
{
    struct rlimit limit;

    cr_assert_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = bytes;
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

static rlim_t
memory_in_use(void)
{
    FILE *statm = fopen("/proc/self/statm", "r");
    rlim_t pages = 0;

    cr_assert_eq(fscanf(statm, "%lu", &pages), 1);
    fclose(statm);
    return pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* 500 000 members: had every key to be compared with every other, this would not end within the test's time. */
Test(json_parse, finds_a_duplicate_among_very_many_keys, .timeout = 20)
{
    SCOPED(buf_done) struct buf text = {0};
    SCOPED(json_free) struct json *json = NULL;

    cr_assert_eq(buf_append_text(&text, "{", &err), SEALIFT_OK);
    for (unsigned i = 0; i < 500000; i++)
        cr_assert_eq(buf_printf(&text, "\"%u\":0,", &err, i), SEALIFT_OK);
    cr_assert_eq(buf_append_text(&text, "\"77\":0}", &err), SEALIFT_OK);
    cr_assert_eq(json_parse(buf_bytes(&text), "test", &json, &err), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "\"77\""), "%s", err.message);
}

/* "hvs.CAESIJlongishtokenvalue", shifted. */
static const char shifted[] = "iwt/DBFTJKmpohjtiuplfowbmvf";

/* On the stack, where nobody searches. */
static struct bytes
answer_with_token(char room[200], const char *behind)
{
    char token[sizeof(shifted)];

    for (size_t i = 0; i < sizeof(shifted); i++)
        token[i] = shifted[i] != '\0' ? (char)(shifted[i] - 1) : '\0';
    snprintf(room, 200, "{\"auth\":{\"escaped\":\"\\n%s\",\"plain\":\"%s\"}%s", token, token, behind);
    return bytes_of_text(room);
}

Test(json_parse, leaves_no_trace_of_a_secret)
{
    struct json *json = NULL;
    char room[200];

    cr_assert_eq(json_parse(answer_with_token(room, "}"), "test", &json, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_gt(heap_count_shifted(shifted), 0, "the search finds what is there");
    json_free(&json);
    cr_assert_eq(heap_count_shifted(shifted), 0);
    cr_assert_eq(json_parse(answer_with_token(room, ""), "test", &json, &err), SEALIFT_CORRUPT);
    cr_assert_eq(heap_count_shifted(shifted), 0, "also when the text turns out to be bad");
}

/* A limit on the address space makes the allocator fail at every stage, also where yajl would not look. */
Test(json_parse, says_when_memory_is_short, .timeout = 60)
{
    SCOPED(buf_done) struct buf text = {0};
    size_t failures = 0;

    cr_assert_eq(buf_append_text(&text, "[", &err), SEALIFT_OK);
    for (int i = 0; i < 20000; i++)
        cr_assert_eq(buf_printf(&text, "\"a string with an escape\\n %d\",", &err, i), SEALIFT_OK);
    cr_assert_eq(buf_append_text(&text, "0]", &err), SEALIFT_OK);
    for (rlim_t megabytes = 1; megabytes < 12; megabytes++) {
        SCOPED(json_free) struct json *json = NULL;
        enum sealift_status status;

        limit_memory_to(memory_in_use() + (megabytes << 20));
        status = json_parse(buf_bytes(&text), "test", &json, &err);
        limit_memory_to(RLIM_INFINITY);
        cr_assert(status == SEALIFT_OK || status == SEALIFT_NO_MEMORY, "%s", err.message);
        failures += status == SEALIFT_NO_MEMORY;
    }
    if (failures == 0)
        cr_skip_test("the limit has no effect here");
}
