#include "vault_answer.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

static enum sealift_status
read_answer(int status, const char *body, struct vault_answer *ret_answer)
{
    return vault_answer_read(status, bytes_of_text(body), "https://v:8200", ret_answer, &err);
}

Test(vault_answer, hands_out_data_and_auth)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    cr_assert_eq(read_answer(200, "{\"data\":{\"a\":1},\"auth\":{\"b\":\"x\"},\"warnings\":null}", &answer),
                 SEALIFT_OK);
    cr_assert(vault_answer_is_success(&answer));
    cr_assert_eq(json_integer(vault_answer_data(&answer, "a"), 0), 1);
    cr_assert_str_eq(json_string(vault_answer_auth(&answer, "b")), "x");
    cr_assert_null(vault_answer_data(&answer, "b"));
}

Test(vault_answer, joins_error_texts_into_one_line)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    cr_assert_eq(
        read_answer(403, "{\"errors\":[\"1 error occurred:\\n\\t* permission denied\\n\\n\",7,\" two \"]}", &answer),
        SEALIFT_OK);
    cr_assert_str_eq(answer.errors, "1 error occurred: * permission denied; two");
    cr_assert(vault_answer_says(&answer, "permission denied"));
    cr_assert_not(vault_answer_says(&answer, "sealed"));
}

Test(vault_answer, cuts_an_endless_error_text)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    char body[3000] = "{\"errors\":[\"";

    memset(body + strlen(body), 'x', 2500);
    strcat(body, "\"]}");
    cr_assert_eq(read_answer(400, body, &answer), SEALIFT_OK);
    cr_assert_eq(strlen(answer.errors), sizeof(answer.errors) - 1);
}

Test(vault_answer, may_be_empty)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    cr_assert_eq(read_answer(204, "", &answer), SEALIFT_OK);
    cr_assert_null(answer.json);
}

Test(vault_answer, takes_a_proxys_page_for_a_failure)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    cr_assert_eq(read_answer(502, "<html>Bad Gateway</html>", &answer), SEALIFT_OK);
    cr_assert_null(answer.json);
    cr_assert_str_eq(answer.errors, "");
}

Test(vault_answer, refuses_a_success_that_is_not_json)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    cr_assert_eq(read_answer(200, "<html>Welcome</html>", &answer), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "is this Vault's address?"));
    cr_assert_eq(read_answer(200, "{\"data\":{\"ciphertext\":\"vault:v1:", &answer), SEALIFT_CORRUPT);
}
