/* Every answer of a KMIP server, cut short at every byte. */
#include "kmip_ordeal.h"

/* What a Query would have told is no more than welcome. */
static enum sealift_status
expected_status(uint32_t operation)
{
    return operation == KMIP_QUERY ? SEALIFT_OK : SEALIFT_UNAVAILABLE;
}

/* One for what is cut. Where it is cut before its first byte the connection had been kept and may have died by then, so
 * a fresh one is tried. A check begins with a fresh one, and goes on over another where it goes on. Closing at once is
 * how some servers refuse the version of Discover Versions: each of the five is tried. */
static size_t
expected_connections(uint32_t operation, size_t at)
{
    switch (operation) {
    case KMIP_DISCOVER_VERSIONS:
        return at == 0 ? KMIP_VERSION_COUNT : 1;
    case KMIP_QUERY:
        return at == 0 ? 3 : 2;
    case KMIP_GET_ATTRIBUTES:
        return at == 0 ? 2 : 1;
    default: /* before the first cut one was kept, and at that cut another one made; then none is kept */
        return 1;
    }
}

static void
cut_at(struct kmip_ordeal *ordeal, uint32_t operation, enum scripted_fault_kind how, size_t at)
{
    struct scripted_kmip *server = ordeal->cluster.servers[0];
    struct scripted_fault fault = {.kind = how, .operation = operation, .at = at};
    size_t before = scripted_kmip_connections(server);
    enum sealift_status status;

    scripted_kmip_clear_faults(server);
    scripted_kmip_add_fault(server, &fault);
    status = kmip_ordeal_act(ordeal, operation);
    cr_assert_geq(scripted_kmip_faults(server), 1, "byte %zu: nothing went wrong", at);
    cr_assert_eq(status, expected_status(operation), "byte %zu: %d: %s", at, status, ordeal->err.message);
    kmip_ordeal_expect_said(ordeal, operation, scripted_kmip_address(server));
    kmip_ordeal_expect_said(ordeal, operation, "the connection ended (");
    kmip_ordeal_expect_said(
        ordeal, operation, at == 0 ? "when they do not accept the client certificate" : "the server's log may say why");
    cr_assert_eq(scripted_kmip_connections(server) - before, expected_connections(operation, at),
                 "byte %zu: %zu connections", at, scripted_kmip_connections(server) - before);
}

static void
cut_at_every_byte(enum kmip_version version, uint32_t operation)
{
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    size_t len;

    kmip_ordeal_begin(&ordeal, version, &(struct scripted_kmip_model){0});
    cr_assert_eq(kmip_ordeal_act(&ordeal, operation), SEALIFT_OK, "%s", ordeal.err.message);
    len = scripted_kmip_last(ordeal.cluster.servers[0], operation).answer_len;
    cr_assert_gt(len, 100);
    for (size_t at = 0; at < len; at++)
        cut_at(&ordeal, operation, SCRIPTED_CLOSE_AT, at);
    if (operation != KMIP_QUERY) /* after which all went well, on the other connection */
        kmip_ordeal_expect_recovery(&ordeal);
    cr_assert_str_empty(scripted_kmip_complaint(ordeal.cluster.servers[0]));
}

Test(kmip_truncation, of_discover_versions)
{
    cut_at_every_byte(KMIP_1_4, KMIP_DISCOVER_VERSIONS);
}

Test(kmip_truncation, of_query)
{
    cut_at_every_byte(KMIP_1_3, KMIP_QUERY);
}

Test(kmip_truncation, of_get_attributes)
{
    cut_at_every_byte(KMIP_2_1, KMIP_GET_ATTRIBUTES);
}

Test(kmip_truncation, of_encrypt)
{
    cut_at_every_byte(KMIP_1_4, KMIP_ENCRYPT);
}

Test(kmip_truncation, of_decrypt)
{
    cut_at_every_byte(KMIP_1_2, KMIP_DECRYPT);
}

/* Without TLS saying so, and with a reset: not at every byte, for it is told apart before the bytes are looked at. */
Test(kmip_truncation, by_a_server_that_just_goes_away)
{
    static const enum scripted_fault_kind ways[] = {SCRIPTED_CUT_AT, SCRIPTED_RESET_AT};
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        for (size_t at = 0; at < 100; at += 9)
            cut_at(&ordeal, KMIP_DECRYPT, ways[i], at);
        kmip_ordeal_expect_recovery(&ordeal);
    }
}

/* What comes after the first bytes of an answer is another server's doing, or the next try's. */
Test(kmip_truncation, is_made_up_for_by_asking_again)
{
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    struct scripted_fault once = {.kind = SCRIPTED_CUT_AT, .times = 1, .at = 40};

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    ordeal.cluster.options.patience_ns = 0;
    kmip_ordeal_open(&ordeal);
    scripted_kmip_add_fault(ordeal.cluster.servers[0], &once);
    cr_assert_eq(kmip_ordeal_act(&ordeal, KMIP_DECRYPT), SEALIFT_OK, "%s", ordeal.err.message);
    cr_assert_eq(scripted_kmip_faults(ordeal.cluster.servers[0]), 1);
    cr_assert_eq(ordeal.cluster.scripted.sleeps, 1);
}
