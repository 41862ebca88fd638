/* Answers of a KMIP server that are well-formed and yet not what they should be: types, items too many and too few,
 * numbers, another protocol altogether. test_kmip_damage.c has lengths, test_kmip_truncation.c what is cut. */
#include "kmip_ordeal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint32_t operations[] = {KMIP_DISCOVER_VERSIONS, KMIP_QUERY, KMIP_GET_ATTRIBUTES, KMIP_ENCRYPT,
                                      KMIP_DECRYPT};

/* --- Item by item --- */

struct place {
    struct scripted_item item;
    uint32_t inside; /* the tag of what it stands in */
};

/* The item with that number, and where it stands. */
static bool
find_place(const uint8_t *at, size_t len, size_t *number, uint32_t inside, struct place *ret_place)
{
    const uint8_t *end = at + len;
    struct scripted_item item;

    while (scripted_ttlv_next(&at, end, &item)) {
        if ((*number)-- == 0) {
            *ret_place = (struct place){.item = item, .inside = inside};
            return true;
        }
        if (item.type == TTLV_STRUCTURE && find_place(item.value, item.len, number, item.tag, ret_place))
            return true;
    }
    return false;
}

/* What sealift has no use for, and so passes over without a look. */
static bool
is_passed_over(const struct place *place)
{
    switch (place->item.tag) {
    case 0x420106: /* Server Correlation Value */
    case KMIP_TAG_UNIQUE_IDENTIFIER:
    case KMIP_TAG_OBJECT_TYPE:
        return place->inside != 0x420125 && place->inside != KMIP_TAG_ATTRIBUTE;
    default:
        return false;
    }
}

/* A list, in which there may be as many as the server likes. */
static bool
may_be_repeated(const struct place *place)
{
    return place->inside == KMIP_TAG_RESPONSE_PAYLOAD &&
           (place->item.tag == KMIP_TAG_OPERATION || place->item.tag == KMIP_TAG_PROTOCOL_VERSION);
}

static void
try_item(struct kmip_ordeal *ordeal, uint32_t operation, const struct scripted_fault *fault, bool is_harmless)
{
    struct scripted_request request;
    enum sealift_status status = kmip_ordeal_act_with(ordeal, operation, fault, &request);

    if (is_harmless)
        cr_assert_eq(status, SEALIFT_OK, "operation %02x, item %zu: %s", operation, fault->at, ordeal->err.message);
    else
        kmip_ordeal_expect_senseless(ordeal, operation, status);
}

/* Each item of each answer of another type, and twice. */
static void
try_all_items(enum kmip_version version)
{
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    kmip_ordeal_begin(&ordeal, version, &(struct scripted_kmip_model){.server_correlation = true});
    for (size_t i = 0; i < COUNT(operations); i++) {
        struct scripted_request usual;
        struct place place;
        size_t number;

        scripted_kmip_clear_faults(ordeal.cluster.servers[0]);
        cr_assert_eq(kmip_ordeal_act(&ordeal, operations[i]), SEALIFT_OK, "%s", ordeal.err.message);
        usual = scripted_kmip_last(ordeal.cluster.servers[0], operations[i]);
        for (size_t at = 0; number = at, find_place(usual.answer, usual.answer_len, &number, 0, &place); at++) {
            bool passed_over = is_passed_over(&place);
            struct scripted_fault type = {.kind = SCRIPTED_TYPE_IS, .at = at},
                                  twice = {.kind = SCRIPTED_DUPLICATE, .at = at};

            type.number = place.item.type == TTLV_BYTE_STRING ? TTLV_TEXT_STRING : TTLV_BYTE_STRING;
            try_item(&ordeal, operations[i], &type, passed_over);
            if (at > 0) /* twice the whole answer is what comes behind it */
                try_item(&ordeal, operations[i], &twice, passed_over || may_be_repeated(&place));
        }
    }
}

Test(kmip_answer_faults, items_of_another_type_or_twice)
{
    try_all_items(KMIP_1_4);
}

Test(kmip_answer_faults, items_of_another_type_or_twice_in_2_1)
{
    try_all_items(KMIP_2_1);
}

/* --- What is as it should be --- */

Test(kmip_answer_faults, unknown_tags_are_passed_over_at_every_level)
{
    static const enum kmip_version versions[] = {KMIP_1_2, KMIP_1_3, KMIP_1_4, KMIP_2_0, KMIP_2_1};
    struct scripted_fault unknown = {.kind = SCRIPTED_UNKNOWN};
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    struct scripted_request request;

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    for (size_t v = 0; v < COUNT(versions); v++) {
        ordeal.cluster.config.kmip.version = versions[v];
        kmip_ordeal_open(&ordeal);
        for (size_t i = 0; i < COUNT(operations); i++) {
            enum sealift_status status = kmip_ordeal_act_with(&ordeal, operations[i], &unknown, &request);

            cr_assert_eq(status, SEALIFT_OK, "operation %02x: %s", operations[i], ordeal.err.message);
        }
        cr_assert_null(strstr(ordeal.findings, "makes no sense"), "%s", ordeal.findings);
    }
}

/* The batch item's id alone says whose answer it is, and so does its operation. */
Test(kmip_answer_faults, fields_that_are_of_no_use_may_be_missing)
{
    static const uint32_t tags[] = {0x420106, KMIP_TAG_OPERATION, KMIP_TAG_UNIQUE_BATCH_ITEM_ID,
                                    KMIP_TAG_UNIQUE_IDENTIFIER, KMIP_TAG_VENDOR_IDENTIFICATION};
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    kmip_ordeal_begin(&ordeal, KMIP_2_1, &(struct scripted_kmip_model){.server_correlation = true});
    for (size_t i = 0; i < COUNT(operations); i++) {
        for (size_t k = 0; k < COUNT(tags); k++) {
            struct scripted_fault drop = {.kind = SCRIPTED_DROP, .operation = operations[i], .tag = tags[k]};

            scripted_kmip_clear_faults(ordeal.cluster.servers[0]);
            scripted_kmip_add_fault(ordeal.cluster.servers[0], &drop);
            cr_assert_eq(kmip_ordeal_act(&ordeal, operations[i]), SEALIFT_OK, "operation %02x without %06x: %s",
                         operations[i], tags[k], ordeal.err.message);
        }
    }
}

/* --- What is missing, too much, or another number --- */

Test(kmip_answer_faults, what_makes_no_sense_is_said_of_every_operation)
{
    static const struct scripted_fault faults[] = {
        {.kind = SCRIPTED_DROP, .tag = KMIP_TAG_RESPONSE_HEADER},
        {.kind = SCRIPTED_DROP, .tag = KMIP_TAG_PROTOCOL_VERSION},
        {.kind = SCRIPTED_DROP, .tag = KMIP_TAG_PROTOCOL_VERSION_MAJOR},
        {.kind = SCRIPTED_DROP, .tag = KMIP_TAG_PROTOCOL_VERSION_MINOR},
        {.kind = SCRIPTED_DROP, .tag = KMIP_TAG_BATCH_COUNT},
        {.kind = SCRIPTED_DROP, .tag = KMIP_TAG_BATCH_ITEM},
        {.kind = SCRIPTED_DROP, .tag = KMIP_TAG_RESULT_STATUS},
        {.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_BATCH_COUNT, .number = 0},
        {.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_BATCH_COUNT, .number = 2},
        {.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_BATCH_COUNT, .number = -1},
        {.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_BATCH_COUNT, .number = 0x7fffffff},
        {.kind = SCRIPTED_NO_ITEMS},
        {.kind = SCRIPTED_TWO_ITEMS},
        {.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_OPERATION, .number = 0x0a}, /* Get: it would hold the key itself */
        {.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_OPERATION, .number = 0},
        {.kind = SCRIPTED_BYTES, .tag = KMIP_TAG_UNIQUE_BATCH_ITEM_ID},
        {.kind = SCRIPTED_PADDING},
        {.kind = SCRIPTED_LONG, .number = 1 << 20},
        {.kind = SCRIPTED_INSTEAD, .text = "\x17\x03\x03 nobody knows what this is", .text_len = 30},
        {.kind = SCRIPTED_INSTEAD, .text = "\x42\x00\x7b\x01\xff\xff\xff\xf8", .text_len = 8},
        {.kind = SCRIPTED_INSTEAD, .text = "\x42\x00\x78\x01\x00\x00\x00\x00", .text_len = 8},
    };
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    for (size_t i = 0; i < COUNT(operations); i++) {
        for (size_t k = 0; k < COUNT(faults); k++) {
            struct scripted_request request;
            enum sealift_status status = kmip_ordeal_act_with(&ordeal, operations[i], &faults[k], &request);

            kmip_ordeal_expect_senseless(&ordeal, operations[i], status);
            if (operations[i] != KMIP_QUERY)
                cr_assert(scripted_kmip_all_closed(ordeal.cluster.servers[0]));
        }
    }
    kmip_ordeal_expect_recovery(&ordeal);
}

/* One by one, with what they mean; of a Decrypt, whose answer has each of these fields. */
Test(kmip_answer_faults, other_numbers_are_told_by_what_they_mean)
{
    static const struct {
        struct scripted_fault fault;
        enum sealift_status status;
        const char *said;
    } cases[] = {
        {{.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_PROTOCOL_VERSION_MAJOR, .number = 3},
         SEALIFT_INVALID,
         "sealift speaks 1.2 to 2.1"},
        {{.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_PROTOCOL_VERSION_MAJOR, .number = 0x7fffffff},
         SEALIFT_INVALID,
         "sealift speaks 1.2 to 2.1"},
        {{.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_PROTOCOL_VERSION_MINOR, .number = 9}, SEALIFT_OK, NULL},
        {{.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_PROTOCOL_VERSION_MAJOR, .number = 2}, SEALIFT_OK, NULL},
        {{.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_RESULT_STATUS, .number = KMIP_OPERATION_PENDING},
         SEALIFT_DENIED,
         "the server wants to answer later"},
        {{.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_RESULT_STATUS, .number = KMIP_OPERATION_UNDONE},
         SEALIFT_CORRUPT,
         "makes no sense"},
        {{.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_RESULT_STATUS, .number = 4}, SEALIFT_CORRUPT, "makes no sense"},
        {{.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_RESULT_STATUS, .number = 0xffffffff},
         SEALIFT_CORRUPT,
         "makes no sense"},
        {{.kind = SCRIPTED_VALUE, .tag = KMIP_TAG_RESULT_STATUS, .number = KMIP_OPERATION_FAILED},
         SEALIFT_KEY,
         "it does not open"},
        {{.kind = SCRIPTED_DROP, .tag = KMIP_TAG_RESPONSE_PAYLOAD}, SEALIFT_CORRUPT, "makes no sense"},
        {{.kind = SCRIPTED_DROP, .tag = KMIP_TAG_DATA}, SEALIFT_CORRUPT, "tag 4200c2 is missing"},
        {{.kind = SCRIPTED_INSTEAD, .text = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"},
         SEALIFT_INVALID,
         "web server"},
        {{.kind = SCRIPTED_INSTEAD, .text = "-ERR unknown command\r\n"}, SEALIFT_CORRUPT, "no answer of a KMIP server"},
    };
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct scripted_request request;
        enum sealift_status status = kmip_ordeal_act_with(&ordeal, KMIP_DECRYPT, &cases[i].fault, &request);

        cr_assert_eq(status, cases[i].status, "case %zu: %d: %s", i, status, ordeal.err.message);
        if (cases[i].said == NULL)
            continue;
        kmip_ordeal_expect_said(&ordeal, KMIP_DECRYPT, cases[i].said);
        kmip_ordeal_expect_said(&ordeal, KMIP_DECRYPT, scripted_kmip_address(ordeal.cluster.servers[0]));
    }
}

/* Bytes that nobody asked for stand where the next answer is expected: that one is refused, and the
 * connection with it. */
Test(kmip_answer_faults, what_comes_behind_an_answer_is_not_taken_for_the_next)
{
    struct scripted_fault behind = {
        .kind = SCRIPTED_BEHIND, .operation = KMIP_DECRYPT, .times = 1, .text = "\0\0\0\0\0\0\0\0", .text_len = 8};
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    scripted_kmip_add_fault(ordeal.cluster.servers[0], &behind);
    cr_assert_eq(kmip_ordeal_act(&ordeal, KMIP_DECRYPT), SEALIFT_OK, "%s", ordeal.err.message);
    kmip_ordeal_expect_senseless(&ordeal, KMIP_DECRYPT, kmip_ordeal_act(&ordeal, KMIP_DECRYPT));
    kmip_ordeal_expect_recovery(&ordeal);
}

Test(kmip_answer_faults, an_answer_may_have_a_mebibyte_and_no_more)
{
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    struct scripted_fault fault = {.kind = SCRIPTED_LONG, .number = 8};
    struct scripted_request request;

    kmip_ordeal_begin(&ordeal, KMIP_1_4, &(struct scripted_kmip_model){0});
    cr_assert_eq(kmip_ordeal_act_with(&ordeal, KMIP_DECRYPT, &fault, &request), SEALIFT_KEY);
    fault.number += (int64_t)(KMIP_MESSAGE_MAX - request.answer_len);
    cr_assert_eq(kmip_ordeal_act_with(&ordeal, KMIP_DECRYPT, &fault, &request), SEALIFT_KEY);
    cr_assert_eq(request.answer_len, KMIP_MESSAGE_MAX);
    fault.number += 8;
    kmip_ordeal_expect_senseless(&ordeal, KMIP_DECRYPT, kmip_ordeal_act_with(&ordeal, KMIP_DECRYPT, &fault, &request));
    kmip_ordeal_expect_recovery(&ordeal);
}
