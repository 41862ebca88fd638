/* A KMIP server that takes its time, or all of it: in each phase, each bounded by that phase's own time-out. */
#include "kmip_ordeal.h"

#include <openssl/ssl.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What is waited for in vain; the other phases keep their usual patience, for a machine may be busy. */
#define SHORT_NS (300 * NS_PER_MS)
#define SHORT_S  0.3
/* Short, but so that an answer without a fault still comes in time. */
#define ANSWER_NS (1 * NS_PER_S)

#define FAR_TOO_LONG_S 8.0

static const uint32_t operations[] = {KMIP_DISCOVER_VERSIONS, KMIP_QUERY, KMIP_GET_ATTRIBUTES, KMIP_ENCRYPT,
                                      KMIP_DECRYPT};

static void
use_setup(struct kmip_ordeal *ordeal, struct scripted_kmip_setup setup)
{
    struct kmip_cluster *cluster = &ordeal->cluster;

    setup.pki = &cluster->pki;
    kms_free(&ordeal->kms);
    scripted_kmip_stop(&cluster->servers[0]);
    cluster->servers[0] = scripted_kmip_start(&setup, &(struct scripted_kmip_model){0});
    snprintf(cluster->config.address, sizeof(cluster->config.address), "%s",
             scripted_kmip_address(cluster->servers[0]));
    kmip_ordeal_open(ordeal);
}

static void
expect_late(struct kmip_ordeal *ordeal, uint32_t operation, enum sealift_status status, const char *said)
{
    cr_assert_eq(status, operation == KMIP_QUERY ? SEALIFT_OK : SEALIFT_UNAVAILABLE, "operation %02x: %d: %s",
                 operation, status, ordeal->err.message);
    kmip_ordeal_expect_said(ordeal, operation, said);
    kmip_ordeal_expect_said(ordeal, operation, scripted_kmip_address(ordeal->cluster.servers[0]));
    cr_assert_geq(ordeal->seconds, SHORT_S * 0.9, "it took %.3f s", ordeal->seconds);
    cr_assert_lt(ordeal->seconds, FAR_TOO_LONG_S, "it took %.1f s", ordeal->seconds);
}

/* The KMS that waited in vain has closed its connection; one that is in no hurry then works. */
static void
expect_recovery(struct kmip_ordeal *ordeal)
{
    cr_assert(scripted_kmip_all_closed(ordeal->cluster.servers[0]), "a connection was left open");
    ordeal->cluster.options.timeouts = (struct kmip_timeouts){0};
    kmip_ordeal_open(ordeal);
    kmip_ordeal_expect_recovery(ordeal);
}

Test(kmip_stall, of_a_server_that_lets_nobody_in)
{
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    ordeal.cluster.options.timeouts.connect_ns = SHORT_NS;
    use_setup(&ordeal, (struct scripted_kmip_setup){.full = true});
    expect_late(&ordeal, KMIP_DECRYPT, kmip_ordeal_act(&ordeal, KMIP_DECRYPT), "no connection in time");
}

/* The first flight of a server has more than 600 bytes: its certificate is in it. */
Test(kmip_stall, in_the_handshake)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    static const size_t places[] = {0, 1, 60, 600};
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    for (size_t v = 0; v < COUNT(versions); v++) {
        use_setup(&ordeal, (struct scripted_kmip_setup){.max_version = versions[v]});
        ordeal.cluster.options.timeouts.handshake_ns = SHORT_NS;
        kmip_ordeal_open(&ordeal);
        for (size_t i = 0; i < COUNT(places); i++) {
            struct scripted_fault fault = {.kind = SCRIPTED_HELLO_STALL, .at = places[i]};

            scripted_kmip_clear_faults(ordeal.cluster.servers[0]);
            scripted_kmip_add_fault(ordeal.cluster.servers[0], &fault);
            expect_late(&ordeal, KMIP_DECRYPT, kmip_ordeal_act(&ordeal, KMIP_DECRYPT),
                        "the TLS handshake was not done in time");
            cr_assert(scripted_kmip_all_closed(ordeal.cluster.servers[0]));
        }
        expect_recovery(&ordeal);
    }
}

Test(kmip_stall, right_after_the_request)
{
    struct scripted_fault fault = {.kind = SCRIPTED_STALL_AT};
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    struct scripted_request request;

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    ordeal.cluster.options.timeouts.answer_ns = ANSWER_NS;
    for (size_t i = 0; i < COUNT(operations); i++) {
        enum sealift_status status;

        kmip_ordeal_open(&ordeal);
        status = kmip_ordeal_act_with(&ordeal, operations[i], &fault, &request);
        expect_late(&ordeal, operations[i], status, "the server did not answer in time");
    }
    expect_recovery(&ordeal);
}

/* Five seconds, whatever is left; thirty, otherwise. */
Test(kmip_stall, is_cut_short_when_the_time_is_over)
{
    struct scripted_fault fault = {.kind = SCRIPTED_STALL_AT, .operation = KMIP_DECRYPT};
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    SCOPED(secret_free) struct secret *kek = NULL;
    struct kms_errand errand = {.once = true};
    struct kms *kms;
    int64_t began_ns;
    const char *text;

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    scripted_kmip_add_fault(ordeal.cluster.servers[0], &fault);
    kms = ordeal.kms;
    errand.until_ns = kms->world->clock->mono_ns(kms->world->clock) + NS_PER_S;
    began_ns = clock_system.mono_ns(&clock_system);
    cr_assert_eq(buf_text(&ordeal.wrapped, &text, &ordeal.err), SEALIFT_OK);
    cr_assert_eq(kms->ops->unwrap(kms, &errand, &ordeal.hint, text, &kek, &ordeal.err), SEALIFT_UNAVAILABLE);
    cr_assert_not_null(strstr(ordeal.err.message, "the server did not answer in time"), "%s", ordeal.err.message);
    cr_assert_lt(clock_system.mono_ns(&clock_system) - began_ns, 20 * NS_PER_S);
}

/* In the midst of the header, behind it, and before the last byte. */
Test(kmip_stall, in_the_midst_of_an_answer)
{
    static const size_t places[] = {1, 8, 100, SIZE_MAX};
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    size_t len;

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    for (size_t i = 0; i < COUNT(places); i++) {
        uint32_t operation = i % 2 == 0 ? KMIP_DECRYPT : KMIP_ENCRYPT;
        struct scripted_fault fault = {.kind = SCRIPTED_STALL_AT};
        struct scripted_request request;
        enum sealift_status status;

        cr_assert_eq(kmip_ordeal_act(&ordeal, operation), SEALIFT_OK, "%s", ordeal.err.message);
        len = scripted_kmip_last(ordeal.cluster.servers[0], operation).answer_len;
        fault.at = places[i] < len ? places[i] : len - 1;
        ordeal.cluster.options.timeouts.answer_ns = ANSWER_NS;
        kmip_ordeal_open(&ordeal);
        status = kmip_ordeal_act_with(&ordeal, operation, &fault, &request);
        expect_late(&ordeal, operation, status, "the server did not answer in time");
        expect_recovery(&ordeal);
    }
}

Test(kmip_stall, is_what_an_answer_becomes_that_dribbles_too_slowly)
{
    struct scripted_fault slow = {.kind = SCRIPTED_PIECES, .pause_us = 50000};
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    struct scripted_request request;
    enum sealift_status status;

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    ordeal.cluster.options.timeouts.answer_ns = ANSWER_NS; /* for 20 bytes at most */
    kmip_ordeal_open(&ordeal);
    status = kmip_ordeal_act_with(&ordeal, KMIP_DECRYPT, &slow, &request);
    expect_late(&ordeal, KMIP_DECRYPT, status, "the server did not answer in time");
    kmip_ordeal_expect_said(&ordeal, KMIP_DECRYPT, "bytes had come");
}

Test(kmip_stall, is_not_what_an_answer_is_that_dribbles)
{
    struct scripted_fault bytewise = {.kind = SCRIPTED_PIECES}, pieces = {.kind = SCRIPTED_PIECES, .number = 7};
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    struct scripted_request request;

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    for (size_t i = 0; i < COUNT(operations); i++) {
        enum sealift_status status = kmip_ordeal_act_with(&ordeal, operations[i], &bytewise, &request);

        cr_assert_eq(status, SEALIFT_OK, "operation %02x: %s", operations[i], ordeal.err.message);
        status = kmip_ordeal_act_with(&ordeal, operations[i], &pieces, &request);
        cr_assert_eq(status, SEALIFT_OK, "operation %02x: %s", operations[i], ordeal.err.message);
    }
}

/* --- No stall, but no handshake either --- */

Test(kmip_stall, is_told_from_a_server_that_closes_in_the_handshake)
{
    static const size_t places[] = {0, 1, 60, 600};
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    for (size_t i = 0; i < COUNT(places); i++) {
        struct scripted_fault fault = {.kind = SCRIPTED_HELLO_CLOSE, .at = places[i]};

        kmip_ordeal_open(&ordeal);
        scripted_kmip_clear_faults(ordeal.cluster.servers[0]);
        scripted_kmip_add_fault(ordeal.cluster.servers[0], &fault);
        cr_assert_eq(kmip_ordeal_act(&ordeal, KMIP_DECRYPT), SEALIFT_UNAVAILABLE, "%s", ordeal.err.message);
        kmip_ordeal_expect_said(&ordeal, KMIP_DECRYPT, "the connection ended");
        kmip_ordeal_expect_said(&ordeal, KMIP_DECRYPT, scripted_kmip_address(ordeal.cluster.servers[0]));
        kmip_ordeal_expect_recovery(&ordeal);
    }
}

Test(kmip_stall, is_told_from_a_port_without_tls)
{
    struct scripted_fault http = {.kind = SCRIPTED_HELLO_TEXT, .text = "HTTP/1.1 400 Bad Request\r\n\r\n"};
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    kmip_ordeal_open(&ordeal);
    scripted_kmip_add_fault(ordeal.cluster.servers[0], &http);
    cr_assert_eq(kmip_ordeal_act(&ordeal, KMIP_DECRYPT), SEALIFT_INVALID, "%s", ordeal.err.message);
    kmip_ordeal_expect_said(&ordeal, KMIP_DECRYPT, "the server does not speak TLS there");
    kmip_ordeal_expect_said(&ordeal, KMIP_DECRYPT, scripted_kmip_address(ordeal.cluster.servers[0]));
    kmip_ordeal_expect_recovery(&ordeal);
}
