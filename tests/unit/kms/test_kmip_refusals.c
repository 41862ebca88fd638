/* What a KMIP server refuses, for every kind of reason, and in whatever words. The sentences
 * are test_kmip_error.c's. */
#include "kmip_ordeal.h"
#include "utf8.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint32_t operations[] = {KMIP_DISCOVER_VERSIONS, KMIP_QUERY, KMIP_GET_ATTRIBUTES, KMIP_ENCRYPT,
                                      KMIP_DECRYPT};

struct refusal {
    uint32_t reason;
    enum sealift_status discover, query, get_attributes, encrypt, decrypt;
};

static enum sealift_status
expected(const struct refusal *refusal, uint32_t operation)
{
    switch (operation) {
    case KMIP_DISCOVER_VERSIONS:
        return refusal->discover;
    case KMIP_QUERY:
        return refusal->query;
    case KMIP_GET_ATTRIBUTES:
        return refusal->get_attributes;
    case KMIP_ENCRYPT:
        return refusal->encrypt;
    default:
        return refusal->decrypt;
    }
}

/* A check goes on without a Query, and without Get Attributes where it is only refused: using the key will tell. A
 * server without Discover Versions is asked with Query instead. */
Test(kmip_refusals, each_reason_has_its_status)
{
    static const struct refusal refusals[] = {
        {0x00, SEALIFT_OK, SEALIFT_OK, SEALIFT_OK, SEALIFT_KEY, SEALIFT_KEY},
        {KMIP_REASON_ITEM_NOT_FOUND, SEALIFT_OK, SEALIFT_OK, SEALIFT_NOT_FOUND, SEALIFT_NOT_FOUND, SEALIFT_NOT_FOUND},
        {KMIP_REASON_AUTHENTICATION_NOT_SUCCESSFUL, SEALIFT_DENIED, SEALIFT_OK, SEALIFT_OK, SEALIFT_DENIED,
         SEALIFT_DENIED},
        {KMIP_REASON_OPERATION_NOT_SUPPORTED, SEALIFT_OK, SEALIFT_OK, SEALIFT_OK, SEALIFT_KEY, SEALIFT_KEY},
        {KMIP_REASON_INVALID_FIELD, SEALIFT_OK, SEALIFT_OK, SEALIFT_OK, SEALIFT_KEY, SEALIFT_KEY},
        {KMIP_REASON_CRYPTOGRAPHIC_FAILURE, SEALIFT_OK, SEALIFT_OK, SEALIFT_OK, SEALIFT_KEY, SEALIFT_KEY},
        {KMIP_REASON_PERMISSION_DENIED, SEALIFT_OK, SEALIFT_OK, SEALIFT_OK, SEALIFT_DENIED, SEALIFT_DENIED},
        {KMIP_REASON_OBJECT_ARCHIVED, SEALIFT_OK, SEALIFT_OK, SEALIFT_OK, SEALIFT_KEY, SEALIFT_KEY},
        {KMIP_REASON_INTERNAL_SERVER_ERROR, SEALIFT_UNAVAILABLE, SEALIFT_OK, SEALIFT_UNAVAILABLE, SEALIFT_UNAVAILABLE,
         SEALIFT_UNAVAILABLE},
        {KMIP_REASON_SERVER_LIMIT_EXCEEDED, SEALIFT_UNAVAILABLE, SEALIFT_OK, SEALIFT_UNAVAILABLE, SEALIFT_UNAVAILABLE,
         SEALIFT_UNAVAILABLE},
        {KMIP_REASON_WRONG_KEY_LIFECYCLE_STATE, SEALIFT_OK, SEALIFT_OK, SEALIFT_OK, SEALIFT_KEY, SEALIFT_KEY},
        {KMIP_REASON_GENERAL_FAILURE, SEALIFT_OK, SEALIFT_OK, SEALIFT_OK, SEALIFT_KEY, SEALIFT_KEY},
        {0x80000001, SEALIFT_OK, SEALIFT_OK, SEALIFT_OK, SEALIFT_KEY, SEALIFT_KEY}, /* a vendor's */
        {0xffffffff, SEALIFT_OK, SEALIFT_OK, SEALIFT_OK, SEALIFT_KEY, SEALIFT_KEY},
        {0x7ffffff0, SEALIFT_OK, SEALIFT_OK, SEALIFT_OK, SEALIFT_KEY, SEALIFT_KEY}, /* a later KMIP's */
    };
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct scripted_fault fault = {
            .kind = SCRIPTED_FAIL, .reason = refusals[i].reason, .text = "the server's own words"};

        for (size_t k = 0; k < COUNT(operations); k++) {
            struct scripted_request request;
            enum sealift_status status;

            kmip_ordeal_open(&ordeal); /* what was found out about modes is forgotten */
            status = kmip_ordeal_act_with(&ordeal, operations[k], &fault, &request);
            cr_assert_eq(status, expected(&refusals[i], operations[k]), "reason %x of %02x: %d: %s", refusals[i].reason,
                         operations[k], status, ordeal.err.message);
            if (status != SEALIFT_OK)
                kmip_ordeal_expect_said(&ordeal, operations[k], scripted_kmip_address(ordeal.cluster.servers[0]));
        }
    }
    scripted_kmip_clear_faults(ordeal.cluster.servers[0]);
    cr_assert_eq(kmip_ordeal_act(&ordeal, KMIP_DECRYPT), SEALIFT_OK, "%s", ordeal.err.message);
}

/* A refusal is an answer like any other: nothing is wrong with the connection. */
Test(kmip_refusals, keep_the_connection)
{
    struct scripted_fault vendors = {.kind = SCRIPTED_FAIL, .reason = 0x80000001};
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    struct scripted_request request;

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    for (int i = 0; i < 3; i++)
        cr_assert_eq(kmip_ordeal_act_with(&ordeal, KMIP_DECRYPT, &vendors, &request), SEALIFT_KEY);
    cr_assert_eq(scripted_kmip_connections(ordeal.cluster.servers[0]), 1);
}

Test(kmip_refusals, that_pass_are_waited_for)
{
    static const uint32_t passing[] = {KMIP_REASON_INTERNAL_SERVER_ERROR, KMIP_REASON_SERVER_LIMIT_EXCEEDED};
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    ordeal.cluster.options.patience_ns = 0;
    kmip_ordeal_open(&ordeal);
    for (size_t i = 0; i < COUNT(passing); i++) {
        struct scripted_fault twice = {.kind = SCRIPTED_FAIL, .reason = passing[i], .times = 2};
        size_t sleeps = ordeal.cluster.scripted.sleeps;

        scripted_kmip_clear_faults(ordeal.cluster.servers[0]);
        scripted_kmip_add_fault(ordeal.cluster.servers[0], &twice);
        cr_assert_eq(kmip_ordeal_act(&ordeal, KMIP_DECRYPT), SEALIFT_OK, "%s", ordeal.err.message);
        cr_assert_eq(ordeal.cluster.scripted.sleeps - sleeps, 2);
    }
}

/* --- In whatever words --- */

static void
expect_presentable(const char *said)
{
    struct bytes rest = bytes_of_text(said), character;

    while (rest.len > 0) {
        size_t len = utf8_char_len(rest);

        cr_assert_gt(len, 0, "no UTF-8: %s", said);
        cr_assert(rest.data[0] >= 0x20 && rest.data[0] != 0x7f, "a control character, %02x: %s", rest.data[0], said);
        bytes_cut(&rest, len, &character);
    }
}

Test(kmip_refusals, in_hostile_words_are_shown_harmless_and_short)
{
    static char longest[10240];
    static const struct {
        const char *text;
        size_t len;
    } texts[] = {
        {"\x1b[2J\x1b[31mall is well\r\n\x07", 0},
        {"one\nKMIP trusted:5696: two", 0},
        {"cut\0off", 7},
        {"\xff\xfe\x80 \xc3", 0},
        {"%s%n%s%n", 0},
        {longest, sizeof(longest) - 1},
        {"\xe2\x80\xae reversed", 0},
    };
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    memset(longest, 0xc3, sizeof(longest) - 1);
    for (size_t i = 1; i < sizeof(longest) - 1; i += 2)
        longest[i] = (char)0xa4;
    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct scripted_fault fault = {.kind = SCRIPTED_FAIL,
                                       .reason = KMIP_REASON_PERMISSION_DENIED,
                                       .text = texts[i].text,
                                       .text_len = texts[i].len};

        for (size_t k = 0; k < COUNT(operations); k++) {
            struct scripted_request request;
            enum sealift_status status;

            kmip_ordeal_open(&ordeal);
            status = kmip_ordeal_act_with(&ordeal, operations[k], &fault, &request);
            if (status != SEALIFT_OK)
                expect_presentable(ordeal.err.message);
            expect_presentable(kmip_ordeal_said(&ordeal, operations[k]));
            cr_assert_lt(strlen(kmip_ordeal_said(&ordeal, operations[k])), 1500);
        }
        cr_assert_not_null(strstr(ordeal.err.message, "the answer was Permission Denied: "), "%s", ordeal.err.message);
    }
}

/* Whatever a Decrypt that fails is told with, it sounds the same: no padding oracle. */
Test(kmip_refusals, of_a_decrypt_do_not_tell_how_it_failed)
{
    static const struct scripted_fault faults[] = {
        {.kind = SCRIPTED_FAIL, .reason = KMIP_REASON_CRYPTOGRAPHIC_FAILURE, .text = "bad padding"},
        {.kind = SCRIPTED_FAIL, .reason = KMIP_REASON_GENERAL_FAILURE, .text = "tag mismatch"},
        {.kind = SCRIPTED_FAIL, .reason = KMIP_REASON_INVALID_FIELD, .text = "the length of the data is odd"},
        {.kind = SCRIPTED_FAIL, .reason = 0x80000042, .text = "wrong key"},
    };
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    struct scripted_request request;
    char first[sizeof(ordeal.err.message)];

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    for (size_t i = 0; i < COUNT(faults); i++) {
        cr_assert_eq(kmip_ordeal_act_with(&ordeal, KMIP_DECRYPT, &faults[i], &request), SEALIFT_KEY);
        if (i == 0)
            memcpy(first, ordeal.err.message, sizeof(first));
        cr_assert_str_eq(ordeal.err.message, first);
    }
    cr_assert_null(strstr(first, "padding"), "%s", first);
}
