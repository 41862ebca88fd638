/* The connection to one server, as the client makes, keeps and gives it up, and what comes over it. */
#include "kmip_cluster.h"

#include <unistd.h>

/* --- How long it is kept --- */

static void
sleep_s(struct kmip_cluster *cluster, int64_t seconds)
{
    cluster->scripted.clock.sleep_ns(&cluster->scripted.clock, seconds * NS_PER_S, &cluster->scripted.cancel);
}

Test(kmip_connection, keeps_its_connection_between_calls)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    for (int i = 0; i < 5; i++) {
        kmip_cluster_must_query(&cluster);
        sleep_s(&cluster, 29);
    }
    cr_assert_eq(kmip_cluster_connections(&cluster, 0), 1);
}

Test(kmip_connection, makes_a_new_one_when_nobody_used_it_for_half_a_minute)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_must_query(&cluster);
    sleep_s(&cluster, 30);
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(kmip_cluster_connections(&cluster, 0), 2);
    cr_assert_eq(scripted_kmip_count(cluster.servers[0], DISCOVER), 1, "the version is not remembered");
}

Test(kmip_connection, closes_what_is_idle_when_asked_to)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_must_query(&cluster);
    sleep_s(&cluster, 29);
    kmip_client_close_idle(cluster.client);
    cr_assert_eq(scripted_kmip_open_connections(cluster.servers[0]), 1);
    sleep_s(&cluster, 1);
    kmip_client_close_idle(cluster.client);
    cr_assert(scripted_kmip_all_closed(cluster.servers[0]));
}

/* Whichever way it died: the server was restarted, or lost patience. */
Test(kmip_connection, a_kept_connection_that_died_is_made_anew_before_it_counts)
{
    static const enum scripted_fault_kind deaths[] = {SCRIPTED_CLOSE_AT, SCRIPTED_CUT_AT, SCRIPTED_RESET_AT,
                                                      SCRIPTED_STALL_AT};

    for (size_t i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

        kmip_cluster_init(&cluster);
        cluster.options.timeouts.answer_ns = 3 * NS_PER_S;
        kmip_cluster_add(&cluster, NULL);
        kmip_cluster_must_query(&cluster);
        kmip_cluster_fault(&cluster, 0, &(struct scripted_fault){.kind = deaths[i], .times = 1});
        cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query_once), SEALIFT_OK, "death %zu: %s", i,
                     cluster.err.message);
        cr_assert_eq(scripted_kmip_faults(cluster.servers[0]), 1);
        cr_assert_eq(kmip_cluster_connections(&cluster, 0), 2);
        cr_assert_eq(cluster.scripted.sleeps, 0);
        cr_assert_null(strstr(cluster.scripted.log, "trying"), "%s", cluster.scripted.log);
    }
}

Test(kmip_connection, a_kept_connection_that_dies_in_the_midst_of_an_answer_counts)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_must_query(&cluster);
    kmip_cluster_fault(&cluster, 0, &(struct scripted_fault){.kind = SCRIPTED_CUT_AT, .at = 20, .times = 1});
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query_once), SEALIFT_UNAVAILABLE);
    cr_assert(kmip_cluster_blames(&cluster, 0), "%s", cluster.err.message);
    cr_assert_eq(kmip_cluster_connections(&cluster, 0), 1);
}

Test(kmip_connection, a_fresh_connection_that_fails_counts)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    cluster.config.kmip.version = KMIP_1_4;
    cluster.config.kmip.version_is_pinned = true;
    kmip_cluster_fault(&cluster, 0, &(struct scripted_fault){.kind = SCRIPTED_CLOSE_AT});
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query_once), SEALIFT_UNAVAILABLE);
    cr_assert_eq(kmip_cluster_requests(&cluster, 0), 1);
    cr_assert(scripted_kmip_all_closed(cluster.servers[0]), "the connection is left open after an error");
}

/* A late answer would be taken for that to the next request. */
Test(kmip_connection, closes_after_a_stall)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    cluster.options.timeouts.answer_ns = NS_PER_S;
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_fault(&cluster, 0, &(struct scripted_fault){.kind = SCRIPTED_STALL_AT, .at = 30});
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query_once), SEALIFT_UNAVAILABLE);
    cr_assert(kmip_cluster_says(&cluster, "did not answer in time"), "%s", cluster.err.message);
    cr_assert(scripted_kmip_all_closed(cluster.servers[0]));
}

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

Test(kmip_connection, a_password_that_was_replaced_is_read_again)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    char *file = cluster.config.credential.name;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, &(struct scripted_kmip_model){.username = "alice", .password = "first"});
    snprintf(file, sizeof(cluster.config.credential.name), "%s/password", cluster.pki.folder);
    cluster.config.credential.kind = CREDENTIAL_FILE;
    strcpy(cluster.config.kmip.username, "alice");
    write_file(file, "first\n");
    kmip_cluster_must_query(&cluster);

    write_file(file, "second\n");
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(kmip_cluster_connections(&cluster, 0), 1, "a connection that is good is given up");
    scripted_kmip_change(cluster.servers[0], &(struct scripted_kmip_model){.username = "alice", .password = "second"});
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(kmip_cluster_connections(&cluster, 0), 2);
    cr_assert_null(strstr(cluster.scripted.log, "second"), "the log has the password");

    scripted_kmip_change(cluster.servers[0], &(struct scripted_kmip_model){.username = "alice", .password = "third"});
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_OK);
    cr_assert_eq(kmip_reply_check(&cluster.reply, &kmip_cluster_query, &cluster.err), SEALIFT_DENIED);
    cr_assert_not(kmip_cluster_says(&cluster, "second"));
}

Test(kmip_connection, a_secret_of_ours_that_is_missing_is_no_servers_trouble)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_add(&cluster, NULL);
    cr_assert_eq(unlink(cluster.config.kmip.client_key.name), 0);
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_NOT_FOUND);
    cr_assert_eq(strncmp(cluster.err.message, "KMIP: the client certificate's key: ", 36), 0, "%s",
                 cluster.err.message);
    cr_assert_null(strchr(cluster.err.message, ';'), "it is told of each server: %s", cluster.err.message);
    cr_assert_eq(kmip_cluster_connections(&cluster, 0) + kmip_cluster_connections(&cluster, 1), 0);
    cr_assert_str_eq(cluster.scripted.log, "");
}

/* --- What comes over it --- */

static const uint8_t *
batch_id_of(const struct scripted_request *request)
{
    static const uint8_t header[] = {0x42, 0x00, 0x93, 0x08, 0, 0, 0, KMIP_BATCH_ID_SIZE};
    const uint8_t *found = memmem(request->bytes, request->len, header, sizeof(header));

    cr_assert_not_null(found);
    return found + sizeof(header);
}

Test(kmip_connection, each_request_has_an_id_of_its_own)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct scripted_request first, second;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_must_query(&cluster);
    kmip_cluster_must_query(&cluster);
    first = scripted_kmip_request(cluster.servers[0], 1);
    second = scripted_kmip_request(cluster.servers[0], 2);
    cr_assert_neq(memcmp(batch_id_of(&first), batch_id_of(&second), KMIP_BATCH_ID_SIZE), 0);
}

Test(kmip_connection, an_answer_to_another_request_is_none_to_ours)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_fault(
        &cluster, 0,
        &(struct scripted_fault){.kind = SCRIPTED_BYTES, .operation = QUERY, .tag = KMIP_TAG_UNIQUE_BATCH_ITEM_ID});
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_CORRUPT);
    cr_assert(kmip_cluster_blames(&cluster, 0), "%s", cluster.err.message);
    cr_assert(kmip_cluster_says(&cluster, ": Query: the answer makes no sense: it answers another request"), "%s",
              cluster.err.message);
    cr_assert(scripted_kmip_all_closed(cluster.servers[0]));
}

static const struct {
    const char *text;
    size_t len;
    enum sealift_status meaning;
    const char *says;
} beginnings[] = {
    {"HTTP/1.1 400 Bad Request\r\n\r\n", 0, SEALIFT_INVALID, "a web server: check the port; KMIP's usual one is 5696"},
    {"220 mail.example ESMTP\r\n", 0, SEALIFT_CORRUPT, "no answer of a KMIP server (it begins with 32323020)"},
    {"\x42\x00\x78\x01\0\0\0\x08", 8, SEALIFT_CORRUPT, "no answer of a KMIP server"},
    {"\x42\x00\x7b\x02\0\0\0\x08", 8, SEALIFT_CORRUPT, "no answer of a KMIP server"},
    {"\x42\x00\x7b\x01\0\0\0\x09", 8, SEALIFT_CORRUPT, "its length, 9, is no multiple of 8"},
    {"\x42\x00\x7b\x01\0\x10\0\0", 8, SEALIFT_CORRUPT, "it announces 1048576 bytes"},
    {"\x42\x00\x7b\x01\xff\xff\xff\xf8", 8, SEALIFT_CORRUPT, "it announces 4294967288 bytes"},
    {"\x42\x00\x7b\x01\0\0\0\0", 8, SEALIFT_CORRUPT, "the answer makes no sense"},
};

/* The server closes nothing and sends no more: who waited for the rest would wait for half a minute. */
Test(kmip_connection, does_not_read_on_after_a_beginning_that_makes_no_sense)
{
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

        kmip_cluster_init(&cluster);
        kmip_cluster_add(&cluster, NULL);
        kmip_cluster_fault(&cluster, 0,
                           &(struct scripted_fault){
                               .kind = SCRIPTED_INSTEAD, .text = beginnings[i].text, .text_len = beginnings[i].len});
        cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), beginnings[i].meaning, "case %zu: %s", i,
                     cluster.err.message);
        cr_assert(kmip_cluster_blames(&cluster, 0), "%s", cluster.err.message);
        cr_assert(kmip_cluster_says(&cluster, beginnings[i].says), "case %zu: %s", i, cluster.err.message);
        cr_assert_eq(kmip_cluster_requests(&cluster, 0), 1, "asked again though nothing will change");
        cr_assert_eq(cluster.scripted.sleeps, 0);
    }
}

Test(kmip_connection, an_answer_in_a_later_kmip_is_refused)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;

    kmip_cluster_init(&cluster);
    kmip_cluster_add(&cluster, NULL);
    kmip_cluster_fault(
        &cluster, 0,
        &(struct scripted_fault){.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_PROTOCOL_VERSION_MAJOR, .number = 3});
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_INVALID, "%s", cluster.err.message);
    cr_assert(kmip_cluster_says(&cluster, "sealift speaks 1.2 to 2.1"), "%s", cluster.err.message);
}
