#include "vault_key.h"

#include "scoped.h"
#include "vault_script.h"

static struct sealift_error err;
static const struct vault_place place = {"https://v:8200", "", "transit", "cluster-key", NULL, {0}};

static enum sealift_status
parse(const char *body, struct vault_key *ret_key)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    cr_assert_eq(vault_answer_read(200, bytes_of_text(body), "test", &answer, &err), SEALIFT_OK);
    return vault_key_from_answer(&answer, ret_key, &err);
}

static struct vault_key
parsed(const char *body)
{
    struct vault_key key;

    cr_assert_eq(parse(body, &key), SEALIFT_OK, "%s", err.message);
    return key;
}

Test(vault_key, reads_what_the_server_says_of_it)
{
    struct vault_key key = parsed(ANSWER_KEY);

    cr_assert_str_eq(key.type, "aes256-gcm96");
    cr_assert_eq(key.latest_version, 3);
    cr_assert_eq(key.min_decryption_version, 1);
    cr_assert_eq(vault_key_check(&key, &place, &err), SEALIFT_OK);
    cr_assert_null(vault_key_warning(&key, 0));
}

Test(vault_key, refuses_what_is_no_key)
{
    static const char *const bodies[] = {"{}", "{\"data\":{\"value\":\"x\"}}", "{\"data\":{\"type\":\"aes256-gcm96\"}}",
                                         "{\"data\":{\"latest_version\":1}}",
                                         "{\"data\":{\"type\":7,\"latest_version\":1}}"};

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct vault_key key;

        cr_assert_eq(parse(bodies[i], &key), SEALIFT_CORRUPT, "%s", bodies[i]);
    }
}

static void
expect_unusable(const char *body, const char *because)
{
    struct vault_key key = parsed(body);

    cr_assert_eq(vault_key_check(&key, &place, &err), SEALIFT_KEY, "%s", body);
    cr_assert_not_null(strstr(err.message, because), "%s", err.message);
    cr_assert_not_null(strstr(err.message, "transit/cluster-key"), "%s", err.message);
}

Test(vault_key, refuses_keys_that_cannot_wrap_for_us)
{
    expect_unusable("{\"data\":{\"type\":\"ed25519\",\"latest_version\":1,\"supports_encryption\":false,"
                    "\"supports_decryption\":false}}",
                    "cannot encrypt");
    expect_unusable("{\"data\":{\"type\":\"hmac\",\"latest_version\":1,\"supports_encryption\":true}}",
                    "cannot encrypt");
    expect_unusable(ANSWER_KEY_OF(",\"derived\":true"), "derived");
    expect_unusable(ANSWER_KEY_OF(",\"soft_deleted\":true"), "soft-deleted");
}

static void
expect_warning(const char *body, const char *warning)
{
    struct vault_key key = parsed(body);

    cr_assert_eq(vault_key_check(&key, &place, &err), SEALIFT_OK);
    cr_assert_not_null(vault_key_warning(&key, 0), "%s", body);
    cr_assert_not_null(strstr(vault_key_warning(&key, 0), warning), "%s", vault_key_warning(&key, 0));
}

Test(vault_key, warns_of_what_its_admin_should_know)
{
    struct vault_key key = parsed(ANSWER_KEY_OF(",\"exportable\":true,\"allow_plaintext_backup\":true,"
                                                "\"deletion_allowed\":true"));

    for (size_t i = 0; i < 3; i++)
        cr_assert_not_null(vault_key_warning(&key, i));
    cr_assert_null(vault_key_warning(&key, 3));
    expect_warning(ANSWER_KEY_OF(",\"exportable\":true"), "exported");
    expect_warning(ANSWER_KEY_OF(",\"allow_plaintext_backup\":true"), "plain text");
    expect_warning(ANSWER_KEY_OF(",\"deletion_allowed\":true"), "deleted");
    expect_warning("{\"data\":{\"type\":\"aes128-gcm96\",\"latest_version\":1,\"supports_encryption\":true,"
                   "\"supports_decryption\":true}}",
                   "128 bits");
    expect_warning("{\"data\":{\"type\":\"rsa-3072\",\"latest_version\":1,\"supports_encryption\":true,"
                   "\"supports_decryption\":true}}",
                   "RSA");
}
