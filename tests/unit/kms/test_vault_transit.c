#include "vault_transit.h"

#include "envelope.h"
#include "heap_search.h"
#include "scoped.h"
#include "vault_script.h"

static struct sealift_error err;

static const struct vault_place place = {"", "", "transit", "cluster-key", NULL, {0}};

static enum sealift_status
parse_plaintext(const char *body, struct secret **ret_kek)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    cr_assert_eq(vault_answer_read(200, bytes_of_text(body), "test", &answer, &err), SEALIFT_OK);
    return vault_transit_plaintext(&answer, ret_kek, &err);
}

Test(vault_transit, takes_the_version_from_the_text)
{
    cr_assert_eq(vault_transit_version("vault:v1:AAAA"), 1);
    cr_assert_eq(vault_transit_version("vault:v12:AAAA"), 12);
    cr_assert_eq(vault_transit_version(""), 0);
    cr_assert_eq(vault_transit_version("vault:v"), 0);
    cr_assert_eq(vault_transit_version("vault:v:AAAA"), 0);
    cr_assert_eq(vault_transit_version("vault:v1"), 0);
    cr_assert_eq(vault_transit_version("vault:v1:"), 0);
    cr_assert_eq(vault_transit_version("vault:v0:AAAA"), 0);
    cr_assert_eq(vault_transit_version("vault:v1x:AAAA"), 0);
    cr_assert_eq(vault_transit_version("vault:v-1:AAAA"), 0);
    cr_assert_eq(vault_transit_version("local:v1:AAAA"), 0);
    cr_assert_eq(vault_transit_version("vault:v1:AA\nAA"), 0);
    cr_assert_eq(vault_transit_version("vault:v99999999999999999999999999:AAAA"), 0);
}

Test(vault_transit, refuses_a_ciphertext_that_no_envelope_holds)
{
    char text[WRAPPED_KEK_MAX + 2] = "vault:v1:";

    memset(text + 9, 'A', WRAPPED_KEK_MAX - 9);
    cr_assert_eq(vault_transit_version(text), 1);
    text[WRAPPED_KEK_MAX] = 'A';
    cr_assert_eq(vault_transit_version(text), 0);
}

Test(vault_transit, reads_a_plaintext_of_a_keks_size_only)
{
    SCOPED(secret_free) struct secret *kek = NULL;

    cr_assert_eq(parse_plaintext(ANSWER_PLAIN, &kek), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(kek->len, KEY_SIZE);
    cr_assert_eq(kek->bytes[31], 31);
    secret_free(&kek);
    cr_assert_eq(parse_plaintext("{\"data\":{\"plaintext\":\"AAAA\"}}", &kek), SEALIFT_KEY);
    cr_assert_eq(parse_plaintext("{\"data\":{\"plaintext\":\"not base64\"}}", &kek), SEALIFT_CORRUPT);
    cr_assert_eq(parse_plaintext("{\"data\":{\"plaintext\":null}}", &kek), SEALIFT_CORRUPT);
    cr_assert_eq(parse_plaintext("{}", &kek), SEALIFT_CORRUPT);
    cr_assert_null(kek);
}

static struct vault_login *
open_login(struct vault_script *script, struct vault_client **ret_client)
{
    struct vault_login *login = NULL;

    cr_assert_eq(vault_client_new(script->world, &script->config, ret_client, &script->err), SEALIFT_OK);
    cr_assert_eq(vault_login_new(script->world, &script->config, *ret_client, &login, &script->err), SEALIFT_OK);
    return login;
}

static struct secret *
counting_kek(void)
{
    struct secret *kek = NULL;

    cr_assert_eq(secret_new(KEY_SIZE, &kek, &err), SEALIFT_OK);
    for (size_t i = 0; i < kek->len; i++)
        kek->bytes[i] = (uint8_t)i;
    return kek;
}

Test(vault_transit, sends_no_associated_data)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_client_free) struct vault_client *client = NULL;
    SCOPED(vault_login_free) struct vault_login *login = NULL;
    SCOPED(secret_free) struct secret *kek = counting_kek();
    SCOPED(secret_free) struct secret *again = NULL;
    SCOPED(buf_done) struct buf wrapped = {0};
    SCOPED(buf_done) struct buf rewrapped = {0};

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, ANSWER_WRAPPED);
    vault_script_add(&script, 200, ANSWER_PLAIN);
    vault_script_add(&script, 200, "{\"data\":{\"ciphertext\":\"vault:v4:BBBB\"}}");
    vault_script_play(&script);
    login = open_login(&script, &client);
    cr_assert_eq(vault_transit_wrap(login, &place, kek, &wrapped, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(bytes_equal(buf_bytes(&wrapped), bytes_of_text("vault:v3:AAAA")));
    cr_assert_eq(vault_transit_unwrap(login, &place, "vault:v3:AAAA", &again, &err), SEALIFT_OK);
    cr_assert(secret_equal(kek, again));
    cr_assert_eq(vault_transit_rewrap(login, &place, "vault:v3:AAAA", &rewrapped, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&rewrapped), bytes_of_text("vault:v4:BBBB")));

    EXPECT_REQUESTS(&script, "GET /v1/auth/token/lookup-self", "POST /v1/transit/encrypt/cluster-key",
                    "POST /v1/transit/decrypt/cluster-key", "POST /v1/transit/rewrap/cluster-key");
    cr_assert_str_eq(scripted_server_body(script.server, 1),
                     "{\"plaintext\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}");
    cr_assert_str_eq(scripted_server_body(script.server, 2), "{\"ciphertext\":\"vault:v3:AAAA\"}");
    cr_assert_str_eq(scripted_server_body(script.server, 3), "{\"ciphertext\":\"vault:v3:AAAA\"}");
}

Test(vault_transit, names_the_call_whose_answer_makes_no_sense)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_client_free) struct vault_client *client = NULL;
    SCOPED(vault_login_free) struct vault_login *login = NULL;
    SCOPED(secret_free) struct secret *kek = counting_kek();
    SCOPED(buf_done) struct buf wrapped = {0};

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, "{\"data\":{\"ciphertext\":\"plain text\"}}");
    vault_script_add(&script, 204, "");
    vault_script_play(&script);
    login = open_login(&script, &client);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(vault_transit_wrap(login, &place, kek, &wrapped, &err), SEALIFT_CORRUPT);
        cr_assert_not_null(strstr(err.message, "transit/cluster-key"));
        cr_assert_eq(wrapped.len, 0);
    }
}

/* "a-key-that-can-be-found-in-heaps": first as base64 in the answer, then as itself. */
Test(vault_transit, leaves_no_key_in_the_heap)
{
    static const char body[] = "{\"data\":{\"plaintext\":\"YS1rZXktdGhhdC1jYW4tYmUtZm91bmQtaW4taGVhcHM=\"}}";
    static const char shifted_base64[] = "ZT2s[YlueHiieD2kZX5uZnVu";
    static const char shifted_key[] = "b.lfz.uibu.dbo.cf.gpvoe.";
    SCOPED(secret_free) struct secret *kek = NULL;
    struct vault_answer answer = {0};

    cr_assert_eq(vault_answer_read(200, bytes_of_text(body), "test", &answer, &err), SEALIFT_OK);
    cr_assert_gt(heap_count_shifted(shifted_base64), 0, "the search finds what is there");
    cr_assert_eq(vault_transit_plaintext(&answer, &kek, &err), SEALIFT_OK);
    vault_answer_done(&answer);
    cr_assert_eq(heap_count_shifted(shifted_base64), 0);
    cr_assert_eq(heap_count_shifted(shifted_key), 0);
}
