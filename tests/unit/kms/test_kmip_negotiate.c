/* Agreeing on a version, staying with it, and agreeing anew. */
#include "kmip_cluster.h"

static void
assert_asked(struct scripted_kmip *server, size_t number, uint32_t operation, uint16_t version)
{
    struct scripted_request request;

    cr_assert_lt(number, scripted_kmip_requests(server));
    request = scripted_kmip_request(server, number);
    cr_assert_eq(request.seen.operation, operation, "request %zu is operation %x", number, request.seen.operation);
    cr_assert_eq(request.seen.version, version, "request %zu is in %x", number, request.seen.version);
}

/* --- Discover Versions --- */

Test(kmip_negotiate, asks_in_the_oldest_version_and_takes_the_one_we_like_best)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    server = kmip_cluster_add(&cluster, NULL);
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(scripted_kmip_requests(server), 2);
    assert_asked(server, 0, DISCOVER, 0x0102);
    assert_asked(server, 1, QUERY, 0x0104);
    cr_assert_eq(cluster.reply.version, KMIP_1_4);
    cr_assert_str_eq(cluster.reply.server, scripted_kmip_address(server));
    cr_assert_eq(kmip_client_version(cluster.client), KMIP_1_4);
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(scripted_kmip_count(server, DISCOVER), 1, "asked again");
}

static const struct {
    struct scripted_kmip_model model;
    enum kmip_version agreed;
} agreements[] = {
    {{.versions = {0x0102, 0x0103, 0x0104, 0x0200, 0x0201}}, KMIP_1_4},
    {{.versions = {0x0102, 0x0103, 0x0200, 0x0201}}, KMIP_2_1},
    {{.versions = {0x0102, 0x0103, 0x0200}}, KMIP_2_0},
    {{.versions = {0x0102, 0x0103}}, KMIP_1_3},
    {{.versions = {0x0102}}, KMIP_1_2},
    {{.versions = {0x0102, 0x0300}}, KMIP_1_2},
    {{.versions = {0x0103}}, KMIP_1_3},
    {{.versions = {0x0104}}, KMIP_1_4},
    {{.versions = {0x0200}}, KMIP_2_0},
    {{.versions = {0x0201}}, KMIP_2_1},
    {{.versions = {0x0201}, .refusal = SCRIPTED_REFUSES_ECHOING}, KMIP_2_1},
    {{.versions = {0x0201}, .refusal = SCRIPTED_REFUSES_BY_NAME}, KMIP_2_1},
    {{.versions = {0x0201}, .refusal = SCRIPTED_REFUSES_CLOSING}, KMIP_2_1},
    {{.versions = {0x0200}, .refusal = SCRIPTED_REFUSES_CLOSING}, KMIP_2_0},
    {{.versions = {0x0104}, .refusal = SCRIPTED_REFUSES_BY_NAME}, KMIP_1_4},

    /* Without Discover Versions: each is tried with a Query, which may itself be refused. */
    {{.discover_reason = KMIP_REASON_OPERATION_NOT_SUPPORTED}, KMIP_1_4},
    {{.versions = {0x0102, 0x0103}, .discover_reason = KMIP_REASON_OPERATION_NOT_SUPPORTED}, KMIP_1_3},
    {{.versions = {0x0102}, .discover_reason = KMIP_REASON_PERMISSION_DENIED}, KMIP_1_2},
    {{.versions = {0x0200}, .discover_reason = KMIP_REASON_GENERAL_FAILURE, .query_reason = KMIP_REASON_NOT_AUTHORISED},
     KMIP_2_0},
    {{.versions = {0x0102},
      .discover_reason = KMIP_REASON_OPERATION_NOT_SUPPORTED,
      .query_reason = KMIP_REASON_OPERATION_NOT_SUPPORTED,
      .refusal = SCRIPTED_REFUSES_ECHOING},
     KMIP_1_2},
};

Test(kmip_negotiate, agrees_with_whatever_speaks_one_of_ours)
{
    for (size_t i = 0; i < sizeof(agreements) / sizeof(agreements[0]); i++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
        struct scripted_kmip *server;
        size_t requests;

        kmip_cluster_init(&cluster);
        server = kmip_cluster_add(&cluster, &agreements[i].model);
        cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_OK, "case %zu: %s", i,
                     cluster.err.message);
        cr_assert_eq(cluster.reply.version, agreements[i].agreed, "case %zu: %s", i,
                     kmip_version_text(cluster.reply.version));
        cr_assert_eq(cluster.scripted.sleeps, 0);

        requests = scripted_kmip_requests(server);
        cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_OK, "%s", cluster.err.message);
        cr_assert_eq(scripted_kmip_requests(server), requests + 1, "case %zu: it is agreed on again", i);
        cr_assert_eq(cluster.reply.version, agreements[i].agreed);
        cr_assert_eq(kmip_client_version(cluster.client), agreements[i].agreed);
    }
}

/* --- Without a common version --- */

/* A success of Discover Versions that lists these. */
static void
write_discovered(const int32_t (*versions)[2], size_t count, struct buf *out)
{
    struct ttlv_writer writer;
    struct sealift_error err;

    ttlv_writer_init(&writer, out);
    ttlv_begin(&writer, KMIP_TAG_RESPONSE_MESSAGE);
    ttlv_begin(&writer, KMIP_TAG_RESPONSE_HEADER);
    kmip_put_version(&writer, KMIP_1_2);
    ttlv_put_integer(&writer, KMIP_TAG_BATCH_COUNT, 1);
    ttlv_end(&writer);
    ttlv_begin(&writer, KMIP_TAG_BATCH_ITEM);
    ttlv_put_enumeration(&writer, KMIP_TAG_OPERATION, KMIP_DISCOVER_VERSIONS);
    ttlv_put_enumeration(&writer, KMIP_TAG_RESULT_STATUS, KMIP_SUCCESS);
    ttlv_begin(&writer, KMIP_TAG_RESPONSE_PAYLOAD);
    for (size_t i = 0; i < count; i++) {
        ttlv_begin(&writer, KMIP_TAG_PROTOCOL_VERSION);
        ttlv_put_integer(&writer, KMIP_TAG_PROTOCOL_VERSION_MAJOR, versions[i][0]);
        ttlv_put_integer(&writer, KMIP_TAG_PROTOCOL_VERSION_MINOR, versions[i][1]);
        ttlv_end(&writer);
    }
    ttlv_end(&writer);
    ttlv_end(&writer);
    ttlv_end(&writer);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK, "%s", err.message);
}

/* To ours "none of them", and to an empty list these. */
static void
have_only(struct scripted_kmip *server, const int32_t (*versions)[2], size_t count, struct buf *none, struct buf *all)
{
    write_discovered(NULL, 0, none);
    write_discovered(versions, count, all);
    scripted_kmip_add_fault(server, &(struct scripted_fault){.kind = SCRIPTED_INSTEAD,
                                                             .operation = DISCOVER,
                                                             .times = 1,
                                                             .text = (const char *)none->data,
                                                             .text_len = none->len});
    scripted_kmip_add_fault(server, &(struct scripted_fault){.kind = SCRIPTED_INSTEAD,
                                                             .operation = DISCOVER,
                                                             .skip = 1,
                                                             .times = 1,
                                                             .text = (const char *)all->data,
                                                             .text_len = all->len});
}

Test(kmip_negotiate, names_what_the_server_speaks_and_what_we_do)
{
    static const int32_t old[][2] = {{1, 0}, {1, 1}};
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    SCOPED(buf_done) struct buf none = {0};
    SCOPED(buf_done) struct buf all = {0};

    kmip_cluster_init(&cluster);
    have_only(kmip_cluster_add(&cluster, NULL), old, 2, &none, &all);
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_INVALID, "%s", cluster.err.message);
    cr_assert(kmip_cluster_blames(&cluster, 0));
    cr_assert_not_null(strstr(cluster.err.message,
                              ": no version in common: the server has 1.0, 1.1, sealift speaks 1.2, 1.3, 1.4, 2.0 and "
                              "2.1: have the server offer one of these, or pin one with --kmip-version"),
                       "%s", cluster.err.message);
    cr_assert_eq(cluster.scripted.sleeps, 0, "waited for what does not pass");
}

Test(kmip_negotiate, says_so_when_the_server_does_not_tell_what_it_speaks)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    SCOPED(buf_done) struct buf none = {0};
    SCOPED(buf_done) struct buf all = {0};

    kmip_cluster_init(&cluster);
    have_only(kmip_cluster_add(&cluster, NULL), NULL, 0, &none, &all);
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_INVALID, "%s", cluster.err.message);
    cr_assert_not_null(strstr(cluster.err.message, "the server has others, which it does not tell, sealift speaks"),
                       "%s", cluster.err.message);
}

Test(kmip_negotiate, shows_some_of_a_list_without_end)
{
    static int32_t many[1000][2];
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    SCOPED(buf_done) struct buf none = {0};
    SCOPED(buf_done) struct buf all = {0};

    for (int32_t i = 0; i < 1000; i++)
        many[i][0] = 1000 + i;
    kmip_cluster_init(&cluster);
    have_only(kmip_cluster_add(&cluster, NULL), many, 1000, &none, &all);
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_INVALID, "%s", cluster.err.message);
    cr_assert_not_null(strstr(cluster.err.message, "1000.0, 1001.0, "), "%s", cluster.err.message);
    cr_assert_not_null(strstr(cluster.err.message, "1011.0 ..., sealift speaks"), "%s", cluster.err.message);
}

Test(kmip_negotiate, refuses_a_server_that_refuses_each)
{
    static const enum scripted_refusal refusals[] = {SCRIPTED_REFUSES_LIKE_PYKMIP, SCRIPTED_REFUSES_ECHOING,
                                                     SCRIPTED_REFUSES_BY_NAME};

    for (size_t i = 0; i < 3; i++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
        struct scripted_kmip *server;

        kmip_cluster_init(&cluster);
        server =
            kmip_cluster_add(&cluster, &(struct scripted_kmip_model){.versions = {0x0100}, .refusal = refusals[i]});
        cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_INVALID, "%s", cluster.err.message);
        cr_assert_not_null(strstr(cluster.err.message, "no version in common: the server refuses each that was tried"),
                           "%s", cluster.err.message);
        cr_assert_eq(scripted_kmip_requests(server), KMIP_VERSION_COUNT);
        cr_assert_eq(cluster.scripted.sleeps, 0);
    }
}

Test(kmip_negotiate, refuses_a_server_without_discover_versions_that_refuses_each)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    server = kmip_cluster_add(&cluster, NULL);
    scripted_kmip_add_fault(server, &(struct scripted_fault){.kind = SCRIPTED_FAIL,
                                                             .operation = DISCOVER,
                                                             .reason = KMIP_REASON_OPERATION_NOT_SUPPORTED});
    scripted_kmip_add_fault(
        server,
        &(struct scripted_fault){.kind = SCRIPTED_FAIL, .operation = QUERY, .reason = KMIP_REASON_INVALID_MESSAGE});
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_INVALID, "%s", cluster.err.message);
    cr_assert_not_null(strstr(cluster.err.message, "has no Discover Versions and refuses each version"), "%s",
                       cluster.err.message);
    cr_assert_eq(scripted_kmip_count(server, QUERY), KMIP_VERSION_COUNT);
}

/* Not a version's fault: a broken server closes as well. */
Test(kmip_negotiate, a_server_that_closes_on_everything_is_unavailable)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    server = kmip_cluster_add(&cluster, NULL);
    scripted_kmip_add_fault(server, &(struct scripted_fault){.kind = SCRIPTED_CLOSE_AT});
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query_once), SEALIFT_UNAVAILABLE, "%s", cluster.err.message);
    cr_assert_not_null(strstr(cluster.err.message, "that was the answer to Discover Versions in each version"), "%s",
                       cluster.err.message);
    cr_assert_eq(scripted_kmip_requests(server), KMIP_VERSION_COUNT);
}

/* Silence is not a refusal: five times as long a wait would tell no more. */
Test(kmip_negotiate, a_server_that_stalls_is_asked_once)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    cluster.options.timeouts.answer_ns = NS_PER_S;
    server = kmip_cluster_add(&cluster, NULL);
    scripted_kmip_add_fault(server, &(struct scripted_fault){.kind = SCRIPTED_STALL_AT});
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query_once), SEALIFT_UNAVAILABLE, "%s", cluster.err.message);
    cr_assert_eq(scripted_kmip_requests(server), 1);
}

Test(kmip_negotiate, who_is_not_let_in_is_told_so_at_once)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    server = kmip_cluster_add(&cluster, &(struct scripted_kmip_model){.username = "alice", .password = "secret"});
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_DENIED, "%s", cluster.err.message);
    cr_assert_not_null(strstr(cluster.err.message, "discover versions: the server does not accept who we are"), "%s",
                       cluster.err.message);
    cr_assert_eq(scripted_kmip_requests(server), 1);
}

/* --- A version that is remembered --- */

static void
remember(struct kmip_cluster *cluster, enum kmip_version version)
{
    cluster->config.kmip.version = version;
}

Test(kmip_negotiate, a_remembered_version_asks_nothing)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    server = kmip_cluster_add(&cluster, NULL);
    remember(&cluster, KMIP_1_3);
    kmip_cluster_open(&cluster);
    cr_assert_eq(kmip_client_version(cluster.client), KMIP_1_3);
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(scripted_kmip_requests(server), 1);
    assert_asked(server, 0, QUERY, 0x0103);
}

Test(kmip_negotiate, a_remembered_version_that_is_refused_is_agreed_on_anew)
{
    static const enum scripted_refusal refusals[] = {SCRIPTED_REFUSES_LIKE_PYKMIP, SCRIPTED_REFUSES_ECHOING,
                                                     SCRIPTED_REFUSES_BY_NAME, SCRIPTED_REFUSES_CLOSING};

    for (size_t i = 0; i < 4; i++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
        struct scripted_kmip *server;

        kmip_cluster_init(&cluster);
        server = kmip_cluster_add(&cluster,
                                  &(struct scripted_kmip_model){.versions = {0x0102, 0x0103}, .refusal = refusals[i]});
        remember(&cluster, KMIP_2_1);
        kmip_cluster_must_query(&cluster);
        cr_assert_eq(scripted_kmip_requests(server), 3, "refusal %zu", i);
        assert_asked(server, 0, QUERY, 0x0201);
        assert_asked(server, 1, DISCOVER, 0x0102);
        assert_asked(server, 2, QUERY, 0x0103);
        cr_assert_eq(kmip_client_version(cluster.client), KMIP_1_3);
        kmip_cluster_must_query(&cluster);
        assert_asked(server, 3, QUERY, 0x0103);
    }
}

Test(kmip_negotiate, a_server_that_changes_its_mind_is_asked_anew)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    server = kmip_cluster_add(&cluster, NULL);
    kmip_cluster_must_query(&cluster);
    scripted_kmip_change(server, &(struct scripted_kmip_model){.versions = {0x0201, 0x0200}});
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(cluster.reply.version, KMIP_2_1);
}

/* Once: a server that lists what it refuses would be asked for ever. */
Test(kmip_negotiate, a_server_that_refuses_what_it_lists_is_believed_in_the_end)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    server = kmip_cluster_add(&cluster, NULL);
    scripted_kmip_add_fault(server, &(struct scripted_fault){.kind = SCRIPTED_FAIL,
                                                             .operation = QUERY,
                                                             .reason = KMIP_REASON_UNSUPPORTED_PROTOCOL_VERSION});
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_OK, "%s", cluster.err.message);
    cr_assert_eq(kmip_reply_check(&cluster.reply, &kmip_cluster_query, &cluster.err), SEALIFT_INVALID);
    cr_assert_leq(scripted_kmip_requests(server), 4);
}

/* --- A pin --- */

static void
pin(struct kmip_cluster *cluster, enum kmip_version version)
{
    cluster->config.kmip.version = version;
    cluster->config.kmip.version_is_pinned = true;
}

Test(kmip_negotiate, a_pin_asks_for_nothing_and_is_used_as_it_is)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    server = kmip_cluster_add(&cluster, NULL);
    pin(&cluster, KMIP_2_0);
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(scripted_kmip_requests(server), 1);
    assert_asked(server, 0, QUERY, 0x0200);
}

Test(kmip_negotiate, a_refused_pin_is_named_and_nothing_else_is_tried)
{
    static const enum scripted_refusal refusals[] = {SCRIPTED_REFUSES_LIKE_PYKMIP, SCRIPTED_REFUSES_ECHOING,
                                                     SCRIPTED_REFUSES_BY_NAME};

    for (size_t i = 0; i < 3; i++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
        struct scripted_kmip *server;

        kmip_cluster_init(&cluster);
        server =
            kmip_cluster_add(&cluster, &(struct scripted_kmip_model){.versions = {0x0102}, .refusal = refusals[i]});
        pin(&cluster, KMIP_1_4);
        cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_INVALID, "%s", cluster.err.message);
        cr_assert(kmip_cluster_blames(&cluster, 0));
        cr_assert_not_null(strstr(cluster.err.message, "does not take KMIP 1.4, which is pinned: pin another version"),
                           "%s", cluster.err.message);
        cr_assert_eq(scripted_kmip_requests(server), 1, "refusal %zu", i);
        cr_assert_eq(cluster.scripted.sleeps, 0);
    }
}

/* PyKMIP's way to say that it does not know a field, too. */
Test(kmip_negotiate, once_a_pin_has_worked_an_invalid_message_is_about_the_message)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    server = kmip_cluster_add(&cluster, NULL);
    pin(&cluster, KMIP_1_3);
    kmip_cluster_must_query(&cluster);
    scripted_kmip_add_fault(server, &(struct scripted_fault){.kind = SCRIPTED_FAIL,
                                                             .reason = KMIP_REASON_INVALID_MESSAGE,
                                                             .text = "what is this?"});
    cr_assert_eq(kmip_cluster_call(&cluster, &kmip_cluster_query), SEALIFT_OK, "%s", cluster.err.message);
    cr_assert_eq(kmip_reply_check(&cluster.reply, &kmip_cluster_query, &cluster.err), SEALIFT_INVALID);
    cr_assert_not_null(strstr(cluster.err.message, "what is this?"));
}

/* --- A later version for one call --- */

static struct kmip_call
query_in_at_least(enum kmip_version version)
{
    struct kmip_call call = kmip_cluster_query;

    call.at_least = version;
    return call;
}

Test(kmip_negotiate, one_call_may_need_a_later_version)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct kmip_call late = query_in_at_least(KMIP_1_4), early = query_in_at_least(KMIP_1_2);
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    server = kmip_cluster_add(&cluster, NULL);
    remember(&cluster, KMIP_1_3);
    cr_assert_eq(kmip_cluster_call(&cluster, &late), SEALIFT_OK, "%s", cluster.err.message);
    cr_assert_eq(cluster.reply.version, KMIP_1_4);
    cr_assert_eq(kmip_client_version(cluster.client), KMIP_1_3);
    cr_assert_eq(kmip_cluster_call(&cluster, &early), SEALIFT_OK, "%s", cluster.err.message);
    assert_asked(server, 0, QUERY, 0x0104);
    assert_asked(server, 1, QUERY, 0x0103);
}

Test(kmip_negotiate, what_one_call_needed_in_vain_says_nothing_against_the_agreed_version)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct kmip_call late = query_in_at_least(KMIP_1_4);
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    server = kmip_cluster_add(&cluster, &(struct scripted_kmip_model){.versions = {0x0102, 0x0103}});
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(kmip_cluster_call(&cluster, &late), SEALIFT_OK, "%s", cluster.err.message);
    cr_assert_eq(kmip_reply_check(&cluster.reply, &late, &cluster.err), SEALIFT_INVALID);
    cr_assert_eq(cluster.reply.version, KMIP_1_4);
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(cluster.reply.version, KMIP_1_3);
    cr_assert_eq(scripted_kmip_count(server, DISCOVER), 1);
}

Test(kmip_negotiate, a_pin_stands_against_what_one_call_needs)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct kmip_call late = query_in_at_least(KMIP_1_4);
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    server = kmip_cluster_add(&cluster, NULL);
    pin(&cluster, KMIP_1_2);
    cr_assert_eq(kmip_cluster_call(&cluster, &late), SEALIFT_OK, "%s", cluster.err.message);
    assert_asked(server, 0, QUERY, 0x0102);
}

/* --- A greeting --- */

static enum sealift_status
greet(struct kmip_cluster *cluster, size_t server, struct kmip_greeting *ret_greeting)
{
    kmip_cluster_open(cluster);
    return kmip_client_greet(cluster->client, server, ret_greeting, &cluster->err);
}

Test(kmip_negotiate, a_greeting_connects_and_agrees_anew)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct kmip_greeting greeting;
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    server = kmip_cluster_add(&cluster, NULL);
    remember(&cluster, KMIP_1_2);
    for (size_t i = 1; i <= 2; i++) {
        cr_assert_eq(greet(&cluster, 0, &greeting), SEALIFT_OK, "%s", cluster.err.message);
        cr_assert_eq(scripted_kmip_handshakes(server), i);
        cr_assert_eq(scripted_kmip_count(server, DISCOVER), i);
    }
    cr_assert_eq(greeting.version, KMIP_1_4);
    cr_assert_eq(kmip_client_version(cluster.client), KMIP_1_4);
    cr_assert_str_eq(greeting.protocol, "TLSv1.3");
    cr_assert_gt(greeting.certificate_ends_ns, cluster.scripted.wall_ns);
    kmip_cluster_must_query(&cluster);
    cr_assert_eq(scripted_kmip_handshakes(server), 2, "the greeting's connection is not used on");
}

Test(kmip_negotiate, a_greeting_shows_whether_a_pin_is_taken)
{
    SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
    struct kmip_greeting greeting;
    struct scripted_kmip *server;

    kmip_cluster_init(&cluster);
    server = kmip_cluster_add(&cluster, &(struct scripted_kmip_model){.versions = {0x0102, 0x0104}});
    pin(&cluster, KMIP_1_2);
    cr_assert_eq(greet(&cluster, 0, &greeting), SEALIFT_OK, "%s", cluster.err.message);
    cr_assert_eq(greeting.version, KMIP_1_2);
    cr_assert_eq(scripted_kmip_count(server, DISCOVER), 0);
    scripted_kmip_change(server, &(struct scripted_kmip_model){.versions = {0x0104}});
    cr_assert_eq(greet(&cluster, 0, &greeting), SEALIFT_INVALID, "%s", cluster.err.message);
    cr_assert_not_null(strstr(cluster.err.message, "does not take KMIP 1.2, which is pinned"), "%s",
                       cluster.err.message);
}

/* With TLS 1.3 a server refuses a certificate only when it is first read from. */
Test(kmip_negotiate, a_greeting_notices_that_the_certificate_is_refused)
{
    for (int pinned = 0; pinned < 2; pinned++) {
        SCOPED(kmip_cluster_done) struct kmip_cluster cluster;
        SCOPED(test_pki_done) struct test_pki other;
        struct kmip_greeting greeting;

        kmip_cluster_init(&cluster);
        test_pki_make(&other);
        kmip_cluster_add_with(&cluster, &(struct scripted_kmip_setup){.pki = &other, .identity = &cluster.pki.server},
                              NULL);
        if (pinned)
            pin(&cluster, KMIP_1_4);
        cr_assert_eq(greet(&cluster, 0, &greeting), SEALIFT_DENIED, "%s", cluster.err.message);
        cr_assert_not_null(strstr(cluster.err.message, "refuses our client certificate"), "%s", cluster.err.message);
    }
}
