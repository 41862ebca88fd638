/* Several servers of one cluster: which is asked, which is passed over, and what is said when none answers. */
#include "scoped.h"
#include "test_certificate.h"
#include "vault_client.h"
#include "vault_script.h"

#define HTML         "<html><body>Not here</body></html>"
#define SEALED       "{\"errors\":[\"Vault is sealed\"]}"
#define NO_ACTIVE    "{\"errors\":[\"local node not active but active cluster node not found\"]}"
#define DR_SECONDARY "{\"errors\":[\"path disabled in replication DR secondary mode\"]}"
#define TURNED_AWAY  "{\"errors\":[\"request path \\\"transit/keys/k\\\": rate limit quota exceeded\"]}"

/* Two servers; the configuration and the world are those of the first. */
struct cluster {
    struct vault_script first, second;
    struct vault_client *client;
};

static void
cluster_done(struct cluster *cluster)
{
    vault_client_free(&cluster->client);
    vault_script_done(&cluster->first);
    vault_script_done(&cluster->second);
}

static void
play(struct cluster *cluster)
{
    vault_script_play(&cluster->first);
    vault_script_play(&cluster->second);
    snprintf(cluster->first.config.address, sizeof(cluster->first.config.address), "%s,%s",
             scripted_server_url(cluster->first.server), scripted_server_url(cluster->second.server));
    cr_assert_eq(vault_client_new(cluster->first.world, &cluster->first.config, &cluster->client, &cluster->first.err),
                 SEALIFT_OK, "%s", cluster->first.err.message);
}

static const char *
name_of(const struct vault_script *script)
{
    return strstr(scripted_server_url(script->server), "://") + 3;
}

static enum sealift_status
get(struct cluster *cluster, struct vault_answer *ret_answer)
{
    vault_answer_done(ret_answer);
    return vault_client_call(cluster->client, &(struct vault_request){.method = "GET", .path = "transit/keys/k"},
                             ret_answer, &cluster->first.err);
}

static void
get_well(struct cluster *cluster)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    cr_assert_eq(get(cluster, &answer), SEALIFT_OK, "%s", cluster->first.err.message);
    cr_assert_eq(answer.status, 200);
}

static void
expect_requests(struct cluster *cluster, size_t first, size_t second)
{
    cr_assert_eq(scripted_server_requests(cluster->first.server), first, "the first was asked %zu times",
                 scripted_server_requests(cluster->first.server));
    cr_assert_eq(scripted_server_requests(cluster->second.server), second, "the second was asked %zu times",
                 scripted_server_requests(cluster->second.server));
}

static void
expect_said(struct cluster *cluster, const char *words)
{
    cr_assert_not_null(strstr(cluster->first.err.message, words), "\"%s\" is not in: %s", words,
                       cluster->first.err.message);
}

/* --- Which is asked --- */

Test(vault_failover, asks_nobody_else_while_the_first_answers)
{
    SCOPED(cluster_done) struct cluster cluster = {0};

    vault_script_add(&cluster.first, 200, "{}");
    vault_script_add(&cluster.first, 200, "{}");
    play(&cluster);
    get_well(&cluster);
    get_well(&cluster);
    expect_requests(&cluster, 2, 0);
    cr_assert_str_empty(cluster.first.scripted.log);
}

Test(vault_failover, goes_on_to_the_second_when_the_first_is_dead)
{
    SCOPED(cluster_done) struct cluster cluster = {0};
    char dead[64], said[96];

    vault_script_add(&cluster.second, 200, "{}");
    play(&cluster);
    snprintf(dead, sizeof(dead), "Vault: %s: cannot connect", name_of(&cluster.first));
    scripted_server_stop(&cluster.first.server);
    get_well(&cluster);
    cr_assert_eq(cluster.first.scripted.sleeps, 0);
    cr_assert_not_null(strstr(cluster.first.scripted.log, dead), "%s", cluster.first.scripted.log);
    snprintf(said, sizeof(said), "; trying %s", name_of(&cluster.second));
    cr_assert_not_null(strstr(cluster.first.scripted.log, said), "%s", cluster.first.scripted.log);
}

static void
reconnect(struct cluster *cluster)
{
    vault_client_free(&cluster->client);
    cr_assert_eq(vault_client_new(cluster->first.world, &cluster->first.config, &cluster->client, &cluster->first.err),
                 SEALIFT_OK, "%s", cluster->first.err.message);
}

Test(vault_failover, begins_with_the_one_that_answered_another_connection)
{
    SCOPED(cluster_done) struct cluster cluster = {0};
    size_t told;

    vault_script_add(&cluster.second, 200, "{}");
    vault_script_add(&cluster.second, 200, "{}");
    play(&cluster);
    scripted_server_stop(&cluster.first.server);
    get_well(&cluster);
    told = strlen(cluster.first.scripted.log);
    reconnect(&cluster);
    get_well(&cluster);
    cr_assert_eq(strlen(cluster.first.scripted.log), told, "the first is tried again: %s", cluster.first.scripted.log);
}

static const struct {
    int status;
    const char *header;
    const char *body;
    const char *says;
} troubles[] = {
    {503, "", SEALED, "sealed"},
    {501, "", "{\"errors\":[\"not initialized\"]}", "not initialised"},
    {530, "", "{}", "removed from its cluster"},
    {472, "", "{}", "disaster recovery secondary"},
    {400, "", DR_SECONDARY, "disaster recovery secondary"},
    {474, "", "{}", "finds no active one"},
    {500, "", NO_ACTIVE, "finds no active one"},
    {500, "", "{\"errors\":[\"internal error\"]}", "trouble of its own"},
    {412, "", "{}", "behind its primary"},
    {502, "", HTML, "trouble of its own"},
    {404, "", HTML, "no Vault or OpenBao"},
    {307, "Location: ftp://elsewhere/v1/transit/keys/k\r\n", "", "cannot be followed"},
};

Test(vault_failover, passes_over_a_server_that_cannot_do_its_part)
{
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
        SCOPED(cluster_done) struct cluster cluster = {0};

        vault_script_add_with(&cluster.first, troubles[i].status, troubles[i].header, troubles[i].body);
        vault_script_add(&cluster.second, 200, "{}");
        vault_script_add(&cluster.second, 200, "{}");
        play(&cluster);
        get_well(&cluster);
        get_well(&cluster); /* the second answered last */
        expect_requests(&cluster, 1, 2);
        cr_assert_eq(cluster.first.scripted.sleeps, 0);
        cr_assert_not_null(strstr(cluster.first.scripted.log, troubles[i].says), "%d: %s", troubles[i].status,
                           cluster.first.scripted.log);
    }
}

Test(vault_failover, takes_a_refusal_for_an_answer)
{
    static const struct {
        int status;
        const char *body;
    } answers[] = {{400, "{\"errors\":[\"encryption key not found\"]}"},
                   {403, ANSWER_REFUSED},
                   {404, ANSWER_MISSING},
                   {405, "{\"errors\":[\"unsupported operation\"]}"},
                   {500, "{\"errors\":[\"cipher: message authentication failed\"]}"}};

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        SCOPED(cluster_done) struct cluster cluster = {0};
        SCOPED(vault_answer_done) struct vault_answer answer = {0};

        vault_script_add(&cluster.first, answers[i].status, answers[i].body);
        play(&cluster);
        cr_assert_eq(get(&cluster, &answer), SEALIFT_OK);
        cr_assert_eq(answer.status, answers[i].status);
        cr_assert_str_eq(answer.address, scripted_server_url(cluster.first.server));
        expect_requests(&cluster, 1, 0);
    }
}

Test(vault_failover, comes_back_to_the_first_when_the_second_dies)
{
    SCOPED(cluster_done) struct cluster cluster = {0};

    vault_script_add(&cluster.first, 503, SEALED);
    vault_script_add(&cluster.second, 200, "{}");
    vault_script_add(&cluster.second, 503, SEALED);
    vault_script_add(&cluster.first, 200, "{}");
    play(&cluster);
    get_well(&cluster);
    get_well(&cluster);
    expect_requests(&cluster, 2, 2);
}

/* --- Redirects --- */

static void
add_redirect(struct vault_script *script, const char *address)
{
    char header[1280];

    snprintf(header, sizeof(header), "Location: %s/v1/transit/keys/k\r\n", address);
    vault_script_add_with(script, 307, header, "");
}

Test(vault_failover, asks_the_active_server_at_once_after_a_standby_named_it)
{
    SCOPED(cluster_done) struct cluster cluster = {0};
    SCOPED(vault_script_done) struct vault_script elsewhere = {0};

    vault_script_play(&elsewhere);
    vault_script_add(&cluster.second, 200, "{}");
    vault_script_add(&cluster.second, 200, "{}");
    play(&cluster);
    scripted_server_stop(&cluster.first.server);
    add_redirect(&cluster.first, scripted_server_url(cluster.second.server));
    cluster.first.server = scripted_server_start(cluster.first.steps, cluster.first.count, NULL);
    vault_client_free(&cluster.client);
    snprintf(cluster.first.config.address, sizeof(cluster.first.config.address), "%s,%s",
             scripted_server_url(cluster.first.server), scripted_server_url(cluster.second.server));
    cr_assert_eq(vault_client_new(cluster.first.world, &cluster.first.config, &cluster.client, &cluster.first.err),
                 SEALIFT_OK);
    get_well(&cluster);
    get_well(&cluster);
    expect_requests(&cluster, 1, 2);
}

Test(vault_failover, follows_a_standby_to_a_server_that_the_list_does_not_name)
{
    SCOPED(vault_script_done) struct vault_script active = {0};
    SCOPED(cluster_done) struct cluster cluster = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&active, 200, "{}");
    vault_script_play(&active);
    add_redirect(&cluster.first, active.config.address);
    play(&cluster);
    cr_assert_eq(get(&cluster, &answer), SEALIFT_OK, "%s", cluster.first.err.message);
    cr_assert_str_eq(answer.address, active.config.address);
    cr_assert_eq(scripted_server_requests(active.server), 1);
    expect_requests(&cluster, 1, 0);
}

Test(vault_failover, asks_the_next_when_a_standby_names_one_that_died)
{
    SCOPED(vault_script_done) struct vault_script active = {0};
    SCOPED(cluster_done) struct cluster cluster = {0};
    char said[256];

    vault_script_play(&active);
    scripted_server_stop(&active.server);
    add_redirect(&cluster.first, active.config.address);
    vault_script_add(&cluster.second, 200, "{}");
    play(&cluster);
    get_well(&cluster);
    snprintf(said, sizeof(said), "Vault: %s: it is a standby and sends us to the active server: %s: cannot connect",
             name_of(&cluster.first), strstr(active.config.address, "://") + 3);
    cr_assert_not_null(strstr(cluster.first.scripted.log, said), "%s", cluster.first.scripted.log);
}

/* --- Quotas --- */

Test(vault_failover, waits_for_a_quota_as_long_as_the_server_says_and_asks_nobody_else)
{
    static const char *const headers[] = {"Retry-After: 7\r\n", "Retry-After: Tue, 24 Nov 2026 14:46:04 GMT\r\n"};

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        SCOPED(cluster_done) struct cluster cluster = {0};

        vault_script_add_with(&cluster.first, 429, headers[i], TURNED_AWAY);
        vault_script_add(&cluster.first, 200, "{}");
        play(&cluster);
        get_well(&cluster);
        expect_requests(&cluster, 2, 0);
        cr_assert_geq(cluster.first.scripted.slept_ns, 7 * NS_PER_S, "%s", headers[i]);
        cr_assert_leq(cluster.first.scripted.slept_ns, 8 * NS_PER_S, "%s", headers[i]);
    }
}

Test(vault_failover, does_not_wait_for_a_quota_beyond_its_patience)
{
    SCOPED(cluster_done) struct cluster cluster = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add_with(&cluster.first, 429, "Retry-After: 3600\r\n", TURNED_AWAY);
    play(&cluster);
    cr_assert_eq(get(&cluster, &answer), SEALIFT_UNAVAILABLE);
    cr_assert_eq(cluster.first.scripted.sleeps, 0);
    expect_requests(&cluster, 1, 0);
    expect_said(&cluster, "too many requests");
    expect_said(&cluster, name_of(&cluster.first));
}

Test(vault_failover, waits_for_a_quota_that_says_nothing_of_time)
{
    static const char *const headers[] = {"", "Retry-After: soon\r\n", "Retry-After: -5\r\n",
                                          "Retry-After: Tue, 24 Nov 2020 14:46:04 GMT\r\n"};

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        SCOPED(cluster_done) struct cluster cluster = {0};

        vault_script_add_with(&cluster.first, 429, headers[i], TURNED_AWAY);
        vault_script_add(&cluster.first, 200, "{}");
        play(&cluster);
        get_well(&cluster);
        expect_requests(&cluster, 2, 0);
        cr_assert_leq(cluster.first.scripted.slept_ns, NS_PER_S, "%s", headers[i]);
    }
}

/* --- Patience --- */

Test(vault_failover, goes_round_until_one_answers)
{
    SCOPED(cluster_done) struct cluster cluster = {0};

    for (int i = 0; i < 3; i++)
        vault_script_add(&cluster.first, 500, NO_ACTIVE);
    vault_script_add(&cluster.second, 503, SEALED);
    vault_script_add(&cluster.second, 500, NO_ACTIVE);
    vault_script_add(&cluster.second, 200, "{}");
    play(&cluster);
    get_well(&cluster);
    expect_requests(&cluster, 3, 3);
    cr_assert_eq(cluster.first.scripted.sleeps, 2);
    cr_assert_not_null(strstr(cluster.first.scripted.log, "; trying again for up to 60 s"));
}

Test(vault_failover, names_each_with_its_own_trouble_when_none_answers)
{
    SCOPED(cluster_done) struct cluster cluster = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    char first[64], second[64];

    play(&cluster);
    snprintf(first, sizeof(first), "Vault: %s: cannot connect", name_of(&cluster.first));
    snprintf(second, sizeof(second), "; %s: cannot connect", name_of(&cluster.second));
    scripted_server_stop(&cluster.first.server);
    scripted_server_stop(&cluster.second.server);
    cr_assert_eq(get(&cluster, &answer), SEALIFT_UNAVAILABLE);
    expect_said(&cluster, first);
    expect_said(&cluster, second);
    expect_said(&cluster, "; gave up after ");
    cr_assert_leq(cluster.first.scripted.slept_ns, 60 * NS_PER_S);
    cr_assert_geq(cluster.first.scripted.slept_ns, 50 * NS_PER_S);
}

Test(vault_failover, asks_each_only_once_when_told_so)
{
    SCOPED(cluster_done) struct cluster cluster = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&cluster.first, 503, SEALED);
    vault_script_add(&cluster.second, 500, NO_ACTIVE);
    play(&cluster);
    cr_assert_eq(
        vault_client_call(cluster.client,
                          &(struct vault_request){.method = "GET", .path = "transit/keys/k", .pace.once = true},
                          &answer, &cluster.first.err),
        SEALIFT_UNAVAILABLE);
    expect_requests(&cluster, 1, 1);
    cr_assert_eq(cluster.first.scripted.sleeps, 0);
    expect_said(&cluster, "sealed");
    expect_said(&cluster, "finds no active one");
    cr_assert_null(strstr(cluster.first.err.message, "gave up"));
}

static enum sealift_status
get_once(struct cluster *cluster)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    return vault_client_call(cluster->client,
                             &(struct vault_request){.method = "GET", .path = "transit/keys/k", .pace.once = true},
                             &answer, &cluster->first.err);
}

Test(vault_failover, is_told_once_while_none_answers)
{
    SCOPED(cluster_done) struct cluster cluster = {0};
    const char *told;

    for (int i = 0; i < 3; i++) {
        vault_script_add(&cluster.first, 503, SEALED);
        vault_script_add(&cluster.second, 503, SEALED);
    }
    play(&cluster);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(get_once(&cluster), SEALIFT_UNAVAILABLE);
    expect_requests(&cluster, 3, 3);
    told = strstr(cluster.first.scripted.log, "; trying ");
    cr_assert_not_null(told, "%s", cluster.first.scripted.log);
    cr_assert_null(strstr(told + 1, "; trying "), "%s", cluster.first.scripted.log);
}

Test(vault_failover, does_not_go_round_for_what_will_never_change)
{
    SCOPED(cluster_done) struct cluster cluster = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&cluster.first, 404, HTML);
    vault_script_add(&cluster.second, 200, "neither");
    play(&cluster);
    cr_assert_eq(get(&cluster, &answer), SEALIFT_INVALID);
    expect_requests(&cluster, 1, 1);
    expect_said(&cluster, name_of(&cluster.first));
    expect_said(&cluster, name_of(&cluster.second));
}

Test(vault_failover, passes_over_a_server_whose_certificate_it_does_not_trust)
{
    SCOPED(test_certificate_remove) struct test_certificate certificate;
    SCOPED(cluster_done) struct cluster cluster = {0};
    struct scripted_tls tls;
    char said[96];

    test_certificate_make("DNS:localhost", 3600, &certificate);
    tls = (struct scripted_tls){certificate.certificate_file, certificate.key_file};
    vault_script_add(&cluster.second, 200, "{}");
    play(&cluster);
    scripted_server_stop(&cluster.first.server);
    cluster.first.server = scripted_server_start(cluster.first.steps, cluster.first.count, &tls);
    vault_client_free(&cluster.client);
    snprintf(cluster.first.config.address, sizeof(cluster.first.config.address), "https://localhost:%u,%s",
             scripted_server_port(cluster.first.server), scripted_server_url(cluster.second.server));
    cr_assert_eq(vault_client_new(cluster.first.world, &cluster.first.config, &cluster.client, &cluster.first.err),
                 SEALIFT_OK);
    get_well(&cluster);
    snprintf(said, sizeof(said), "Vault: localhost:%u: the server's certificate is not trusted",
             scripted_server_port(cluster.first.server));
    cr_assert_not_null(strstr(cluster.first.scripted.log, said), "%s", cluster.first.scripted.log);
    cr_assert_eq(scripted_server_requests(cluster.first.server), 0, "something was sent to it");
}

Test(vault_failover, stops_when_asked_to)
{
    SCOPED(cluster_done) struct cluster cluster = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    play(&cluster);
    atomic_store(&cluster.first.scripted.cancel.asked, true);
    cr_assert_eq(get(&cluster, &answer), SEALIFT_CANCELLED);
    expect_requests(&cluster, 0, 0);
}

/* --- One server alone --- */

Test(vault_failover, of_one_server_tells_nothing_of_others)
{
    SCOPED(vault_script_done) struct vault_script script = {0};
    SCOPED(vault_client_free) struct vault_client *client = NULL;
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    vault_script_add(&script, 501, "{\"errors\":[\"not initialized\"]}");
    vault_script_play(&script);
    cr_assert_eq(vault_client_new(script.world, &script.config, &client, &script.err), SEALIFT_OK);
    cr_assert_eq(vault_client_server_count(client), 1);
    cr_assert_eq(vault_client_call(client, &(struct vault_request){.method = "GET", .path = "x"}, &answer, &script.err),
                 SEALIFT_OK);
    cr_assert_eq(answer.status, 501);
    cr_assert_str_empty(script.scripted.log);
}
