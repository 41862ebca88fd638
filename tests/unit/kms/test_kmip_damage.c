/* Answers of a KMIP server that are not what they should be: lengths, types, numbers, items too many and too few. */
#include "kmip_ordeal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
begin(struct kmip_ordeal *ordeal, enum kmip_version version)
{
    kmip_ordeal_begin(ordeal, version, &(struct scripted_kmip_model){.server_correlation = true});
}

/* Whatever is made of an answer that can be read: what was wrapped opens to the same key, or not at all. */
static void
expect_no_other_key(struct kmip_ordeal *ordeal, uint32_t operation, enum sealift_status status)
{
    scripted_kmip_clear_faults(ordeal->cluster.servers[0]);
    if (operation == KMIP_ENCRYPT && status == SEALIFT_OK) {
        status = kmip_ordeal_unwrap(ordeal, &ordeal->last_hint, &ordeal->last_wrapped);
        cr_assert(status == SEALIFT_OK || status == SEALIFT_KEY, "%d: %s", status, ordeal->err.message);
    }
}

/* --- Lengths --- */

/* Whether the answer says that more is coming: that is a stall. */
static bool
waits_for_more(const struct scripted_request *request)
{
    const uint8_t *answer = request->answer;
    size_t len = (size_t)answer[4] << 24 | (size_t)answer[5] << 16 | (size_t)answer[6] << 8 | answer[7];

    return len % 8 == 0 && len + 8 > request->answer_len && len <= KMIP_MESSAGE_MAX - 8;
}

/* A second reader of TTLV has the verdict: what it cannot read is CORRUPT. The few that it can (a text that ends within
 * its own padding, a structure whose items became its neighbours) only must not do harm. */
static bool
try_length(struct kmip_ordeal *ordeal, uint32_t operation, const struct scripted_fault *fault)
{
    struct scripted_request request;
    enum sealift_status status = kmip_ordeal_act_with(ordeal, operation, fault, &request);

    if (waits_for_more(&request)) {
        cr_assert_eq(status, operation == KMIP_QUERY ? SEALIFT_OK : SEALIFT_UNAVAILABLE, "%d: %s", status,
                     ordeal->err.message);
        kmip_ordeal_expect_said(ordeal, operation, "did not answer in time");
        return true;
    }
    if (scripted_ttlv_check(request.answer, request.answer_len) != NULL) {
        kmip_ordeal_expect_senseless(ordeal, operation, status);
        return true;
    }
    expect_no_other_key(ordeal, operation, status);
    return false;
}

static size_t
count_items(struct kmip_ordeal *ordeal, uint32_t operation)
{
    struct scripted_request request;

    cr_assert_eq(kmip_ordeal_act(ordeal, operation), SEALIFT_OK, "%s", ordeal->err.message);
    request = scripted_kmip_last(ordeal->cluster.servers[0], operation);
    return scripted_ttlv_count(request.answer, request.answer_len);
}

static void
try_all_lengths(enum kmip_version version, uint32_t operation)
{
    static const struct scripted_fault changes[] = {
        {.kind = SCRIPTED_LENGTH, .number = 1},     {.kind = SCRIPTED_LENGTH, .number = -1},
        {.kind = SCRIPTED_LENGTH, .number = 8},     {.kind = SCRIPTED_LENGTH, .number = -8},
        {.kind = SCRIPTED_LENGTH_IS, .number = 0},  {.kind = SCRIPTED_LENGTH_IS, .number = 0xffffffff},
        {.kind = SCRIPTED_LENGTH_IS, .number = 64},
    };
    SCOPED(kmip_ordeal_done) struct kmip_ordeal ordeal = {0};
    size_t items, refused = 0, tried = 0;

    begin(&ordeal, version);
    items = count_items(&ordeal, operation);
    ordeal.cluster.options.timeouts.answer_ns = 2 * NS_PER_S; /* one of them waits for so long */
    kmip_ordeal_open(&ordeal);
    for (size_t i = 0; i < items; i++) {
        for (size_t k = 0; k < COUNT(changes); k++) {
            struct scripted_fault fault = changes[k];

            fault.at = i;
            refused += try_length(&ordeal, operation, &fault);
            tried++;
        }
    }
    cr_assert_gt(refused, tried * 3 / 4, "%zu of %zu", refused, tried);
}

Test(kmip_damage, of_lengths_in_discover_versions)
{
    try_all_lengths(KMIP_1_4, KMIP_DISCOVER_VERSIONS);
}

Test(kmip_damage, of_lengths_in_query)
{
    try_all_lengths(KMIP_1_4, KMIP_QUERY);
}

Test(kmip_damage, of_lengths_in_get_attributes)
{
    try_all_lengths(KMIP_1_3, KMIP_GET_ATTRIBUTES);
}

Test(kmip_damage, of_lengths_in_get_attributes_of_2_1)
{
    try_all_lengths(KMIP_2_1, KMIP_GET_ATTRIBUTES);
}

Test(kmip_damage, of_lengths_in_encrypt)
{
    try_all_lengths(KMIP_1_4, KMIP_ENCRYPT);
}

Test(kmip_damage, of_lengths_in_decrypt)
{
    try_all_lengths(KMIP_2_0, KMIP_DECRYPT);
}
