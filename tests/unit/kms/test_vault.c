#include "vault.h"

#include "scoped.h"
#include "vault_script.h"

static struct kms_errand errand;

static struct kms *
open_vault(struct vault_script *script)
{
    struct kms *kms = NULL;

    cr_assert_eq(kms_open(script->world, &script->config, "/nowhere", &kms, &script->err), SEALIFT_OK, "%s",
                 script->err.message);
    return kms;
}

static struct secret *
counting_kek(void)
{
    struct sealift_error err;
    struct secret *kek = NULL;

    cr_assert_eq(secret_new(KEY_SIZE, &kek, &err), SEALIFT_OK);
    for (size_t i = 0; i < kek->len; i++)
        kek->bytes[i] = (uint8_t)i;
    return kek;
}

static enum sealift_status
wrap(struct vault_script *script, struct kms *kms, struct kms_hint *ret_hint)
{
    SCOPED(secret_free) struct secret *kek = counting_kek();
    SCOPED(buf_done) struct buf wrapped = {0};

    return kms_wrap(kms, &errand, kek, ret_hint, &wrapped, &script->err);
}

static const struct kms_hint configured_hint = {.type = "vault", .mount = "transit", .key_identifier = "cluster-key"};

static enum sealift_status
unwrap(struct vault_script *script, const struct kms_hint *hint)
{
    SCOPED(kms_free) struct kms *kms = open_vault(script);
    SCOPED(secret_free) struct secret *kek = counting_kek();
    SCOPED(secret_free) struct secret *again = NULL;
    enum sealift_status status = kms_unwrap(kms, &errand, hint, "vault:v3:AAAA", &again, &script->err);

    cr_assert(status != SEALIFT_OK || secret_equal(kek, again));
    return status;
}

/* --- Wrapping --- */

Test(vault, reads_the_key_once_before_it_wraps)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(kms_free) struct kms *kms = NULL;
    struct kms_hint hint;

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 200, ANSWER_WRAPPED);
    vault_script_add(&script, 200, ANSWER_WRAPPED);
    vault_script_play(&script);
    strcpy(script.config.vault.name_space, "team/a");
    kms = open_vault(&script);
    cr_assert_eq(wrap(&script, kms, &hint), SEALIFT_OK, "%s", script.err.message);
    cr_assert_eq(wrap(&script, kms, &hint), SEALIFT_OK);
    EXPECT_REQUESTS(&script, "GET /v1/auth/token/lookup-self", "GET /v1/transit/keys/cluster-key",
                    "POST /v1/transit/encrypt/cluster-key", "POST /v1/transit/encrypt/cluster-key");
    cr_assert_str_eq(hint.type, "vault");
    cr_assert_str_eq(hint.name_space, "team/a");
    cr_assert_str_eq(hint.mount, "transit");
    cr_assert_str_eq(hint.key_identifier, "cluster-key");
    cr_assert_eq(hint.key_version, 3);
}

/* A token that may "create" would make the missing key with the first encrypt. */
Test(vault, never_encrypts_with_a_key_that_it_could_not_read)
{
    static const struct {
        int status;
        const char *body;
        enum sealift_status expected;
    } refusals[] = {
        {404, ANSWER_MISSING, SEALIFT_NOT_FOUND},
        {200, "{\"data\":{\"value\":\"a key-value entry\"}}", SEALIFT_CORRUPT},
        {200, "{\"data\":{\"type\":\"ed25519\",\"latest_version\":1,\"supports_encryption\":false}}", SEALIFT_KEY},
        {200, ANSWER_KEY_OF(",\"derived\":true"), SEALIFT_KEY},
        {200, ANSWER_KEY_OF(",\"soft_deleted\":true"), SEALIFT_KEY},
    };

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        SCOPED(vault_script_done) struct vault_script script = {0};
        SCOPED(kms_free) struct kms *kms = NULL;
        struct kms_hint hint;

        vault_script_add(&script, 200, ANSWER_LOOKUP);
        vault_script_add(&script, refusals[i].status, refusals[i].body);
        vault_script_play(&script);
        kms = open_vault(&script);
        cr_assert_eq(wrap(&script, kms, &hint), refusals[i].expected, "%s: %s", refusals[i].body, script.err.message);
        EXPECT_REQUESTS(&script, "GET /v1/auth/token/lookup-self", "GET /v1/transit/keys/cluster-key");
    }
}

Test(vault, warns_of_a_key_that_may_be_exported)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(kms_free) struct kms *kms = NULL;
    struct kms_hint hint;

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, ANSWER_KEY_OF(",\"exportable\":true"));
    vault_script_add(&script, 200, ANSWER_WRAPPED);
    vault_script_play(&script);
    kms = open_vault(&script);
    cr_assert_eq(wrap(&script, kms, &hint), SEALIFT_OK);
    cr_assert_not_null(strstr(script.scripted.log, "may be exported"));
}

Test(vault, is_unavailable_while_it_is_sealed)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(kms_free) struct kms *kms = NULL;
    struct kms_hint hint;

    for (int i = 0; i < 8; i++)
        vault_script_add(&script, 503, "{\"errors\":[\"Vault is sealed\"]}");
    vault_script_play(&script);
    kms = open_vault(&script);
    cr_assert_eq(wrap(&script, kms, &hint), SEALIFT_UNAVAILABLE);
    cr_assert_not_null(strstr(script.err.message, "unseal"));
}

/* --- Unwrapping --- */

Test(vault, unwraps_without_reading_the_key)
{
    SCOPED(vault_script_done) struct vault_script script = {0};

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, ANSWER_PLAIN);
    vault_script_play(&script);
    cr_assert_eq(unwrap(&script, &configured_hint), SEALIFT_OK, "%s", script.err.message);
    EXPECT_REQUESTS(&script, "GET /v1/auth/token/lookup-self", "POST /v1/transit/decrypt/cluster-key");
}

/* After a remount, or under another name, the hint is out of date; the configured key opens it. */
Test(vault, tries_the_configured_key_first)
{
    static const struct kms_hint moved = {
        .type = "vault", .name_space = "old/team", .mount = "old", .key_identifier = "old-name"};
    SCOPED(vault_script_done) struct vault_script script = {0};

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, ANSWER_PLAIN);
    vault_script_play(&script);
    cr_assert_eq(unwrap(&script, &moved), SEALIFT_OK, "%s", script.err.message);
    EXPECT_REQUESTS(&script, "GET /v1/auth/token/lookup-self", "POST /v1/transit/decrypt/cluster-key");
}

Test(vault, then_tries_the_key_that_the_hint_names)
{
    static const struct kms_hint other = {.type = "vault", .mount = "tenants/a", .key_identifier = "their-key"};
    SCOPED(vault_script_done) struct vault_script script = {0};

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 400, "{\"errors\":[\"cipher: message authentication failed\"]}");
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 200, ANSWER_PLAIN);
    vault_script_play(&script);
    cr_assert_eq(unwrap(&script, &other), SEALIFT_OK, "%s", script.err.message);
    EXPECT_REQUESTS(&script, "GET /v1/auth/token/lookup-self", "POST /v1/transit/decrypt/cluster-key",
                    "GET /v1/tenants/a/keys/their-key", "POST /v1/tenants/a/decrypt/their-key");
}

Test(vault, tells_what_both_keys_said)
{
    static const struct kms_hint other = {.type = "vault", .mount = "tenants/a", .key_identifier = "their-key"};
    SCOPED(vault_script_done) struct vault_script script = {0};

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 400, "{\"errors\":[\"cipher: message authentication failed\"]}");
    vault_script_add(&script, 403, ANSWER_REFUSED);
    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 403, ANSWER_REFUSED);
    vault_script_play(&script);
    cr_assert_eq(unwrap(&script, &other), SEALIFT_DENIED);
    cr_assert_not_null(strstr(script.err.message, "transit/cluster-key: the wrapped key does not open"));
    cr_assert_not_null(strstr(script.err.message, "path \"tenants/a/keys/their-key\" { capabilities = [\"read\"] }"));
}

/* The hint comes from the bucket: whoever may write there must not make us post to another engine. */
Test(vault, posts_nothing_to_what_is_no_transit_key)
{
    static const struct kms_hint entry = {.type = "vault", .mount = "kv", .key_identifier = "entry"};
    SCOPED(vault_script_done) struct vault_script script = {0};

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 400, "{\"errors\":[\"cipher: message authentication failed\"]}");
    vault_script_add(&script, 200, "{\"data\":{\"value\":\"a key-value entry\"}}");
    vault_script_play(&script);
    cr_assert_eq(unwrap(&script, &entry), SEALIFT_KEY);
    EXPECT_REQUESTS(&script, "GET /v1/auth/token/lookup-self", "POST /v1/transit/decrypt/cluster-key",
                    "GET /v1/kv/keys/entry");
}

Test(vault, asks_nothing_of_a_hint_that_leads_astray)
{
    static const struct kms_hint hints[] = {
        {.type = "vault", .mount = "../../evil", .key_identifier = "k"},
        {.type = "vault", .mount = "transit", .key_identifier = "../../sys/seal"},
        {.type = "vault", .mount = "transit?x=", .key_identifier = "k"},
        {.type = "vault", .mount = "transit", .key_identifier = ""},
    };

    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        SCOPED(vault_script_done) struct vault_script script = {0};

        vault_script_add(&script, 200, ANSWER_LOOKUP);
        vault_script_add(&script, 400, "{\"errors\":[\"cipher: message authentication failed\"]}");
        vault_script_play(&script);
        cr_assert_eq(unwrap(&script, &hints[i]), SEALIFT_KEY, "%s", script.err.message);
        cr_assert_eq(scripted_server_requests(script.server), 2);
    }
}

Test(vault, says_which_namespace_is_needed)
{
    static const struct kms_hint elsewhere = {
        .type = "vault", .name_space = "tenants/b", .mount = "transit", .key_identifier = "b-key"};
    SCOPED(vault_script_done) struct vault_script script = {0};

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 400, "{\"errors\":[\"cipher: message authentication failed\"]}");
    vault_script_play(&script);
    cr_assert_eq(unwrap(&script, &elsewhere), SEALIFT_DENIED);
    cr_assert_not_null(strstr(script.err.message, "transit/b-key in namespace tenants/b"), "%s", script.err.message);
    cr_assert_not_null(strstr(script.err.message, "--namespace tenants/b"));
}

Test(vault, does_not_try_another_key_when_the_server_is_away)
{
    static const struct kms_hint other = {.type = "vault", .mount = "tenants/a", .key_identifier = "their-key"};
    SCOPED(vault_script_done) struct vault_script script = {0};

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    for (int i = 0; i < 8; i++)
        vault_script_add(&script, 429, "{\"errors\":[\"rate limit quota exceeded\"]}");
    vault_script_play(&script);
    cr_assert_eq(unwrap(&script, &other), SEALIFT_UNAVAILABLE);
    cr_assert_not_null(strstr(script.err.message, "quota"));
    cr_assert_eq(scripted_server_requests(script.server), 9);
}

Test(vault, tells_a_login_that_fails_only_once)
{
    static const struct kms_hint other = {.type = "vault", .mount = "tenants/a", .key_identifier = "their-key"};
    SCOPED(vault_script_done) struct vault_script script = {0};

    vault_script_add(&script, 403, ANSWER_UNKNOWN);
    vault_script_play(&script);
    cr_assert_eq(unwrap(&script, &other), SEALIFT_DENIED);
    EXPECT_REQUESTS(&script, "GET /v1/auth/token/lookup-self");
}

Test(vault, sends_nothing_that_it_could_not_have_wrapped)
{
    static const char *const damaged[] = {"", "vault:", "vault:v1", "local:v1:AAAA"};

    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        SCOPED(vault_script_done) struct vault_script script = {0};
        SCOPED(kms_free) struct kms *kms = NULL;
        SCOPED(secret_free) struct secret *kek = NULL;

        vault_script_play(&script);
        kms = open_vault(&script);
        cr_assert_eq(kms_unwrap(kms, &errand, &configured_hint, damaged[i], &kek, &script.err), SEALIFT_KEY);
        cr_assert_eq(scripted_server_requests(script.server), 0);
    }
}

Test(vault, says_why_an_old_or_a_future_version_does_not_open)
{
    static const struct {
        const char *body;
        const char *says;
    } cases[] = {
        {"{\"errors\":[\"ciphertext or signature version is disallowed by policy (too old)\"]}",
         "min_decryption_version"},
        {"{\"errors\":[\"invalid ciphertext: version is too new\"]}", "older backup"},
        {"{\"errors\":[\"invalid ciphertext: could not decode base64\"]}", "damaged"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SCOPED(vault_script_done) struct vault_script script = {0};

        vault_script_add(&script, 200, ANSWER_LOOKUP);
        vault_script_add(&script, 400, cases[i].body);
        vault_script_play(&script);
        cr_assert_eq(unwrap(&script, &configured_hint), SEALIFT_KEY);
        cr_assert_not_null(strstr(script.err.message, cases[i].says), "%s", script.err.message);
    }
}

Test(vault, refuses_a_plaintext_that_is_no_kek)
{
    SCOPED(vault_script_done) struct vault_script script = {0};

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, "{\"data\":{\"plaintext\":\"AAAA\"}}");
    vault_script_play(&script);
    cr_assert_eq(unwrap(&script, &configured_hint), SEALIFT_KEY);
}

Test(vault, refuses_a_configuration_that_leads_astray)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    struct kms *kms = NULL;

    vault_script_play(&script);
    strcpy(script.config.key, "../k");
    cr_assert_eq(kms_open(script.world, &script.config, "/nowhere", &kms, &script.err), SEALIFT_INVALID);
    cr_assert_null(kms);
}
