#include "config_field.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

static struct json *
parse(const char *text)
{
    struct json *json;

    cr_assert_eq(json_parse(bytes_of_text(text), "test", &json, &err), SEALIFT_OK, "%s", err.message);
    return json;
}

Test(config_field, messages_begin_with_the_type)
{
    cr_assert_eq(config_need("KMIP", "", "the key", &err), SEALIFT_INVALID);
    cr_assert_str_eq(err.message, "KMIP: the key is missing");
    cr_assert_eq(config_refuse("Vault", "r", "a role id", "with a token", &err), SEALIFT_INVALID);
    cr_assert_str_eq(err.message, "Vault: a role id is of no use with a token");
    cr_assert_eq(config_need("KMIP", "k", "the key", &err), SEALIFT_OK);
    cr_assert_eq(config_refuse("Vault", "", "a role id", "with a token", &err), SEALIFT_OK);
}

Test(config_field, what_is_empty_is_left_out_and_read_back_as_empty)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;
    SCOPED(json_free) struct json *json = NULL;
    SCOPED(buf_done) struct buf text = {0};
    struct credential_source source = {CREDENTIAL_FILE, "/f"};
    char value[4] = "old";
    bool flag = true;

    cr_assert_eq(json_writer_new(&writer, &err), SEALIFT_OK);
    json_open_object(writer, NULL);
    config_put(writer, "text", "");
    config_put_credential(writer, "credential", &(struct credential_source){0});
    json_close_object(writer);
    cr_assert_eq(json_writer_finish(writer, &text, &err), SEALIFT_OK);
    cr_assert_eq(text.len, strlen("{}"));

    json = parse("{}");
    cr_assert_eq(config_read(json, "text", value, sizeof(value), &err), SEALIFT_OK);
    cr_assert_str_eq(value, "");
    cr_assert_eq(config_read_credential(json, "credential", &source, &err), SEALIFT_OK);
    cr_assert_eq(source.kind, CREDENTIAL_NONE);
    cr_assert_eq(config_read_flag(json, "flag", &flag, &err), SEALIFT_OK);
    cr_assert_not(flag);
}

Test(config_field, text_must_fit)
{
    SCOPED(json_free) struct json *json = parse("{\"fits\":\"abc\",\"long\":\"abcd\"}");
    char value[4];

    cr_assert_eq(config_read(json, "fits", value, sizeof(value), &err), SEALIFT_OK);
    cr_assert_str_eq(value, "abc");
    cr_assert_eq(config_read(json, "long", value, sizeof(value), &err), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "\"long\" is longer than 3 bytes"), "%s", err.message);
}

Test(config_field, a_flag_is_true_or_false_and_nothing_else)
{
    SCOPED(json_free) struct json *json = parse("{\"yes\":true,\"no\":false,\"one\":1,\"null\":null}");
    bool flag = false;

    cr_assert_eq(config_read_flag(json, "yes", &flag, &err), SEALIFT_OK);
    cr_assert(flag);
    cr_assert_eq(config_read_flag(json, "no", &flag, &err), SEALIFT_OK);
    cr_assert_not(flag);
    cr_assert_eq(config_read_flag(json, "one", &flag, &err), SEALIFT_CORRUPT);
    cr_assert_eq(config_read_flag(json, "null", &flag, &err), SEALIFT_CORRUPT);
}

Test(config_field, a_name_is_one_of_those_that_are_known)
{
    static const char *const names[] = {"red", "green"};
    SCOPED(json_free) struct json *json = parse("{\"light\":\"green\",\"other\":\"blue\"}");
    size_t index;

    cr_assert_eq(config_read_name(json, "light", names, 2, &index, &err), SEALIFT_OK);
    cr_assert_eq(index, 1u);
    cr_assert_eq(config_read_name(json, "other", names, 2, &index, &err), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "blue"), "%s", err.message);
    cr_assert_eq(config_read_name(json, "absent", names, 2, &index, &err), SEALIFT_CORRUPT);
}
