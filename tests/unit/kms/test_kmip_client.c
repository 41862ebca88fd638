/* Failover and patience: what becomes of one call when servers fail. */
#include "kmip_cluster.h"

#include <pthread.h>
#include <unistd.h>

/* "; HOST:PORT: " of that server. */
static bool
also_blames(const struct kmip_cluster *cluster, size_t server)
{
    char text[ENDPOINT_TEXT_SIZE + 16];

    snprintf(text, sizeof(text), "; %s: ", kmip_client_server_name(cluster->client, server));
    return kmip_cluster_says(cluster, text);
}

/* --- Failover --- */

Test(kmip_client, goes_on_with_the_second_when_the_first_is_down)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    size_t logged;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_kill(&cluster, 0);
    kmip_cluster_must_query(&cluster);
    cr_assert_str_eq(cluster.reply.server, scripted_kmip_address(cluster.servers[1]));
    cr_assert_eq(cluster.scripted.sleeps, 0);
    cr_assert_not_null(strstr(cluster.scripted.log, "cannot connect"), "%s", cluster.scripted.log);
    cr_assert_not_null(strstr(cluster.scripted.log, "; trying 127.0.0.1:"), "%s", cluster.scripted.log);

    logged = strlen(cluster.scripted.log);
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(strlen(cluster.scripted.log), logged, "the first is tried again: %s", cluster.scripted.log);
    cr_assert_eq(kmip_cluster_connections(&cluster, 1), 1);
}

Test(kmip_client, goes_on_with_the_second_when_the_first_dies_between_two_calls)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(kmip_cluster_requests(&cluster, 1), 0, "the second is asked though the first answers");
    kmip_cluster_kill(&cluster, 0);
    kmip_cluster_must_query(&cluster);
    cr_assert_str_eq(cluster.reply.server, scripted_kmip_address(cluster.servers[1]));
    cr_assert_eq(cluster.scripted.sleeps, 0);
}

Test(kmip_client, begins_with_the_one_that_answered_another_connection)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    size_t told;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_kill(&cluster, 0);
    kmip_cluster_must_query(&cluster);
    told = strlen(cluster.scripted.log);
    kmip_client_free(&cluster.client);
    kmip_cluster_must_query(&cluster);
    cr_assert_null(strstr(cluster.scripted.log + told, "; trying "), "the first is tried again: %s",
                   cluster.scripted.log);
}

Test(kmip_client, comes_back_to_the_first_when_the_second_dies)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_fault(
        &cluster, 0,
        &(struct scripted_fault){.kind = SCRIPTED_FAIL, .reason = KMIP_REASON_INTERNAL_SERVER_ERROR, .times = 1});
    kmip_cluster_must_query(&cluster);
    cr_assert_str_eq(cluster.reply.server, scripted_kmip_address(cluster.servers[1]));
    kmip_cluster_kill(&cluster, 1);
    kmip_cluster_must_query(&cluster);
    cr_assert_str_eq(cluster.reply.server, scripted_kmip_address(cluster.servers[0]));
}

Test(kmip_client, each_server_has_a_version_of_its_own)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, &(struct scripted_kmip_model){.versions = {0x0102}});
    kmip_cluster_add(&cluster, &(struct scripted_kmip_model){.versions = {0x0201}});
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(cluster.reply.version, KMIP_1_2);
    kmip_cluster_kill(&cluster, 0);
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(cluster.reply.version, KMIP_2_1);
    cr_assert_eq(kmip_client_version(cluster.client), KMIP_2_1);
}

/* All of what one server may do wrong, another one makes good. */
Test(kmip_client, whatever_the_first_does_wrong_the_second_is_asked)
{
    static const struct scripted_fault wrongs[] = {
        {.kind = SCRIPTED_CUT_AT, .operation = QUERY, .at = 40},
        {.kind = SCRIPTED_RESET_AT, .operation = DISCOVER, .at = 8},
        {.kind = SCRIPTED_STALL_AT, .operation = DISCOVER},
        {.kind = SCRIPTED_HELLO_CLOSE},
        {.kind = SCRIPTED_HELLO_TEXT, .text = "HTTP/1.1 400 Bad Request\r\n\r\n"},
        {.kind = SCRIPTED_INSTEAD, .text = "HTTP/1.1 400 Bad Request\r\n\r\n"},
        {.kind = SCRIPTED_TWO_ITEMS, .operation = QUERY},
        {.kind = SCRIPTED_LENGTH, .operation = QUERY, .at = 0, .number = 1},
        {.kind = SCRIPTED_FAIL, .operation = QUERY, .reason = KMIP_REASON_SERVER_LIMIT_EXCEEDED},
        {.kind = SCRIPTED_FAIL, .operation = DISCOVER, .reason = KMIP_REASON_INTERNAL_SERVER_ERROR},
        {.kind = SCRIPTED_FAIL, .operation = DISCOVER, .reason = KMIP_REASON_AUTHENTICATION_NOT_SUCCESSFUL},
        {.kind = SCRIPTED_FAIL, .reason = KMIP_REASON_UNSUPPORTED_PROTOCOL_VERSION},
    };

    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

        kmip_cluster_init(&cluster);
        cluster.options.timeouts.answer_ns = 3 * NS_PER_S;
        kmip_cluster_add(&cluster, NULL);
        kmip_cluster_add(&cluster, NULL);
        kmip_cluster_fault(&cluster, 0, &wrongs[i]);
        cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_OK, "case %zu: %s", i,
                     cluster.err.message);
        cr_assert_gt(scripted_kmip_faults(cluster.servers[0]), 0, "case %zu", i);
        cr_assert_str_eq(cluster.reply.server, scripted_kmip_address(cluster.servers[1]), "case %zu", i);
        cr_assert_eq(cluster.reply.answer.status, KMIP_SUCCESS);
        cr_assert_not_null(strstr(cluster.scripted.log, "; trying "), "case %zu is not logged", i);
        cr_assert_eq(cluster.scripted.sleeps, 0);
    }
}

Test(kmip_client, a_refusal_is_an_answer_and_no_reason_to_ask_another)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_fault(
        &cluster, 0,
        &(struct scripted_fault){.kind = SCRIPTED_FAIL, .operation = QUERY, .reason = KMIP_REASON_PERMISSION_DENIED});
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_OK, "%s", cluster.err.message);
    cr_assert_eq(kmip_reply_check(&cluster.reply, &kmip_cluster_query, &cluster.err), SEALIFT_DENIED);
    cr_assert(kmip_cluster_blames(&cluster, 0), "%s", cluster.err.message);
    cr_assert_eq(kmip_cluster_requests(&cluster, 1), 0);
}

/* --- When none answers --- */

Test(kmip_client, both_down_are_both_named)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_kill(&cluster, 0);
    kmip_cluster_kill(&cluster, 1);
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_UNAVAILABLE);
    cr_assert(kmip_cluster_blames(&cluster, 0), "%s", cluster.err.message);
    cr_assert(also_blames(&cluster, 1), "%s", cluster.err.message);
    cr_assert(kmip_cluster_says(&cluster, "; gave up after "), "%s", cluster.err.message);
}

Test(kmip_client, is_patient_for_a_minute)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_kill(&cluster, 0);
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_UNAVAILABLE);
    cr_assert_geq(cluster.scripted.slept_ns, 59 * NS_PER_S);
    cr_assert_leq(cluster.scripted.slept_ns, 60 * NS_PER_S);
    cr_assert_leq(cluster.scripted.sleeps, 60, "it hammers");
    cr_assert(kmip_cluster_blames(&cluster, 0));
}

Test(kmip_client, warns_before_it_waits_that_it_will)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    const char *warned;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_kill(&cluster, 0);
    cluster.scripted.logger.threshold = LOG_WARNING;
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_UNAVAILABLE);
    warned = strstr(cluster.scripted.log, "; trying again for up to 60 s\n");
    cr_assert_not_null(warned, "%s", cluster.scripted.log);
    cr_assert_str_eq(strchr(warned, '\n'), "\n", "more than once: %s", cluster.scripted.log);
}

Test(kmip_client, patience_can_be_chosen)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    cluster.options.patience_ns = 5 * NS_PER_S;
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_kill(&cluster, 0);
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_UNAVAILABLE);
    cr_assert_geq(cluster.scripted.slept_ns, 4 * NS_PER_S);
    cr_assert_leq(cluster.scripted.slept_ns, 5 * NS_PER_S);
}

static int64_t
hurry(struct clock *clock)
{
    static int64_t now_ns;

    (void)clock;
    return now_ns += 25 * NS_PER_S;
}

/* Each look at the clock takes 25 s: the first failure at 25, the end of the round at 50, the second server's turn at
 * 75, the third's at 100. */
Test(kmip_client, a_round_that_takes_long_ends_with_patience)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    cluster.scripted.clock.mono_ns = hurry;
    for (size_t i = 0; i < 3; i++) {
        kmip_cluster_add(&cluster, NULL);
        kmip_cluster_fault(&cluster, i, &(struct scripted_fault){.kind = SCRIPTED_HELLO_CLOSE});
    }
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_UNAVAILABLE);
    cr_assert_eq(kmip_cluster_connections(&cluster, 0), 2);
    cr_assert_eq(kmip_cluster_connections(&cluster, 1), 2);
    cr_assert_eq(kmip_cluster_connections(&cluster, 2), 1);
    cr_assert(also_blames(&cluster, 2), "%s", cluster.err.message);
}

Test(kmip_client, waits_for_a_server_that_comes_back)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_fault(&cluster, 0, &(struct scripted_fault){.kind = SCRIPTED_HELLO_CLOSE, .times = 2});
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(cluster.scripted.sleeps, 2);
    cr_assert_eq(kmip_cluster_connections(&cluster, 0), 3);
}

Test(kmip_client, waits_out_a_limit)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_fault(
        &cluster, 0,
        &(struct scripted_fault){
            .kind = SCRIPTED_FAIL, .operation = QUERY, .reason = KMIP_REASON_SERVER_LIMIT_EXCEEDED, .times = 3});
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(cluster.scripted.sleeps, 3);
}

Test(kmip_client, trouble_that_lasts_is_told_with_the_act_and_the_key)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct kmip_call call = {.operation = KMIP_GET_ATTRIBUTES, .uid = "4711", .write = kmip_cluster_write_query};

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_kill(&cluster, 1);
    kmip_cluster_fault(&cluster, 0,
                       &(struct scripted_fault){.kind = SCRIPTED_FAIL,
                                                .operation = KMIP_GET_ATTRIBUTES,
                                                .reason = KMIP_REASON_INTERNAL_SERVER_ERROR,
                                                .text = "out of cheese"});
    cr_assert_eq(kmip_cluster_call(&cluster, &call), SEALIFT_UNAVAILABLE);
    cr_assert(kmip_cluster_blames(&cluster, 0), "%s", cluster.err.message);
    cr_assert(kmip_cluster_says(&cluster, "get the attributes of key 4711: the server has trouble of its own"), "%s",
              cluster.err.message);
    cr_assert(kmip_cluster_says(&cluster, "Internal Server Error: out of cheese; 127.0.0.1:"), "%s",
              cluster.err.message);
    scripted_kmip_stop(&cluster.servers[0]); /* what it has against this request is the test's own doing */
}

Test(kmip_client, once_is_once_for_each_server)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    for (size_t i = 0; i < 3; i++) {
        kmip_cluster_add(&cluster, NULL);
        kmip_cluster_fault(&cluster, i, &(struct scripted_fault){.kind = SCRIPTED_HELLO_CLOSE});
    }
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query_once), SEALIFT_UNAVAILABLE);
    cr_assert_eq(cluster.scripted.sleeps, 0);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(kmip_cluster_connections(&cluster, i), 1);
    cr_assert(kmip_cluster_blames(&cluster, 0) && also_blames(&cluster, 1) && also_blames(&cluster, 2), "%s",
              cluster.err.message);
    cr_assert_not(kmip_cluster_says(&cluster, "gave up"));
}

/* --- What does not pass --- */

/* A server whose certificate is of a CA that we do not know. */
static void
add_stranger(struct kmip_cluster *cluster, const struct test_pki *other)
{
    kmip_cluster_add_with(cluster, &(struct scripted_kmip_setup){.pki = other}, NULL);
}

Test(kmip_client, a_server_that_is_not_trusted_is_passed_over_with_a_warning)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    SCOPED(test_pki_done) struct test_pki other;

    kmip_cluster_init(&cluster);
    test_pki_make(&other);
    add_stranger(&cluster, &other);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_must_query(&cluster);
    cr_assert_str_eq(cluster.reply.server, scripted_kmip_address(cluster.servers[1]));
    cr_assert_not_null(strstr(cluster.scripted.log, "; trying "), "%s", cluster.scripted.log);
    cr_assert_eq(kmip_cluster_requests(&cluster, 0), 0, "a request went to a server that is not trusted");
}

Test(kmip_client, does_not_wait_for_what_does_not_pass)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    SCOPED(test_pki_done) struct test_pki other;

    kmip_cluster_init(&cluster);
    test_pki_make(&other);
    add_stranger(&cluster, &other);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_fault(&cluster, 1, &(struct scripted_fault){.kind = SCRIPTED_TWO_ITEMS});
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_DENIED, "%s", cluster.err.message);
    cr_assert(kmip_cluster_blames(&cluster, 0) && also_blames(&cluster, 1), "%s", cluster.err.message);
    cr_assert_eq(cluster.scripted.sleeps, 0);
    cr_assert_eq(kmip_cluster_connections(&cluster, 0), 1);
}

Test(kmip_client, one_that_is_only_down_is_worth_waiting_for)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    SCOPED(test_pki_done) struct test_pki other;

    kmip_cluster_init(&cluster);
    test_pki_make(&other);
    add_stranger(&cluster, &other);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_kill(&cluster, 1);
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_UNAVAILABLE, "%s", cluster.err.message);
    cr_assert(kmip_cluster_blames(&cluster, 0) && also_blames(&cluster, 1), "%s", cluster.err.message);
    cr_assert_gt(cluster.scripted.sleeps, 0);
}

/* --- One server alone --- */

Test(kmip_client, one_server_can_be_asked_alone)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_open(&cluster);
    cr_assert_eq(kmip_client_server_count(cluster.client), 2);
    cr_assert_str_eq(kmip_client_server_name(cluster.client, 1), scripted_kmip_address(cluster.servers[1]));
    cr_assert_eq(kmip_client_call_server(cluster.client, 1, &kmip_cluster_query, &cluster.reply, &cluster.err),
                 SEALIFT_OK, "%s", cluster.err.message);
    cr_assert_str_eq(cluster.reply.server, scripted_kmip_address(cluster.servers[1]));
    kmip_reply_done(&cluster.reply);
    kmip_cluster_kill(&cluster, 1);
    cr_assert_eq(kmip_client_call_server(cluster.client, 1, &kmip_cluster_query, &cluster.reply, &cluster.err),
                 SEALIFT_UNAVAILABLE);
    cr_assert_eq(cluster.scripted.sleeps, 0);
    cr_assert_eq(kmip_cluster_requests(&cluster, 0), 0);
}

Test(kmip_client, one_server_asked_alone_may_answer_what_passes)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_fault(&cluster, 0,
                       &(struct scripted_fault){
                           .kind = SCRIPTED_FAIL, .operation = QUERY, .reason = KMIP_REASON_SERVER_LIMIT_EXCEEDED});
    kmip_cluster_open(&cluster);
    cr_assert_eq(kmip_client_call_server(cluster.client, 0, &kmip_cluster_query, &cluster.reply, &cluster.err),
                 SEALIFT_OK);
    cr_assert_eq(kmip_reply_check(&cluster.reply, &kmip_cluster_query, &cluster.err), SEALIFT_UNAVAILABLE);
}

Test(kmip_client, needs_servers_that_make_sense)
{
    SCOPED(kmip_client_free) struct kmip_client *client = NULL;
    static struct kms_config config = {.type = KMS_KMIP, .address = "https://kmip.example:5696"};
    static struct cancel cancel;
    static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};
    struct sealift_error err;

    cr_assert_eq(kmip_client_new(&world, &config, NULL, &client, &err), SEALIFT_INVALID);
    cr_assert_eq(strncmp(err.message, "KMIP: ", 6), 0, "%s", err.message);
}

/* --- Being told to stop --- */

Test(kmip_client, asks_nothing_when_told_to_stop)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_must_query(&cluster);
    atomic_store(&cluster.scripted.cancel.asked, true);
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_CANCELLED);
    kmip_client_free(&cluster.client);
    cr_assert(scripted_kmip_all_closed(cluster.servers[0])); /* so that it has read what there was */
    cr_assert_eq(kmip_cluster_requests(&cluster, 0), 2);
}

static struct kmip_cluster *interrupted;

static void
interrupt_sleep(struct clock *clock, int64_t ns, const struct cancel *cancel)
{
    (void)clock, (void)ns, (void)cancel;
    atomic_store(&interrupted->scripted.cancel.asked, true);
}

Test(kmip_client, a_wait_ends_when_told_to_stop)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_kill(&cluster, 0);
    interrupted = &cluster;
    cluster.scripted.clock.sleep_ns = interrupt_sleep;
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_CANCELLED);
}

static void *
call_in_thread(void *argument)
{
    struct kmip_cluster *cluster = argument;
    SCOPED(kmip_reply_done) struct kmip_reply reply = {0};
    struct sealift_error err;

    if (kmip_client_call(cluster->client, &kmip_cluster_query, &reply, &err) != SEALIFT_CANCELLED)
        return cluster;
    return NULL;
}

static void
wait_for_requests(struct kmip_cluster *cluster, size_t count)
{
    for (int i = 0; i < 1000 && kmip_cluster_requests(cluster, 0) < count; i++)
        usleep(10000);
    cr_assert_geq(kmip_cluster_requests(cluster, 0), count);
}

/* One of them in an exchange that stalls, the others waiting for their turn: were they not to notice, it would take the
 * half minute that an answer may take. */
Test(kmip_client, a_stall_and_those_who_wait_behind_it_end_when_told_to_stop, .timeout = 25)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    pthread_t threads[4];
    void *failed;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_fault(&cluster, 0, &(struct scripted_fault){.kind = SCRIPTED_STALL_AT});
    kmip_cluster_open(&cluster);
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, call_in_thread, &cluster), 0);
    wait_for_requests(&cluster, 1);
    atomic_store(&cluster.scripted.cancel.asked, true);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], &failed);
        cr_assert_null(failed, "thread %zu ended otherwise", i);
    }
    cr_assert_eq(kmip_cluster_requests(&cluster, 0), 1, "more than one request was under way");
}
