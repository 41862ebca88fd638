#include "vault_client.h"

#include "scoped.h"
#include "test_certificate.h"
#include "vault_script.h"

static struct vault_client *
open_client(struct vault_script *script)
{
    struct vault_client *client = NULL;

    cr_assert_eq(vault_client_new(script->world, &script->config, &client, &script->err), SEALIFT_OK, "%s",
                 script->err.message);
    return client;
}

static enum sealift_status
call(struct vault_script *script, const struct vault_request *request, struct vault_answer *ret_answer)
{
    SCOPED(vault_client_free) struct vault_client *client = open_client(script);

    return vault_client_call(client, request, ret_answer, &script->err);
}

static enum sealift_status
get(struct vault_script *script, struct vault_answer *ret_answer)
{
    return call(script, &(struct vault_request){.method = "GET", .path = "transit/keys/k"}, ret_answer);
}

Test(vault_client, sends_what_vault_and_its_proxies_want)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    SCOPED(secret_free) struct secret *token = NULL;
    struct vault_request request = {
        .method = "POST", .path = "team transit/encrypt/k", .body = bytes_of_text("{\"plaintext\":\"AAAA\"}")};

    vault_script_add(&script, 200, "{}");
    vault_script_play(&script);
    strcpy(script.config.vault.name_space, "team/a");
    cr_assert_eq(secret_copy(bytes_of_text("s.abc"), &token, &script.err), SEALIFT_OK);
    request.token = token;
    cr_assert_eq(call(&script, &request, &answer), SEALIFT_OK, "%s", script.err.message);
    EXPECT_REQUESTS(&script, "POST /v1/team%20transit/encrypt/k");
    cr_assert_str_eq(scripted_server_saw_header(script.server, 0, "x-vault-token"), "s.abc");
    cr_assert_str_eq(scripted_server_saw_header(script.server, 0, "x-vault-request"), "true");
    cr_assert_str_eq(scripted_server_saw_header(script.server, 0, "x-vault-namespace"), "team/a");
    cr_assert_str_eq(scripted_server_saw_header(script.server, 0, "content-type"), "application/json");
    cr_assert_str_eq(scripted_server_body(script.server, 0), "{\"plaintext\":\"AAAA\"}");
}

Test(vault_client, asks_for_health_outside_the_namespace)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&script, 200, "{}");
    vault_script_play(&script);
    strcpy(script.config.vault.name_space, "team/a");
    cr_assert_eq(call(&script,
                      &(struct vault_request){.method = "GET", .path = "sys/health", .outside_namespaces = true},
                      &answer),
                 SEALIFT_OK);
    cr_assert_str_eq(scripted_server_saw_header(script.server, 0, "x-vault-namespace"), "");
    cr_assert_str_eq(scripted_server_saw_header(script.server, 0, "x-vault-token"), "");
}

Test(vault_client, tries_again_what_passes)
{
    static const int passing[] = {412, 429, 500, 502, 503};

    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
        SCOPED(vault_script_done) struct vault_script script = {0};
        SCOPED(vault_answer_done) struct vault_answer answer = {0};

        vault_script_add(&script, passing[i], "{\"errors\":[\"not now\"]}");
        vault_script_add(&script, passing[i], "{\"errors\":[]}");
        vault_script_add(&script, 200, "{}");
        vault_script_play(&script);
        cr_assert_eq(get(&script, &answer), SEALIFT_OK);
        cr_assert_eq(answer.status, 200, "after %d", passing[i]);
        cr_assert_eq(scripted_server_requests(script.server), 3);
        cr_assert_eq(script.scripted.sleeps, 2);
    }
}

Test(vault_client, does_not_try_again_what_will_never_change)
{
    static const struct {
        int status;
        const char *body;
    } lasting[] = {
        {400, "{\"errors\":[\"encryption key not found\"]}"},
        {403, ANSWER_REFUSED},
        {404, ANSWER_MISSING},
        {501, "{\"errors\":[\"not initialized\"]}"},
        {500, "{\"errors\":[\"cipher: message authentication failed\"]}"}, /* as Vault 1.6.0 said it */
    };

    for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++) {
        SCOPED(vault_script_done) struct vault_script script = {0};
        SCOPED(vault_answer_done) struct vault_answer answer = {0};

        vault_script_add(&script, lasting[i].status, lasting[i].body);
        vault_script_play(&script);
        cr_assert_eq(get(&script, &answer), SEALIFT_OK);
        cr_assert_eq(answer.status, lasting[i].status);
        cr_assert_eq(scripted_server_requests(script.server), 1);
    }
}

Test(vault_client, hands_on_the_last_answer_when_it_gives_up)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    for (int i = 0; i < 10; i++)
        vault_script_add(&script, 503, "{\"errors\":[\"Vault is sealed\"]}");
    vault_script_play(&script);
    cr_assert_eq(get(&script, &answer), SEALIFT_OK);
    cr_assert_eq(answer.status, 503);
    cr_assert_eq(scripted_server_requests(script.server), 8);
}

Test(vault_client, asks_only_once_when_told_so)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&script, 503, "{}");
    vault_script_play(&script);
    cr_assert_eq(call(&script, &(struct vault_request){.method = "GET", .path = "sys/health", .once = true}, &answer),
                 SEALIFT_OK);
    cr_assert_eq(answer.status, 503);
    cr_assert_eq(scripted_server_requests(script.server), 1);
}

Test(vault_client, gives_up_on_a_server_that_is_not_there)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_play(&script);
    scripted_server_stop(&script.server);
    cr_assert_eq(get(&script, &answer), SEALIFT_UNAVAILABLE);
    cr_assert_not_null(strstr(script.err.message, "gave up after 8 tries"), "%s", script.err.message);
    cr_assert_eq(script.scripted.sleeps, 7);
}

Test(vault_client, tries_again_after_a_cut_answer)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    script.steps[script.count++] = (struct scripted_step){
        .answer = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"data\":{", .ending = SCRIPTED_CLOSE};
    vault_script_add(&script, 200, "{\"data\":{\"a\":1}}");
    vault_script_play(&script);
    cr_assert_eq(get(&script, &answer), SEALIFT_OK, "%s", script.err.message);
    cr_assert_eq(json_integer(vault_answer_data(&answer, "a"), 0), 1);
}

Test(vault_client, does_not_trust_half_a_json)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&script, 200, "{\"data\":{\"ciphertext\":\"vault:v1:AA");
    vault_script_play(&script);
    cr_assert_eq(get(&script, &answer), SEALIFT_CORRUPT);
}

Test(vault_client, knows_a_web_page_that_is_no_vault)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    static char page[sizeof(head) + (2 << 20)];
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    memset(page, ' ', sizeof(page));
    memcpy(page, head, sizeof(head) - 1);
    script.steps[script.count++] =
        (struct scripted_step){.answer = page, .answer_len = sizeof(page), .ending = SCRIPTED_CLOSE};
    vault_script_play(&script);
    cr_assert_eq(get(&script, &answer), SEALIFT_INVALID);
    cr_assert_not_null(strstr(script.err.message, "no Vault or OpenBao"), "%s", script.err.message);
}

Test(vault_client, stops_between_two_tries_when_asked_to)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    SCOPED(vault_client_free) struct vault_client *client = NULL;

    vault_script_add(&script, 503, "{}");
    vault_script_play(&script);
    client = open_client(&script);
    atomic_store(&script.scripted.cancel.asked, true);
    cr_assert_eq(vault_client_call(client, &(struct vault_request){.method = "GET", .path = "x"}, &answer, &script.err),
                 SEALIFT_CANCELLED);
}

Test(vault_client, logs_the_servers_warnings)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&script, 200, "{\"warnings\":[\"Endpoint ignored these unrecognized parameters: [x]\"]}");
    vault_script_play(&script);
    cr_assert_eq(get(&script, &answer), SEALIFT_OK);
    cr_assert_not_null(strstr(script.scripted.log, "unrecognized parameters"));
}

/* --- Redirects --- */

static void
add_redirect(struct vault_script *script, const char *to, const char *path)
{
    char header[1280];

    snprintf(header, sizeof(header), "Location: %s%s\r\n", to, path);
    vault_script_add_with(script, 307, header, "");
}

static enum sealift_status
get_with_token(struct vault_script *script, struct vault_answer *ret_answer)
{
    SCOPED(secret_free) struct secret *token = NULL;

    cr_assert_eq(secret_copy(bytes_of_text("s.abc"), &token, &script->err), SEALIFT_OK);
    return call(script, &(struct vault_request){.method = "GET", .path = "transit/keys/k", .token = token}, ret_answer);
}

Test(vault_client, follows_a_standby_to_the_active_server)
{
    SCOPED(vault_script_done) struct vault_script active = {0};
    SCOPED(vault_script_done) struct vault_script standby = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&active, 200, "{\"data\":{\"a\":1}}");
    vault_script_play(&active);
    add_redirect(&standby, active.config.address, "/v1/transit/keys/k");
    vault_script_play(&standby);
    strcpy(standby.config.vault.name_space, "team/a");
    cr_assert_eq(get_with_token(&standby, &answer), SEALIFT_OK, "%s", standby.err.message);
    cr_assert_eq(json_integer(vault_answer_data(&answer, "a"), 0), 1);
    cr_assert_str_eq(scripted_server_saw_header(active.server, 0, "x-vault-token"), "s.abc");
    cr_assert_str_eq(scripted_server_saw_header(active.server, 0, "x-vault-namespace"), "team/a");
}

Test(vault_client, follows_for_one_hop_only)
{
    SCOPED(vault_script_done) struct vault_script active = {0};
    SCOPED(vault_script_done) struct vault_script standby = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    add_redirect(&active, "http://127.0.0.1:1", "/v1/transit/keys/k");
    vault_script_play(&active);
    add_redirect(&standby, active.config.address, "/v1/transit/keys/k");
    vault_script_play(&standby);
    cr_assert_eq(get_with_token(&standby, &answer), SEALIFT_OK);
    cr_assert_eq(answer.status, 307);
    cr_assert_not_null(strstr(answer.location, "127.0.0.1:1/"));
    cr_assert_eq(scripted_server_requests(active.server), 1);
}

Test(vault_client, does_not_carry_a_token_to_another_path)
{
    SCOPED(vault_script_done) struct vault_script other = {0};
    SCOPED(vault_script_done) struct vault_script standby = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_play(&other);
    add_redirect(&standby, other.config.address, "/collect");
    vault_script_play(&standby);
    cr_assert_eq(get_with_token(&standby, &answer), SEALIFT_OK);
    cr_assert_eq(answer.status, 307);
    cr_assert_eq(scripted_server_requests(other.server), 0);
}

/* --- TLS --- */

static void
play_over_tls(struct vault_script *script, const struct test_certificate *certificate, const char *host)
{
    struct scripted_tls tls = {certificate->certificate_file, certificate->key_file};

    vault_script_play(script);
    scripted_server_stop(&script->server);
    script->server = scripted_server_start(script->steps, script->count, &tls);
    snprintf(script->config.address, sizeof(script->config.address), "https://%s:%u", host,
             scripted_server_port(script->server));
}

Test(vault_client, does_not_carry_a_token_from_https_to_http)
{
    SCOPED(test_certificate_remove) struct test_certificate certificate;
    SCOPED(vault_script_done) struct vault_script plain = {0};
    SCOPED(vault_script_done) struct vault_script standby = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    test_certificate_make("DNS:localhost", 3600, &certificate);
    vault_script_play(&plain);
    add_redirect(&standby, plain.config.address, "/v1/transit/keys/k");
    play_over_tls(&standby, &certificate, "localhost");
    strcpy(standby.config.ca_file, certificate.certificate_file);
    cr_assert_eq(get_with_token(&standby, &answer), SEALIFT_OK, "%s", standby.err.message);
    cr_assert_eq(answer.status, 307);
    cr_assert_eq(scripted_server_requests(plain.server), 0);
}

Test(vault_client, refuses_a_certificate_for_another_name)
{
    SCOPED(test_certificate_remove) struct test_certificate certificate;
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    test_certificate_make("DNS:vault.example", 3600, &certificate);
    play_over_tls(&script, &certificate, "localhost");
    strcpy(script.config.ca_file, certificate.certificate_file);
    cr_assert_eq(get(&script, &answer), SEALIFT_DENIED);
    cr_assert_not_null(strstr(script.err.message, "does not match this name"), "%s", script.err.message);
    cr_assert_eq(script.scripted.sleeps, 0);
}

Test(vault_client, says_how_to_name_the_ca)
{
    SCOPED(test_certificate_remove) struct test_certificate certificate;
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    test_certificate_make("DNS:localhost", 3600, &certificate);
    play_over_tls(&script, &certificate, "localhost");
    cr_assert_eq(get(&script, &answer), SEALIFT_DENIED);
    cr_assert_not_null(strstr(script.err.message, "--ca-cert"), "%s", script.err.message);
    cr_assert_eq(strncmp(script.err.message, "Vault: localhost:", 17), 0, "%s", script.err.message);
}

Test(vault_client, knows_when_others_can_listen)
{
    static const struct {
        const char *address;
        bool exposed;
    } cases[] = {{"http://vault.example:8200", true},
                 {"https://vault.example:8200", false},
                 {"http://127.0.0.1:8200", false},
                 {"http://localhost:8200", false},
                 {"http://[::1]:8200", false}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SCOPED(vault_script_done) struct vault_script script = {0};
        SCOPED(vault_client_free) struct vault_client *client = NULL;

        vault_script_play(&script);
        strcpy(script.config.address, cases[i].address);
        client = open_client(&script);
        cr_assert_eq(vault_client_is_exposed(client), cases[i].exposed, "%s", cases[i].address);
    }
}
