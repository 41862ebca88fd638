#include "vault_client.h"

#include "scoped.h"
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

Test(vault_client, comes_back_after_a_quota_not_before_the_server_says)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add_with(&script, 429, "Retry-After: 20\r\n", "{\"errors\":[\"rate limit quota exceeded\"]}");
    vault_script_add(&script, 200, "{}");
    vault_script_play(&script);
    cr_assert_eq(get(&script, &answer), SEALIFT_OK);
    cr_assert_eq(answer.status, 200);
    cr_assert_geq(script.scripted.slept_ns, 20 * NS_PER_S);
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
    cr_assert_eq(
        call(&script, &(struct vault_request){.method = "GET", .path = "sys/health", .pace.once = true}, &answer),
        SEALIFT_OK);
    cr_assert_eq(answer.status, 503);
    cr_assert_eq(scripted_server_requests(script.server), 1);
}

/* Asked once, within so many seconds from now. */
static enum sealift_status
get_within(struct vault_script *script, int64_t seconds, struct vault_answer *answer)
{
    struct vault_request request = {.method = "GET", .path = "transit/keys/k", .pace.once = true};

    request.pace.until_ns = script->world->clock->mono_ns(script->world->clock) + seconds * NS_PER_S;
    return call(script, &request, answer);
}

/* Who repeats it himself does not hear when the server wants to be asked again. */
Test(vault_client, sits_out_a_quota_for_who_asks_once_and_has_the_time)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add_with(&script, 429, "Retry-After: 90\r\n", "{\"errors\":[\"rate limit quota exceeded\"]}");
    vault_script_add(&script, 200, "{}");
    vault_script_play(&script);
    cr_assert_eq(get_within(&script, 600, &answer), SEALIFT_OK);
    cr_assert_eq(answer.status, 200);
    cr_assert_geq(script.scripted.slept_ns, 90 * NS_PER_S, "longer than a call is repeated otherwise");
    cr_assert_not_null(strstr(script.scripted.log, "; trying again in 90 s, as it says\n"), "%s", script.scripted.log);
}

Test(vault_client, sits_out_no_quota_beyond_the_time_that_there_is)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add_with(&script, 429, "Retry-After: 20\r\n", "{\"errors\":[\"rate limit quota exceeded\"]}");
    vault_script_play(&script);
    cr_assert_eq(get_within(&script, 10, &answer), SEALIFT_OK);
    cr_assert_eq(answer.status, 429);
    cr_assert_eq(script.scripted.slept_ns, 0);
    cr_assert_eq(scripted_server_requests(script.server), 1);
}

Test(vault_client, leaves_all_other_waiting_to_who_asks_once)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&script, 503, "{}");
    vault_script_play(&script);
    cr_assert_eq(get_within(&script, 600, &answer), SEALIFT_OK);
    cr_assert_eq(answer.status, 503);
    cr_assert_eq(script.scripted.slept_ns, 0);
    cr_assert_eq(scripted_server_requests(script.server), 1);
}

/* Thirty seconds, otherwise. */
Test(vault_client, does_not_wait_for_an_answer_when_the_time_is_over)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    int64_t begin = clock_system.mono_ns(&clock_system);

    script.steps[script.count++] = (struct scripted_step){.ending = SCRIPTED_STALL};
    vault_script_play(&script);
    cr_assert_eq(get_within(&script, 1, &answer), SEALIFT_UNAVAILABLE);
    cr_assert_lt(clock_system.mono_ns(&clock_system) - begin, 20 * NS_PER_S);
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
    cr_assert_not_null(strstr(script.scripted.log, "; trying again up to 7 times\n"), "%s", script.scripted.log);
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
