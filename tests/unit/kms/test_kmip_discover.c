#include "kmip_discover.h"

#include "made_answer.h"
#include "scoped.h"
#include "text.h"

#include <string.h>

static struct sealift_error err;

static enum kmip_version
discover(const struct made_answer *made)
{
    enum kmip_version version = KMIP_1_2;

    cr_assert_eq(kmip_discover_read(&made->answer, kmip_versions, KMIP_VERSION_COUNT, &version, &err), SEALIFT_OK, "%s",
                 err.message);
    return version;
}

Test(kmip_discover, asks_in_the_order_of_our_liking)
{
    static const enum kmip_version versions[] = {KMIP_1_4, KMIP_2_1};
    SCOPED(buf_done) struct buf out = {0};
    struct ttlv_writer writer;
    char hex[400];

    ttlv_writer_init(&writer, &out);
    kmip_discover_write(&writer, versions, 2);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK);
    cr_assert_eq(out.len, 80);
    hex_encode(buf_bytes(&out), hex);
    cr_assert_str_eq(hex, "42006901000000204"
                          "2006a0200000004000000010000000042006b02000000040000000400000000"
                          "42006901000000204"
                          "2006a0200000004000000020000000042006b02000000040000000100000000");
}

/* kms.md, section 2.6: 104 bytes; with minor version 1 it is OASIS's test case 16.1 of KMIP 1.1. */
Test(kmip_discover, asks_for_all_with_the_published_bytes)
{
    SCOPED(buf_done) struct buf out = {0};
    const struct kmip_request request = {.version = KMIP_1_4, .operation = KMIP_DISCOVER_VERSIONS};
    struct ttlv_writer writer;
    char hex[209];

    ttlv_writer_init(&writer, &out);
    kmip_request_begin(&writer, &request);
    kmip_discover_write(&writer, NULL, 0);
    kmip_request_end(&writer);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK);
    cr_assert_eq(out.len, 104);
    hex_encode(buf_bytes(&out), hex);
    cr_assert_str_eq(hex, "42007801000000604200770100000038420069010000002042006a02000000040000000100000000"
                          "42006b0200000004000000040000000042000d0200000004000000010000000042000f0100000018"
                          "42005c05000000040000001e000000004200790100000000");
}

Test(kmip_discover, takes_what_we_like_best_of_what_the_server_has)
{
    SCOPED(made_answer_done) struct made_answer made;

    made_answer_begin(&made, KMIP_1_2, KMIP_DISCOVER_VERSIONS);
    ttlv_begin(&made.writer, KMIP_TAG_PROTOCOL_VERSION); /* 3.0: ours no more */
    ttlv_put_integer(&made.writer, KMIP_TAG_PROTOCOL_VERSION_MAJOR, 3);
    ttlv_put_integer(&made.writer, KMIP_TAG_PROTOCOL_VERSION_MINOR, 0);
    ttlv_end(&made.writer);
    kmip_put_version(&made.writer, KMIP_2_0);
    kmip_put_version(&made.writer, KMIP_1_2);
    ttlv_put_text(&made.writer, 0x540001, "unknown");
    kmip_put_version(&made.writer, KMIP_2_1);
    kmip_put_version(&made.writer, KMIP_1_3);
    made_answer_end(&made);
    cr_assert_eq(discover(&made), KMIP_2_1);
}

Test(kmip_discover, takes_only_what_was_asked_for)
{
    static const enum kmip_version pinned[] = {KMIP_1_3};
    SCOPED(made_answer_done) struct made_answer made;
    enum kmip_version version = KMIP_1_2;

    made_answer_begin(&made, KMIP_1_2, KMIP_DISCOVER_VERSIONS);
    kmip_put_version(&made.writer, KMIP_1_4);
    made_answer_end(&made);
    cr_assert_eq(kmip_discover_read(&made.answer, pinned, 1, &version, &err), SEALIFT_OK);
    cr_assert_eq(version, KMIP_VERSION_UNKNOWN);
}

Test(kmip_discover, finds_nothing_in_an_empty_answer)
{
    SCOPED(made_answer_done) struct made_answer made;
    struct kmip_answer without_payload = {.operation = KMIP_DISCOVER_VERSIONS};
    enum kmip_version version = KMIP_1_2;

    made_answer_begin(&made, KMIP_1_2, KMIP_DISCOVER_VERSIONS);
    made_answer_end(&made);
    cr_assert_eq(discover(&made), KMIP_VERSION_UNKNOWN);
    cr_assert_eq(kmip_discover_read(&without_payload, kmip_versions, KMIP_VERSION_COUNT, &version, &err), SEALIFT_OK);
    cr_assert_eq(version, KMIP_VERSION_UNKNOWN);
}

Test(kmip_discover, refuses_half_a_version)
{
    SCOPED(made_answer_done) struct made_answer made;
    enum kmip_version version;

    made_answer_begin(&made, KMIP_1_2, KMIP_DISCOVER_VERSIONS);
    kmip_put_version(&made.writer, KMIP_1_4);
    ttlv_begin(&made.writer, KMIP_TAG_PROTOCOL_VERSION);
    ttlv_put_integer(&made.writer, KMIP_TAG_PROTOCOL_VERSION_MAJOR, 1);
    ttlv_end(&made.writer);
    made_answer_end(&made);
    cr_assert_eq(kmip_discover_read(&made.answer, kmip_versions, KMIP_VERSION_COUNT, &version, &err), SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, "the answer makes no sense: tag 42006b is missing in 420069"
                                  "; " KMIP_SENSELESS_WAY_OUT);
}

Test(kmip_discover, refuses_a_version_that_is_no_structure)
{
    SCOPED(made_answer_done) struct made_answer made;
    enum kmip_version version;

    made_answer_begin(&made, KMIP_1_2, KMIP_DISCOVER_VERSIONS);
    ttlv_put_integer(&made.writer, KMIP_TAG_PROTOCOL_VERSION, 1);
    made_answer_end(&made);
    cr_assert_eq(kmip_discover_read(&made.answer, kmip_versions, KMIP_VERSION_COUNT, &version, &err), SEALIFT_CORRUPT);
}
