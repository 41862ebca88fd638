#include "json.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

static struct json *
parse(const char *text)
{
    struct json *json = NULL;

    cr_assert_eq(json_parse(bytes_of_text(text), "test", &json, &err), SEALIFT_OK, "%s: %s", text, err.message);
    return json;
}

Test(json, lets_paths_be_chained_through_what_is_not_there)
{
    SCOPED(json_free) struct json *json = parse("{\"auth\":{\"ttl\":60},\"list\":[{\"x\":1}]}");

    cr_assert_eq(json_integer(json_get(json_get(json, "auth"), "ttl"), 0), 60);
    cr_assert_eq(json_integer(json_get(json_get(json, "nothing"), "ttl"), 7), 7);
    cr_assert_null(json_get(json_get(json_get(json, "auth"), "ttl"), "deeper"));
    cr_assert_null(json_get(json_get(json, "list"), "x"), "an array has no keys");
    cr_assert_null(json_get(NULL, "x"));
    cr_assert_eq(json_integer(json_get(json_at(json_get(json, "list"), 0), "x"), 0), 1);
}

Test(json, counts_and_gives_elements)
{
    SCOPED(json_free) struct json *json = parse("{\"array\":[1,2,3],\"empty\":[],\"text\":\"x\"}");
    const struct json *array = json_get(json, "array");

    cr_assert_eq(json_count(array), 3);
    cr_assert_eq(json_count(json_get(json, "empty")), 0);
    cr_assert_eq(json_count(json_get(json, "text")), 0);
    cr_assert_eq(json_count(NULL), 0);
    cr_assert_null(json_at(array, 3));
    cr_assert_null(json_at(NULL, 0));
    cr_assert_str_eq(json_key_at(json, 1), "empty");
    cr_assert_null(json_key_at(json, 3));
    cr_assert_null(json_key_at(array, 0), "an element has no key");
}

Test(json, falls_back_where_a_type_is_another)
{
    SCOPED(json_free) struct json *json = parse("{\"i\":5,\"r\":1.5,\"s\":\"x\",\"b\":true,\"n\":null}");

    cr_assert_null(json_string(json_get(json, "i")));
    cr_assert_null(json_string(json_get(json, "n")));
    cr_assert_eq(json_integer(json_get(json, "r"), 9), 9);
    cr_assert_eq(json_integer(json_get(json, "s"), 9), 9);
    cr_assert_eq(json_integer(json_get(json, "b"), 9), 9);
    cr_assert_eq(json_bool(json_get(json, "i"), true), true);
    cr_assert_eq(json_bool(json_get(json, "i"), false), false);
    cr_assert_eq(json_bool(NULL, true), true);
}

Test(json, reads_integers_from_strings_in_the_writers_form_only)
{
    static const char *const refused[] = {"\"\"",
                                          "\"-\"",
                                          "\" 1\"",
                                          "\"1 \"",
                                          "\"+1\"",
                                          "\"01\"",
                                          "\"-0\"",
                                          "\"1.0\"",
                                          "\"1e3\"",
                                          "\"0x1\"",
                                          "\"9223372036854775808\""};
    SCOPED(json_free) struct json *json = parse("[\"0\",\"-12\",\"9223372036854775807\",\"-9223372036854775808\"]");

    cr_assert_eq(json_integer(json_at(json, 0), 9), 0);
    cr_assert_eq(json_integer(json_at(json, 1), 9), -12);
    cr_assert_eq(json_integer(json_at(json, 2), 9), INT64_MAX);
    cr_assert_eq(json_integer(json_at(json, 3), 9), INT64_MIN);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        SCOPED(json_free) struct json *string = parse(refused[i]);

        cr_assert_eq(json_integer(string, 777), 777, "%s", refused[i]);
    }
}

static void
assert_corrupt(enum sealift_status status, const char *message)
{
    cr_assert_eq(status, SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, message);
}

Test(json, names_the_key_that_is_missing_or_of_another_type)
{
    SCOPED(json_free) struct json *json = parse("{\"i\":5,\"s\":\"x\",\"r\":1.5}");
    SCOPED(buf_done) struct buf bytes = {0};
    const struct json *value;
    const char *string;
    uint8_t out[2];
    int64_t integer = 77;

    assert_corrupt(json_need_string(json, "none", &string, &err), "\"none\" is missing");
    assert_corrupt(json_need_string(json, "i", &string, &err), "\"i\" is not a string");
    assert_corrupt(json_need_integer(json, "none", 0, 9, &integer, &err), "\"none\" is missing");
    assert_corrupt(json_need_integer(json, "r", 0, 9, &integer, &err), "\"r\" is not an integer");
    assert_corrupt(json_need_object(json, "i", &value, &err), "\"i\" is not an object");
    assert_corrupt(json_need_array(json, "s", &value, &err), "\"s\" is not an array");
    assert_corrupt(json_need_hex(json, "s", out, 2, &err), "\"s\" is not 2 bytes in lower-case hexadecimal");
    assert_corrupt(json_need_base64(json, "s", &bytes, &err), "\"s\" is not base64");
    cr_assert_eq(integer, 77, "nothing is written on failure");
    cr_assert_eq(bytes.len, 0);
}

Test(json, holds_integers_to_their_bounds)
{
    SCOPED(json_free) struct json *json = parse("{\"i\":5}");
    int64_t integer = 77;

    cr_assert_eq(json_need_integer(json, "i", 5, 5, &integer, &err), SEALIFT_OK);
    cr_assert_eq(integer, 5);
    assert_corrupt(json_need_integer(json, "i", 6, 9, &integer, &err), "\"i\" is 5, not between 6 and 9");
    assert_corrupt(json_need_integer(json, "i", 0, 4, &integer, &err), "\"i\" is 5, not between 0 and 4");
}

Test(json, gives_what_is_needed)
{
    SCOPED(json_free) struct json *json = parse("{\"s\":\"x\",\"o\":{},\"a\":[],\"h\":\"00ff\",\"b\":\"Zm9v\"}");
    SCOPED(buf_done) struct buf bytes = {0};
    const struct json *value = NULL;
    const char *string = NULL;
    uint8_t out[2];

    cr_assert_eq(json_need_string(json, "s", &string, &err), SEALIFT_OK);
    cr_assert_str_eq(string, "x");
    cr_assert_eq(json_need_object(json, "o", &value, &err), SEALIFT_OK);
    cr_assert_eq(json_type(value), JSON_OBJECT);
    cr_assert_eq(json_need_array(json, "a", &value, &err), SEALIFT_OK);
    cr_assert_eq(json_type(value), JSON_ARRAY);
    cr_assert_eq(json_need_hex(json, "h", out, 2, &err), SEALIFT_OK);
    cr_assert_arr_eq(out, "\x00\xff", 2);
    cr_assert_eq(json_need_base64(json, "b", &bytes, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&bytes), bytes_of_text("foo")));
}
