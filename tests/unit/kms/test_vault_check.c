#include "kms.h"

#include "scoped.h"
#include "told_findings.h"
#include "vault_script.h"

#define ANSWER_HEALTHY "{\"initialized\":true,\"sealed\":false,\"standby\":false,\"version\":\"2.7.2\"}"

static enum sealift_status
check(struct vault_script *script)
{
    SCOPED(kms_free) struct kms *kms = NULL;

    cr_assert_eq(kms_open(script->world, &script->config, "/nowhere", &kms, &script->err), SEALIFT_OK);
    return kms_check(kms, write_down, NULL, &script->err);
}

/* What `wrap` wraps is random, so the answers to it cannot be scripted to come back: another key is what came. */
static void
add_up_to_wrap(struct vault_script *script)
{
    vault_script_add(script, 200, ANSWER_HEALTHY);
    vault_script_add(script, 200, ANSWER_LOOKUP);
    vault_script_add(script, 200, ANSWER_LOOKUP);
    vault_script_add(script, 200, ANSWER_KEY);
}

Test(vault_check, tries_each_call_and_tells_of_each)
{
    SCOPED(vault_script_done) struct vault_script script = {0};

    add_up_to_wrap(&script);
    vault_script_add(&script, 200, ANSWER_WRAPPED);
    vault_script_add(&script, 200, ANSWER_PLAIN);
    vault_script_add(&script, 200, ANSWER_WRAPPED);
    vault_script_play(&script);
    cr_assert_eq(check(&script), SEALIFT_KEY);
    expect_told("ok reach the server: ");
    expect_told("version 2.7.2, is unsealed and active");
    expect_told("ok log in with the token: accepted");
    expect_told("ok keep the token: good for 60 minutes, then renewed");
    expect_told("ok read the key: aes256-gcm96, version 3, unwraps what versions from 1 on have wrapped");
    expect_told("ok wrap: ");
    expect_told("failed unwrap: Vault key transit/cluster-key: what it wrapped came back as something else");
    expect_told("ok rewrap: ");
}

Test(vault_check, names_every_missing_capability)
{
    SCOPED(vault_script_done) struct vault_script script = {0};

    vault_script_add(&script, 200, ANSWER_HEALTHY);
    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, ANSWER_LOOKUP);
    for (int i = 0; i < 3; i++) { /* keys, decrypt, rewrap: each twice, with a fresh look at the token between */
        vault_script_add(&script, 403, ANSWER_REFUSED);
        vault_script_add(&script, 200, ANSWER_LOOKUP);
        vault_script_add(&script, 403, ANSWER_REFUSED);
    }
    vault_script_play(&script);
    cr_assert_eq(check(&script), SEALIFT_DENIED);
    cr_assert_not_null(strstr(script.err.message, "keys/cluster-key"), "not the first failure: %s", script.err.message);
    expect_told("path \"transit/keys/cluster-key\" { capabilities = [\"read\"] }");
    expect_told("failed wrap: not tried");
    expect_told("path \"transit/decrypt/cluster-key\" { capabilities = [\"update\"] }");
    expect_told("path \"transit/rewrap/cluster-key\" { capabilities = [\"update\"] }");
    for (size_t i = 0; i < scripted_server_requests(script.server); i++)
        cr_assert_null(strstr(scripted_server_head(script.server, i), "/encrypt/"), "it encrypted");
}

Test(vault_check, leaves_a_place_alone_where_there_is_no_key)
{
    SCOPED(vault_script_done) struct vault_script script = {0};

    vault_script_add(&script, 200, ANSWER_HEALTHY);
    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 404, ANSWER_MISSING);
    vault_script_play(&script);
    cr_assert_eq(check(&script), SEALIFT_NOT_FOUND);
    cr_assert_eq(scripted_server_requests(script.server), 4);
    expect_told("failed read the key: ");
}

Test(vault_check, says_how_the_server_is)
{
    static const struct {
        int status;
        enum sealift_status expected;
        const char *says;
    } cases[] = {
        {472, SEALIFT_UNAVAILABLE, "disaster recovery"}, {474, SEALIFT_UNAVAILABLE, "cannot reach the active"},
        {501, SEALIFT_UNAVAILABLE, "not initialised"},   {503, SEALIFT_UNAVAILABLE, "sealed"},
        {530, SEALIFT_UNAVAILABLE, "removed"},           {429, SEALIFT_NOT_FOUND, "a standby"},
        {473, SEALIFT_NOT_FOUND, "performance standby"}, {403, SEALIFT_NOT_FOUND, "a proxy in between?"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SCOPED(vault_script_done) struct vault_script script = {0};

        told[0] = '\0';
        vault_script_add(&script, cases[i].status, ANSWER_HEALTHY);
        vault_script_add(&script, 200, ANSWER_LOOKUP);
        vault_script_add(&script, 200, ANSWER_LOOKUP);
        vault_script_add(&script, 404, ANSWER_MISSING);
        vault_script_play(&script);
        cr_assert_eq(check(&script), cases[i].expected, "%d: %s", cases[i].status, told);
        expect_told(cases[i].says);
    }
}

Test(vault_check, does_not_wait_for_a_server_that_is_not_there)
{
    SCOPED(vault_script_done) struct vault_script script = {0};

    vault_script_play(&script);
    scripted_server_stop(&script.server);
    cr_assert_eq(check(&script), SEALIFT_UNAVAILABLE);
    cr_assert_eq(script.scripted.sleeps, 0);
    expect_told("failed reach the server: Vault: 127.0.0.1:");
}

Test(vault_check, warns_of_tokens_that_will_be_over)
{
    static const struct {
        int status;
        const char *lookup;
        const char *says;
    } cases[] = {
        {200, "{\"data\":{\"ttl\":0,\"renewable\":false}}", "warning keep the token: it never expires"},
        {200, "{\"data\":{\"ttl\":7200,\"renewable\":false}}", "warning keep the token: it expires in 2 hours"},
        {200, "{\"data\":{\"ttl\":864000,\"renewable\":true}}", "warning keep the token: good for 10 days"},
        {200, "{\"data\":{\"ttl\":100,\"renewable\":true,\"period\":100,\"num_uses\":7}}",
         "warning keep the token: it is good for 7 more calls"},
        {403, ANSWER_REFUSED, "path \"auth/token/lookup-self\" { capabilities = [\"read\"] }"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SCOPED(vault_script_done) struct vault_script script = {0};

        told[0] = '\0';
        vault_script_add(&script, 200, ANSWER_HEALTHY);
        vault_script_add(&script, cases[i].status, cases[i].lookup);
        vault_script_add(&script, cases[i].status, cases[i].lookup);
        vault_script_add(&script, 404, ANSWER_MISSING);
        vault_script_play(&script);
        cr_assert_eq(check(&script), SEALIFT_NOT_FOUND);
        expect_told(cases[i].says);
    }
}

Test(vault_check, is_content_with_an_approle_token_that_ends)
{
    SCOPED(vault_script_done) struct vault_script script = {0};

    vault_script_add(&script, 200, ANSWER_HEALTHY);
    vault_script_add(&script, 200, ANSWER_LOGIN);
    vault_script_add(&script, 200, "{\"data\":{\"ttl\":90,\"renewable\":false,\"num_uses\":10}}");
    vault_script_add(&script, 404, ANSWER_MISSING);
    vault_script_play(&script);
    vault_script_use_approle(&script);
    cr_assert_eq(check(&script), SEALIFT_NOT_FOUND);
    expect_told("ok log in with AppRole: accepted");
    expect_told("ok keep the token: good for 90 seconds, then renewed, or we log in again");
}

Test(vault_check, tells_the_keys_warnings)
{
    SCOPED(vault_script_done) struct vault_script script = {0};

    vault_script_add(&script, 200, ANSWER_HEALTHY);
    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, ANSWER_LOOKUP);
    vault_script_add(&script, 200, ANSWER_KEY_OF(",\"exportable\":true,\"deletion_allowed\":true"));
    vault_script_add(&script, 400, "{\"errors\":[\"something new\"]}");
    vault_script_play(&script);
    cr_assert_eq(check(&script), SEALIFT_KEY);
    expect_told("warning read the key: the key may be exported");
    expect_told("warning read the key: the key may be deleted");
    expect_told("failed wrap: ");
}

/* --- Several servers --- */

/* Both are scripted with these answers to the question how they are; the first one's script goes on. */
static void
play_two(struct vault_script *first, struct vault_script *second)
{
    vault_script_play(first);
    vault_script_play(second);
    snprintf(first->config.address, sizeof(first->config.address), "%s,%s", scripted_server_url(first->server),
             scripted_server_url(second->server));
}

static void
expect_told_of(const char *before, const struct vault_script *script, const char *after)
{
    char line[256];

    snprintf(line, sizeof(line), "%s%s%s", before, strstr(scripted_server_url(script->server), "://") + 3, after);
    expect_told(line);
}

Test(vault_check, is_content_with_standbys_beside_the_active_server)
{
    static const int standbys[] = {429, 473};

    for (size_t i = 0; i < sizeof(standbys) / sizeof(standbys[0]); i++) {
        SCOPED(vault_script_done) struct vault_script first = {0};
        SCOPED(vault_script_done) struct vault_script second = {0};

        told[0] = '\0';
        vault_script_add(&first, 200, ANSWER_HEALTHY);
        vault_script_add(&first, 200, ANSWER_LOOKUP);
        vault_script_add(&first, 200, ANSWER_LOOKUP);
        vault_script_add(&first, 404, ANSWER_MISSING);
        vault_script_add(&second, standbys[i], ANSWER_HEALTHY);
        play_two(&first, &second);
        cr_assert_eq(check(&first), SEALIFT_NOT_FOUND);
        expect_told_of("ok reach ", &first, ": ");
        expect_told_of("ok reach ", &second, ": ");
        cr_assert_eq(scripted_server_requests(second.server), 1);
    }
}

Test(vault_check, warns_of_a_server_that_is_down_while_another_answers)
{
    static const struct {
        int status;
        const char *says;
    } cases[] = {{503, ": Vault: 127.0.0.1:"},     {503, ": it is sealed"},          {472, "disaster recovery"},
                 {474, "cannot reach the active"}, {501, ": it is not initialised"}, {530, "removed from its cluster"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SCOPED(vault_script_done) struct vault_script first = {0};
        SCOPED(vault_script_done) struct vault_script second = {0};

        told[0] = '\0';
        vault_script_add(&first, 200, ANSWER_HEALTHY);
        vault_script_add(&first, 200, ANSWER_LOOKUP);
        vault_script_add(&first, 200, ANSWER_LOOKUP);
        vault_script_add(&first, 404, ANSWER_MISSING);
        vault_script_add(&second, cases[i].status, ANSWER_HEALTHY);
        play_two(&first, &second);
        cr_assert_eq(check(&first), SEALIFT_NOT_FOUND);
        expect_told_of("ok reach ", &first, ": ");
        expect_told_of("warning reach ", &second, ": Vault: ");
        expect_told(cases[i].says);
    }
}

Test(vault_check, asks_a_server_that_is_down_no_more_than_how_it_is)
{
    SCOPED(vault_script_done) struct vault_script first = {0};
    SCOPED(vault_script_done) struct vault_script second = {0};

    vault_script_add(&first, 503, ANSWER_HEALTHY);
    vault_script_add(&second, 200, ANSWER_HEALTHY);
    vault_script_add(&second, 200, ANSWER_LOOKUP);
    vault_script_add(&second, 200, ANSWER_LOOKUP);
    vault_script_add(&second, 404, ANSWER_MISSING);
    play_two(&first, &second);
    cr_assert_eq(check(&first), SEALIFT_NOT_FOUND);
    expect_told_of("warning reach ", &first, ": Vault: ");
    expect_told("read the key");
    cr_assert_eq(scripted_server_requests(first.server), 1);
    cr_assert_eq(scripted_server_requests(second.server), 4);
}

Test(vault_check, fails_when_no_server_serves_and_names_each)
{
    SCOPED(vault_script_done) struct vault_script first = {0};
    SCOPED(vault_script_done) struct vault_script second = {0};
    char dead[64], sealed[64];

    vault_script_add(&second, 503, ANSWER_HEALTHY);
    play_two(&first, &second);
    snprintf(dead, sizeof(dead), "Vault: %s: cannot connect", strstr(scripted_server_url(first.server), "://") + 3);
    snprintf(sealed, sizeof(sealed), "; %s: it is sealed", strstr(scripted_server_url(second.server), "://") + 3);
    scripted_server_stop(&first.server);
    cr_assert_eq(check(&first), SEALIFT_UNAVAILABLE);
    cr_assert_not_null(strstr(first.err.message, dead), "%s", first.err.message);
    cr_assert_not_null(strstr(first.err.message, sealed), "%s", first.err.message);
    cr_assert_eq(first.scripted.sleeps, 0);
    cr_assert_eq(lines_told(), 2);
    expect_not_told("ok ");
}
