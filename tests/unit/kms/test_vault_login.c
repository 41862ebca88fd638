#include "vault_login.h"

#include "scoped.h"
#include "vault_script.h"

/* A client and a login on a script, as a KMS handle has them. */
struct handle {
    struct vault_client *client;
    struct vault_login *login;
};

static void
handle_done(struct handle *handle)
{
    vault_login_free(&handle->login);
    vault_client_free(&handle->client);
}

static struct handle
open_handle(struct vault_script *script)
{
    struct handle handle = {0};

    cr_assert_eq(vault_client_new(script->world, &script->config, &handle.client, &script->err), SEALIFT_OK);
    cr_assert_eq(vault_login_new(script->world, &script->config, handle.client, &handle.login, &script->err),
                 SEALIFT_OK);
    return handle;
}

static enum sealift_status
call(struct vault_script *script, struct handle *handle, struct vault_answer *ret_answer)
{
    vault_answer_done(ret_answer);
    return vault_login_call(handle->login, &(struct vault_request){.method = "GET", .path = "transit/keys/k"},
                            ret_answer, &script->err);
}

static void
call_well(struct vault_script *script, struct handle *handle)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    cr_assert_eq(call(script, handle, &answer), SEALIFT_OK, "%s", script->err.message);
    cr_assert_eq(answer.status, 200);
}

static const char *
token_of_request(struct vault_script *script, size_t number)
{
    return scripted_server_saw_header(script->server, number, "x-vault-token");
}

/* --- A token that was given to us --- */

Test(vault_login, looks_a_given_token_up_and_uses_it)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_play(&script);
    handle = open_handle(&script);
    call_well(&script, &handle);
    call_well(&script, &handle);
    EXPECT_REQUESTS(&script, "GET /v1/auth/token/lookup-self", "GET /v1/transit/keys/k", "GET /v1/transit/keys/k");
    for (size_t i = 0; i < 3; i++)
        cr_assert_str_eq(token_of_request(&script, i), "s.given");
}

Test(vault_login, says_that_a_token_is_not_accepted)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&script, 403, ANSWER_UNKNOWN);
    vault_script_play(&script);
    handle = open_handle(&script);
    cr_assert_eq(call(&script, &handle, &answer), SEALIFT_DENIED);
    cr_assert_not_null(strstr(script.err.message, "expired, revoked or used up"));
    EXPECT_REQUESTS(&script, "GET /v1/auth/token/lookup-self");
}

Test(vault_login, uses_a_token_that_may_not_look_itself_up)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};

    vault_script_add(&script, 403, ANSWER_REFUSED);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_play(&script);
    handle = open_handle(&script);
    call_well(&script, &handle);
}

Test(vault_login, refuses_a_token_that_cannot_be_one)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_play(&script);
    setenv("SEALIFT_TEST_TOKEN", "two words", 1);
    handle = open_handle(&script);
    cr_assert_eq(call(&script, &handle, &answer), SEALIFT_INVALID);
    cr_assert_not_null(strstr(script.err.message, "env:SEALIFT_TEST_TOKEN"));
    cr_assert_null(strstr(script.err.message, "two words"));
    cr_assert_eq(scripted_server_requests(script.server), 0);
}

Test(vault_login, renews_at_two_thirds_of_the_tokens_life)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};

    vault_script_add(&script, 200, ANSWER_LOOKUP); /* 3600 s */
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 200, ANSWER_RENEWED);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_play(&script);
    handle = open_handle(&script);
    call_well(&script, &handle);
    vault_script_pass(&script, 2399);
    call_well(&script, &handle);
    vault_script_pass(&script, 1);
    call_well(&script, &handle);
    vault_script_pass(&script, 2399);
    call_well(&script, &handle);
    EXPECT_REQUESTS(&script, "GET /v1/auth/token/lookup-self", "GET /v1/transit/keys/k", "GET /v1/transit/keys/k",
                    "POST /v1/auth/token/renew-self", "GET /v1/transit/keys/k", "GET /v1/transit/keys/k");
    cr_assert_str_eq(token_of_request(&script, 3), "s.given");
}

Test(vault_login, goes_on_with_a_good_token_when_the_renewal_fails)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 503, "{\"errors\":[\"Vault is sealed\"]}");
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 200, ANSWER_RENEWED);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_play(&script);
    handle = open_handle(&script);
    call_well(&script, &handle);
    vault_script_pass(&script, 2400);
    call_well(&script, &handle);
    cr_assert_not_null(strstr(script.scripted.log, "good for another 1200 s"), "%s", script.scripted.log);
    call_well(&script, &handle); /* not again at once */
    vault_script_pass(&script, 31);
    call_well(&script, &handle);
    EXPECT_REQUESTS(&script, "GET /v1/auth/token/lookup-self", "GET /v1/transit/keys/k",
                    "POST /v1/auth/token/renew-self", "GET /v1/transit/keys/k", "GET /v1/transit/keys/k",
                    "POST /v1/auth/token/renew-self", "GET /v1/transit/keys/k");
}

Test(vault_login, reads_a_token_again_when_it_is_over)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};

    vault_script_add(&script, 200, "{\"data\":{\"ttl\":60,\"renewable\":false}}");
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_play(&script);
    handle = open_handle(&script);
    call_well(&script, &handle);
    setenv("SEALIFT_TEST_TOKEN", "s.rotated", 1);
    vault_script_pass(&script, 60);
    call_well(&script, &handle);
    cr_assert_str_eq(token_of_request(&script, 1), "s.given");
    cr_assert_str_eq(token_of_request(&script, 3), "s.rotated");
}

/* --- AppRole and Kubernetes --- */

Test(vault_login, logs_in_with_approle)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};

    vault_script_add(&script, 200, ANSWER_LOGIN);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_play(&script);
    vault_script_use_approle(&script);
    strcpy(script.config.vault.name_space, "team/a");
    handle = open_handle(&script);
    call_well(&script, &handle);
    EXPECT_REQUESTS(&script, "POST /v1/auth/approle/login", "GET /v1/transit/keys/k");
    cr_assert_str_eq(scripted_server_body(script.server, 0),
                     "{\"role_id\":\"0123456789abcdef\",\"secret_id\":\"the-secret-id\"}");
    cr_assert_str_eq(token_of_request(&script, 0), "");
    cr_assert_str_eq(scripted_server_saw_header(script.server, 0, "x-vault-namespace"), "team/a");
    cr_assert_str_eq(token_of_request(&script, 1), "s.fresh");
}

Test(vault_login, says_where_a_refused_secret_id_came_from)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&script, 400, "{\"errors\":[\"invalid role or secret ID\"]}");
    vault_script_play(&script);
    vault_script_use_approle(&script);
    handle = open_handle(&script);
    cr_assert_eq(call(&script, &handle, &answer), SEALIFT_DENIED);
    cr_assert_not_null(strstr(script.err.message, "env:SEALIFT_TEST_SECRET_ID"));
    cr_assert_null(strstr(script.err.message, "the-secret-id"));
    cr_assert_null(strstr(script.err.message, script.config.vault.role_id), "the role id is shown in full");
}

Test(vault_login, reads_a_rotated_jwt_at_each_login)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};

    vault_script_add(&script, 200, "{\"auth\":{\"client_token\":\"s.one\",\"lease_duration\":60,\"renewable\":false}}");
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 200, ANSWER_LOGIN);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_play(&script);
    script.config.vault.auth = KMS_AUTH_KUBERNETES;
    strcpy(script.config.vault.auth_path, "kubernetes");
    strcpy(script.config.vault.kubernetes_role, "sealift");
    setenv("SEALIFT_TEST_TOKEN", "jwt.one", 1);
    handle = open_handle(&script);
    call_well(&script, &handle);
    setenv("SEALIFT_TEST_TOKEN", "jwt.two", 1);
    vault_script_pass(&script, 41); /* past two thirds, and it cannot be renewed */
    call_well(&script, &handle);
    EXPECT_REQUESTS(&script, "POST /v1/auth/kubernetes/login", "GET /v1/transit/keys/k",
                    "POST /v1/auth/kubernetes/login", "GET /v1/transit/keys/k");
    cr_assert_str_eq(scripted_server_body(script.server, 0), "{\"role\":\"sealift\",\"jwt\":\"jwt.one\"}");
    cr_assert_str_eq(scripted_server_body(script.server, 2), "{\"role\":\"sealift\",\"jwt\":\"jwt.two\"}");
}

Test(vault_login, logs_in_afresh_when_a_renewal_is_refused)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};

    vault_script_add(&script, 200, "{\"auth\":{\"client_token\":\"s.one\",\"lease_duration\":60,\"renewable\":true}}");
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 403, ANSWER_UNKNOWN);
    vault_script_add(&script, 200, ANSWER_LOGIN);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_play(&script);
    vault_script_use_approle(&script);
    handle = open_handle(&script);
    call_well(&script, &handle);
    vault_script_pass(&script, 41);
    call_well(&script, &handle);
    EXPECT_REQUESTS(&script, "POST /v1/auth/approle/login", "GET /v1/transit/keys/k", "POST /v1/auth/token/renew-self",
                    "POST /v1/auth/approle/login", "GET /v1/transit/keys/k");
    cr_assert_str_eq(token_of_request(&script, 4), "s.fresh");
}

/* --- A refusal in the middle --- */

Test(vault_login, replaces_a_token_that_was_revoked_under_way)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};

    vault_script_add(&script, 200,
                     "{\"auth\":{\"client_token\":\"s.one\",\"lease_duration\":3600,\"renewable\":true}}");
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 403, ANSWER_UNKNOWN);
    vault_script_add(&script, 200, ANSWER_LOGIN);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_play(&script);
    vault_script_use_approle(&script);
    handle = open_handle(&script);
    call_well(&script, &handle);
    call_well(&script, &handle);
    EXPECT_REQUESTS(&script, "POST /v1/auth/approle/login", "GET /v1/transit/keys/k", "GET /v1/transit/keys/k",
                    "POST /v1/auth/approle/login", "GET /v1/transit/keys/k");
}

Test(vault_login, takes_a_second_refusal_for_a_policy)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&script, 200, ANSWER_LOGIN);
    vault_script_add(&script, 403, ANSWER_REFUSED);
    vault_script_add(&script, 200, ANSWER_LOGIN);
    vault_script_add(&script, 403, ANSWER_REFUSED);
    vault_script_play(&script);
    vault_script_use_approle(&script);
    handle = open_handle(&script);
    cr_assert_eq(call(&script, &handle, &answer), SEALIFT_OK);
    cr_assert_eq(answer.status, 403);
    cr_assert_eq(scripted_server_requests(script.server), 4);
}

Test(vault_login, says_when_the_secret_id_has_expired_meanwhile)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&script, 200, ANSWER_LOGIN);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 403, ANSWER_UNKNOWN);
    vault_script_add(&script, 400, "{\"errors\":[\"invalid role or secret ID\"]}");
    vault_script_play(&script);
    vault_script_use_approle(&script);
    handle = open_handle(&script);
    call_well(&script, &handle);
    cr_assert_eq(call(&script, &handle, &answer), SEALIFT_DENIED);
    cr_assert_not_null(strstr(script.err.message, "new secret id"));
}

/* --- One login for all --- */

Test(vault_login, is_shared_by_all_handles_of_a_process)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle one = {0};
    SCOPED(handle_done) struct handle other = {0};

    vault_script_add(&script, 200, ANSWER_LOGIN);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_play(&script);
    vault_script_use_approle(&script);
    one = open_handle(&script);
    other = open_handle(&script);
    call_well(&script, &one);
    call_well(&script, &other);
    handle_done(&one);
    one = open_handle(&script);
    call_well(&script, &one);
    EXPECT_REQUESTS(&script, "POST /v1/auth/approle/login", "GET /v1/transit/keys/k", "GET /v1/transit/keys/k",
                    "GET /v1/transit/keys/k");
}

Test(vault_login, is_not_shared_with_another_namespace_or_role)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle one = {0};
    SCOPED(handle_done) struct handle other = {0};
    SCOPED(handle_done) struct handle third = {0};

    for (int i = 0; i < 3; i++) {
        vault_script_add(&script, 200, ANSWER_LOGIN);
        vault_script_add(&script, 200, ANSWER_KEY);
    }
    vault_script_play(&script);
    vault_script_use_approle(&script);
    one = open_handle(&script);
    call_well(&script, &one);
    strcpy(script.config.vault.name_space, "team/a");
    other = open_handle(&script);
    call_well(&script, &other);
    strcpy(script.config.vault.role_id, "another-role-id");
    third = open_handle(&script);
    call_well(&script, &third);
    cr_assert_eq(scripted_server_requests(script.server), 6);
}

/* --- Keeping it alive --- */

Test(vault_login, is_kept_alive_through_long_work)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};

    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 200, ANSWER_RENEWED);
    vault_script_add(&script, 200, ANSWER_RENEWED);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_play(&script);
    handle = open_handle(&script);
    call_well(&script, &handle);
    for (int minute = 0; minute < 100; minute++) {
        vault_script_pass(&script, 60);
        vault_login_keep_alive(handle.login);
    }
    call_well(&script, &handle);
    EXPECT_REQUESTS(&script, "GET /v1/auth/token/lookup-self", "GET /v1/transit/keys/k",
                    "POST /v1/auth/token/renew-self", "POST /v1/auth/token/renew-self", "GET /v1/transit/keys/k");
}

Test(vault_login, does_not_log_in_only_to_be_kept_alive)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};

    vault_script_play(&script);
    handle = open_handle(&script);
    vault_login_keep_alive(handle.login);
    cr_assert_eq(scripted_server_requests(script.server), 0);
}

Test(vault_login, warns_when_it_cannot_be_kept_alive)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};

    vault_script_add(&script, 200, "{\"data\":{\"ttl\":60,\"renewable\":false}}");
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_play(&script);
    handle = open_handle(&script);
    call_well(&script, &handle);
    vault_script_pass(&script, 45);
    vault_login_keep_alive(handle.login);
    cr_assert_not_null(strstr(script.scripted.log, "cannot be renewed; the token is good for another 15 s"), "%s",
                       script.scripted.log);
}

Test(vault_login, never_logs_a_secret)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(handle_done) struct handle handle = {0};

    vault_script_add(&script, 200, ANSWER_LOGIN);
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_add(&script, 503, "{}");
    vault_script_add(&script, 400, "{\"errors\":[\"invalid role or secret ID\"]}");
    vault_script_add(&script, 200, ANSWER_KEY);
    vault_script_play(&script);
    vault_script_use_approle(&script);
    handle = open_handle(&script);
    call_well(&script, &handle);
    vault_script_pass(&script, 2401);
    call_well(&script, &handle);
    cr_assert_neq(script.scripted.log[0], '\0');
    cr_assert_null(strstr(script.scripted.log, "the-secret-id"));
    cr_assert_null(strstr(script.scripted.log, "s.fresh"));
}

/* --- Several servers --- */

Test(vault_login, is_one_for_all_servers_of_a_cluster)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_script_done) struct vault_script second = {0};
    SCOPED(handle_done) struct handle handle = {0};

    vault_script_add(&script, 200, ANSWER_LOGIN);
    vault_script_add(&script, 200, "{}");
    vault_script_add(&script, 503, "{\"errors\":[\"Vault is sealed\"]}");
    vault_script_add(&second, 200, "{}");
    vault_script_add(&second, 200, "{}");
    vault_script_play(&script);
    vault_script_play(&second);
    vault_script_use_approle(&script);
    snprintf(script.config.address, sizeof(script.config.address), "%s,%s", scripted_server_url(script.server),
             scripted_server_url(second.server));
    handle = open_handle(&script);
    call_well(&script, &handle);
    call_well(&script, &handle);
    call_well(&script, &handle);
    EXPECT_REQUESTS(&script, "POST /v1/auth/approle/login", "GET /v1/transit/keys/k", "GET /v1/transit/keys/k");
    EXPECT_REQUESTS(&second, "GET /v1/transit/keys/k", "GET /v1/transit/keys/k");
    cr_assert_str_eq(token_of_request(&second, 0), "s.fresh");
    cr_assert_str_eq(token_of_request(&second, 1), "s.fresh");
}
