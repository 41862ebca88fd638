#include "kmip_query.h"

#include "made_answer.h"
#include "scoped.h"
#include "text.h"

#include <string.h>

static struct sealift_error err;

Test(kmip_query, asks_for_operations_and_the_servers_name)
{
    SCOPED(buf_done) struct buf out = {0};
    struct ttlv_writer writer;
    char hex[65];

    ttlv_writer_init(&writer, &out);
    kmip_query_write(&writer);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK);
    cr_assert_eq(out.len, 32);
    hex_encode(buf_bytes(&out), hex);
    cr_assert_str_eq(hex, "42007405000000040000000100000000"
                          "42007405000000040000000300000000");
}

Test(kmip_query, reads_operations_and_the_servers_name)
{
    SCOPED(made_answer_done) struct made_answer made;
    struct kmip_abilities abilities;

    made_answer_begin(&made, KMIP_1_4, KMIP_QUERY);
    ttlv_put_enumeration(&made.writer, KMIP_TAG_OPERATION, 1);
    ttlv_put_enumeration(&made.writer, KMIP_TAG_OPERATION, KMIP_GET_ATTRIBUTES);
    ttlv_put_enumeration(&made.writer, KMIP_TAG_OPERATION, KMIP_ENCRYPT);
    ttlv_put_enumeration(&made.writer, KMIP_TAG_OPERATION, 0x80000001);
    ttlv_put_enumeration(&made.writer, KMIP_TAG_OPERATION, KMIP_DECRYPT);
    ttlv_put_enumeration(&made.writer, KMIP_TAG_OBJECT_TYPE, KMIP_OBJECT_SYMMETRIC_KEY);
    ttlv_put_text(&made.writer, KMIP_TAG_VENDOR_IDENTIFICATION, "Some Vendor 1.0");
    made_answer_end(&made);
    cr_assert_eq(kmip_query_read(&made.answer, &abilities, &err), SEALIFT_OK);
    cr_assert(abilities.get_attributes && abilities.encrypt && abilities.decrypt);
    cr_assert_str_eq(abilities.vendor, "Some Vendor 1.0");
}

Test(kmip_query, tells_what_is_not_offered)
{
    SCOPED(made_answer_done) struct made_answer made;
    struct kmip_abilities abilities;

    made_answer_begin(&made, KMIP_1_4, KMIP_QUERY);
    ttlv_put_enumeration(&made.writer, KMIP_TAG_OPERATION, KMIP_DECRYPT);
    made_answer_end(&made);
    cr_assert_eq(kmip_query_read(&made.answer, &abilities, &err), SEALIFT_OK);
    cr_assert(abilities.are_listed && abilities.decrypt && !abilities.encrypt && !abilities.get_attributes);
    cr_assert_str_eq(abilities.vendor, "");
}

Test(kmip_query, cuts_an_endless_name)
{
    SCOPED(made_answer_done) struct made_answer made;
    struct kmip_abilities abilities;
    char name[1000];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    made_answer_begin(&made, KMIP_1_4, KMIP_QUERY);
    ttlv_put_text(&made.writer, KMIP_TAG_VENDOR_IDENTIFICATION, name);
    made_answer_end(&made);
    cr_assert_eq(kmip_query_read(&made.answer, &abilities, &err), SEALIFT_OK);
    cr_assert_eq(strlen(abilities.vendor), sizeof(abilities.vendor) - 1);
    cr_assert_not(abilities.are_listed, "no operation was named");
}

Test(kmip_query, refuses_an_operation_in_words_and_two_names)
{
    SCOPED(made_answer_done) struct made_answer in_words;
    SCOPED(made_answer_done) struct made_answer two_names;
    struct kmip_abilities abilities;

    made_answer_begin(&in_words, KMIP_1_4, KMIP_QUERY);
    ttlv_put_text(&in_words.writer, KMIP_TAG_OPERATION, "Encrypt");
    made_answer_end(&in_words);
    cr_assert_eq(kmip_query_read(&in_words.answer, &abilities, &err), SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, "the answer makes no sense: an Operation is no enumeration"
                                  "; " KMIP_SENSELESS_WAY_OUT);

    made_answer_begin(&two_names, KMIP_1_4, KMIP_QUERY);
    ttlv_put_text(&two_names.writer, KMIP_TAG_VENDOR_IDENTIFICATION, "a");
    ttlv_put_text(&two_names.writer, KMIP_TAG_VENDOR_IDENTIFICATION, "b");
    made_answer_end(&two_names);
    cr_assert_eq(kmip_query_read(&two_names.answer, &abilities, &err), SEALIFT_CORRUPT);
}
