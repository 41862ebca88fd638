#include "vault_server.h"

#include "scoped.h"
#include "test_certificate.h"
#include "vault_script.h"

/* The server of the script, as its client has it. */
static enum sealift_status
ask(struct vault_script *script, const struct vault_request *request, struct vault_answer *ret_answer)
{
    SCOPED(http_client_free) struct http_client *http = NULL;
    struct http_client_options options = {.ca_file = script->config.ca_file[0] != '\0' ? script->config.ca_file : NULL};
    struct vault_address addresses[VAULT_ADDRESS_MAX];
    struct vault_server server = {
        .world = script->world, .name_space = script->config.vault.name_space, .login_name_space = "teams/logins"};
    size_t count;

    cr_assert_eq(http_client_new(script->world, &options, &http, &script->err), SEALIFT_OK);
    cr_assert_eq(vault_address_parse_list(script->config.address, addresses, &count, &script->err), SEALIFT_OK);
    server.http = http;
    server.address = addresses[0];
    return vault_server_ask(&server, request, ret_answer, &script->err);
}

static enum sealift_status
get(struct vault_script *script, struct vault_answer *ret_answer)
{
    return ask(script, &(struct vault_request){.method = "GET", .path = "transit/keys/k"}, ret_answer);
}

Test(vault_server, sends_what_vault_and_its_proxies_want)
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
    cr_assert_eq(ask(&script, &request, &answer), SEALIFT_OK, "%s", script.err.message);
    EXPECT_REQUESTS(&script, "POST /v1/team%20transit/encrypt/k");
    cr_assert_str_eq(scripted_server_saw_header(script.server, 0, "x-vault-token"), "s.abc");
    cr_assert_str_eq(scripted_server_saw_header(script.server, 0, "x-vault-request"), "true");
    cr_assert_str_eq(scripted_server_saw_header(script.server, 0, "x-vault-namespace"), "team/a");
    cr_assert_str_eq(scripted_server_saw_header(script.server, 0, "content-type"), "application/json");
    cr_assert_str_eq(scripted_server_body(script.server, 0), "{\"plaintext\":\"AAAA\"}");
}

Test(vault_server, asks_for_a_login_in_the_logins_namespace)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&script, 200, "{}");
    vault_script_play(&script);
    strcpy(script.config.vault.name_space, "team/a");
    cr_assert_eq(ask(&script, &(struct vault_request){.method = "POST", .path = "auth/approle/login", .of_login = true},
                     &answer),
                 SEALIFT_OK);
    cr_assert_str_eq(scripted_server_saw_header(script.server, 0, "x-vault-namespace"), "teams/logins");
}

Test(vault_server, asks_for_health_outside_the_namespace)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&script, 200, "{}");
    vault_script_play(&script);
    strcpy(script.config.vault.name_space, "team/a");
    cr_assert_eq(ask(&script,
                     &(struct vault_request){.method = "GET", .path = "sys/health", .outside_namespaces = true},
                     &answer),
                 SEALIFT_OK);
    cr_assert_str_eq(scripted_server_saw_header(script.server, 0, "x-vault-namespace"), "");
    cr_assert_str_eq(scripted_server_saw_header(script.server, 0, "x-vault-token"), "");
}

Test(vault_server, knows_a_web_page_that_is_no_vault)
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
    return ask(script, &(struct vault_request){.method = "GET", .path = "transit/keys/k", .token = token}, ret_answer);
}

Test(vault_server, follows_a_standby_to_the_active_server)
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

Test(vault_server, follows_for_one_hop_only)
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

Test(vault_server, does_not_carry_a_token_to_another_path)
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

Test(vault_server, does_not_carry_a_token_from_https_to_http)
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

Test(vault_server, refuses_a_certificate_for_another_name)
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

Test(vault_server, says_who_answered_and_when_to_come_back)
{
    SCOPED(vault_script_done) struct vault_script active = {0};
    SCOPED(vault_script_done) struct vault_script standby = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add_with(&active, 429, "Retry-After: 12\r\n", "{}");
    vault_script_play(&active);
    add_redirect(&standby, active.config.address, "/v1/transit/keys/k");
    vault_script_play(&standby);
    cr_assert_eq(get(&standby, &answer), SEALIFT_OK);
    cr_assert_str_eq(answer.address, active.config.address);
    cr_assert_eq(answer.retry_after_ns, 12 * NS_PER_S);
}

Test(vault_server, says_how_to_name_the_ca)
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
