#include "kmip_get_attributes.h"

#include "made_answer.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

static struct sealift_error err;

/* --- Asking --- */

/* The names or tags of what is asked for, as one text. */
static void
asked(enum kmip_version version, char *out, size_t size)
{
    SCOPED(buf_done) struct buf buf = {0};
    struct ttlv_item whole, item;
    struct ttlv_writer writer;
    struct bytes rest;
    size_t at = 0;

    ttlv_writer_init(&writer, &buf);
    ttlv_begin(&writer, KMIP_TAG_REQUEST_PAYLOAD);
    kmip_get_attributes_write(&writer, version, "uid-1");
    ttlv_end(&writer);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK);
    cr_assert_eq(ttlv_parse(buf_bytes(&buf), &whole, &err), SEALIFT_OK);
    rest = whole.value;
    while (ttlv_next(&rest, &item)) {
        char text[64];

        if (item.type == TTLV_TEXT_STRING)
            ttlv_text(&item, text, sizeof(text));
        else
            snprintf(text, sizeof(text), "%x", ttlv_enumeration(&item));
        at += (size_t)snprintf(out + at, size - at, "%x=%s;", item.tag, text);
        cr_assert_lt(at, size);
    }
}

Test(kmip_get_attributes, asks_in_words_up_to_1_4)
{
    char text[1000], same[1000];

    asked(KMIP_1_4, text, sizeof(text));
    cr_assert_str_eq(text, "420094=uid-1;42000a=Object Type;42000a=Cryptographic Algorithm;42000a=Cryptographic Length;"
                           "42000a=Cryptographic Usage Mask;42000a=State;42000a=Process Start Date;"
                           "42000a=Protect Stop Date;42000a=Deactivation Date;");
    asked(KMIP_1_2, same, sizeof(same));
    cr_assert_str_eq(same, text);
}

Test(kmip_get_attributes, asks_by_tag_from_2_0)
{
    char text[1000], same[1000];

    asked(KMIP_2_0, text, sizeof(text));
    cr_assert_str_eq(text, "420094=uid-1;42013b=420057;42013b=420028;42013b=42002a;42013b=42002c;42013b=42008d;"
                           "42013b=420067;42013b=420068;42013b=42002f;");
    asked(KMIP_2_1, same, sizeof(same));
    cr_assert_str_eq(same, text);
}

Test(kmip_get_attributes, has_no_name_for_others)
{
    static const uint32_t name = 0x420053;
    SCOPED(buf_done) struct buf buf = {0};
    struct ttlv_writer writer;

    ttlv_writer_init(&writer, &buf);
    kmip_get_attributes_write_some(&writer, KMIP_1_4, "1", &name, 1);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_INTERNAL);
    cr_assert_str_eq(err.message, "no name is known for the attribute 420053");
}

/* --- The answer in words --- */

enum { NO_INDEX = -1 };

static void
begin_attribute(struct ttlv_writer *writer, const char *name, int32_t index)
{
    ttlv_begin(writer, KMIP_TAG_ATTRIBUTE);
    ttlv_put_text(writer, KMIP_TAG_ATTRIBUTE_NAME, name);
    if (index != NO_INDEX)
        ttlv_put_integer(writer, KMIP_TAG_ATTRIBUTE_INDEX, index);
}

static void
put_enumeration(struct ttlv_writer *writer, const char *name, int32_t index, uint32_t value)
{
    begin_attribute(writer, name, index);
    ttlv_put_enumeration(writer, KMIP_TAG_ATTRIBUTE_VALUE, value);
    ttlv_end(writer);
}

static void
put_integer(struct ttlv_writer *writer, const char *name, int32_t index, int32_t value)
{
    begin_attribute(writer, name, index);
    ttlv_put_integer(writer, KMIP_TAG_ATTRIBUTE_VALUE, value);
    ttlv_end(writer);
}

static void
put_date(struct ttlv_writer *writer, const char *name, int64_t value)
{
    begin_attribute(writer, name, NO_INDEX);
    ttlv_put_date_time(writer, KMIP_TAG_ATTRIBUTE_VALUE, value);
    ttlv_end(writer);
}

static void
assert_all_read(const struct kmip_attributes *attributes)
{
    cr_assert_eq(attributes->object_type, KMIP_OBJECT_SYMMETRIC_KEY);
    cr_assert_eq(attributes->algorithm, KMIP_ALGORITHM_AES);
    cr_assert_eq(attributes->length, 256);
    cr_assert(attributes->has_usage_mask);
    cr_assert_eq(attributes->usage_mask, KMIP_USAGE_ENCRYPT | KMIP_USAGE_DECRYPT);
    cr_assert_eq(attributes->state, KMIP_STATE_ACTIVE);
    cr_assert_eq(attributes->process_start, 11);
    cr_assert_eq(attributes->protect_stop, 22);
    cr_assert_eq(attributes->deactivation, 33);
}

Test(kmip_get_attributes, reads_attributes_with_names)
{
    SCOPED(made_answer_done) struct made_answer made;
    struct kmip_attributes attributes;

    made_answer_begin(&made, KMIP_1_4, KMIP_GET_ATTRIBUTES);
    ttlv_put_text(&made.writer, KMIP_TAG_UNIQUE_IDENTIFIER, "1");
    put_date(&made.writer, "Deactivation Date", 33);
    put_enumeration(&made.writer, "Object Type", 0, KMIP_OBJECT_SYMMETRIC_KEY);
    put_enumeration(&made.writer, "Cryptographic Algorithm", NO_INDEX, KMIP_ALGORITHM_AES);
    put_integer(&made.writer, "Cryptographic Length", 0, 256);
    put_integer(&made.writer, "x-Cryptographic Length", 0, 7);
    put_integer(&made.writer, "Cryptographic Usage Mask", NO_INDEX, KMIP_USAGE_ENCRYPT | KMIP_USAGE_DECRYPT);
    ttlv_put_text(&made.writer, 0x540001, "unknown");
    put_enumeration(&made.writer, "State", NO_INDEX, KMIP_STATE_ACTIVE);
    put_date(&made.writer, "Process Start Date", 11);
    put_date(&made.writer, "Protect Stop Date", 22);
    made_answer_end(&made);
    cr_assert_eq(kmip_get_attributes_read(&made.answer, &attributes, &err), SEALIFT_OK, "%s", err.message);
    assert_all_read(&attributes);
}

Test(kmip_get_attributes, takes_the_first_value_of_an_attribute)
{
    SCOPED(made_answer_done) struct made_answer made;
    struct kmip_attributes attributes;

    made_answer_begin(&made, KMIP_1_2, KMIP_GET_ATTRIBUTES);
    put_integer(&made.writer, "Cryptographic Length", 1, 128);
    put_integer(&made.writer, "Cryptographic Length", 0, 256);
    put_integer(&made.writer, "Cryptographic Length", 2, 192);
    made_answer_end(&made);
    cr_assert_eq(kmip_get_attributes_read(&made.answer, &attributes, &err), SEALIFT_OK);
    cr_assert_eq(attributes.length, 256);
}

Test(kmip_get_attributes, tells_a_mask_of_zero_from_none)
{
    SCOPED(made_answer_done) struct made_answer zero;
    SCOPED(made_answer_done) struct made_answer none;
    struct kmip_attributes attributes;

    made_answer_begin(&zero, KMIP_1_4, KMIP_GET_ATTRIBUTES);
    put_integer(&zero.writer, "Cryptographic Usage Mask", NO_INDEX, 0);
    made_answer_end(&zero);
    cr_assert_eq(kmip_get_attributes_read(&zero.answer, &attributes, &err), SEALIFT_OK);
    cr_assert(attributes.has_usage_mask);

    made_answer_begin(&none, KMIP_1_4, KMIP_GET_ATTRIBUTES);
    made_answer_end(&none);
    cr_assert_eq(kmip_get_attributes_read(&none.answer, &attributes, &err), SEALIFT_OK);
    cr_assert_not(attributes.has_usage_mask);
    cr_assert_eq(attributes.state, 0);
    cr_assert_eq(attributes.object_type, 0);
}

Test(kmip_get_attributes, refuses_an_attribute_twice)
{
    SCOPED(made_answer_done) struct made_answer made;
    struct kmip_attributes attributes;

    made_answer_begin(&made, KMIP_1_4, KMIP_GET_ATTRIBUTES);
    put_enumeration(&made.writer, "State", NO_INDEX, KMIP_STATE_ACTIVE);
    put_enumeration(&made.writer, "State", 0, KMIP_STATE_COMPROMISED);
    made_answer_end(&made);
    cr_assert_eq(kmip_get_attributes_read(&made.answer, &attributes, &err), SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, "the answer makes no sense: the attribute \"State\" is there twice"
                                  "; " KMIP_SENSELESS_WAY_OUT);
}

Test(kmip_get_attributes, refuses_a_value_of_another_type)
{
    SCOPED(made_answer_done) struct made_answer made;
    struct kmip_attributes attributes;

    made_answer_begin(&made, KMIP_1_4, KMIP_GET_ATTRIBUTES);
    put_integer(&made.writer, "State", NO_INDEX, KMIP_STATE_ACTIVE);
    made_answer_end(&made);
    cr_assert_eq(kmip_get_attributes_read(&made.answer, &attributes, &err), SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, "the answer makes no sense: the attribute \"State\": tag 42000b is of type Integer, "
                                  "and KMIP has Enumeration there"
                                  "; " KMIP_SENSELESS_WAY_OUT);
}

Test(kmip_get_attributes, refuses_an_attribute_without_name_or_value)
{
    SCOPED(made_answer_done) struct made_answer nameless;
    SCOPED(made_answer_done) struct made_answer worthless;
    SCOPED(made_answer_done) struct made_answer shapeless;
    struct kmip_attributes attributes;

    made_answer_begin(&nameless, KMIP_1_4, KMIP_GET_ATTRIBUTES);
    ttlv_begin(&nameless.writer, KMIP_TAG_ATTRIBUTE);
    ttlv_put_integer(&nameless.writer, KMIP_TAG_ATTRIBUTE_VALUE, 1);
    ttlv_end(&nameless.writer);
    made_answer_end(&nameless);
    cr_assert_eq(kmip_get_attributes_read(&nameless.answer, &attributes, &err), SEALIFT_CORRUPT);

    made_answer_begin(&worthless, KMIP_1_4, KMIP_GET_ATTRIBUTES);
    begin_attribute(&worthless.writer, "State", NO_INDEX);
    ttlv_end(&worthless.writer);
    made_answer_end(&worthless);
    cr_assert_eq(kmip_get_attributes_read(&worthless.answer, &attributes, &err), SEALIFT_CORRUPT);

    made_answer_begin(&shapeless, KMIP_1_4, KMIP_GET_ATTRIBUTES);
    ttlv_put_text(&shapeless.writer, KMIP_TAG_ATTRIBUTE, "State");
    made_answer_end(&shapeless);
    cr_assert_eq(kmip_get_attributes_read(&shapeless.answer, &attributes, &err), SEALIFT_CORRUPT);
}

/* --- The answer by tag --- */

Test(kmip_get_attributes, reads_attributes_by_tag)
{
    SCOPED(made_answer_done) struct made_answer made;
    struct kmip_attributes attributes;

    made_answer_begin(&made, KMIP_2_1, KMIP_GET_ATTRIBUTES);
    ttlv_put_enumeration(&made.writer, KMIP_TAG_UNIQUE_IDENTIFIER, 1);
    ttlv_begin(&made.writer, KMIP_TAG_ATTRIBUTES);
    ttlv_begin(&made.writer, KMIP_TAG_ATTRIBUTE); /* in 2.x: a vendor's */
    ttlv_put_text(&made.writer, KMIP_TAG_VENDOR_IDENTIFICATION, "x");
    ttlv_put_text(&made.writer, KMIP_TAG_ATTRIBUTE_NAME, "State");
    ttlv_put_text(&made.writer, KMIP_TAG_ATTRIBUTE_VALUE, "other");
    ttlv_end(&made.writer);
    ttlv_put_date_time(&made.writer, KMIP_TAG_PROTECT_STOP_DATE, 22);
    ttlv_put_enumeration(&made.writer, KMIP_TAG_OBJECT_TYPE, KMIP_OBJECT_SYMMETRIC_KEY);
    ttlv_put_enumeration(&made.writer, KMIP_TAG_CRYPTOGRAPHIC_ALGORITHM, KMIP_ALGORITHM_AES);
    ttlv_put_integer(&made.writer, KMIP_TAG_CRYPTOGRAPHIC_LENGTH, 256);
    ttlv_put_integer(&made.writer, KMIP_TAG_CRYPTOGRAPHIC_USAGE_MASK, KMIP_USAGE_ENCRYPT | KMIP_USAGE_DECRYPT);
    ttlv_put_enumeration(&made.writer, KMIP_TAG_STATE, KMIP_STATE_ACTIVE);
    ttlv_put_date_time(&made.writer, KMIP_TAG_PROCESS_START_DATE, 11);
    ttlv_put_date_time(&made.writer, KMIP_TAG_DEACTIVATION_DATE, 33);
    ttlv_end(&made.writer);
    made_answer_end(&made);
    cr_assert_eq(kmip_get_attributes_read(&made.answer, &attributes, &err), SEALIFT_OK, "%s", err.message);
    assert_all_read(&attributes);
}

Test(kmip_get_attributes, refuses_a_tag_twice_or_of_another_type)
{
    SCOPED(made_answer_done) struct made_answer twice;
    SCOPED(made_answer_done) struct made_answer other_type;
    struct kmip_attributes attributes;

    made_answer_begin(&twice, KMIP_2_0, KMIP_GET_ATTRIBUTES);
    ttlv_begin(&twice.writer, KMIP_TAG_ATTRIBUTES);
    ttlv_put_enumeration(&twice.writer, KMIP_TAG_STATE, KMIP_STATE_ACTIVE);
    ttlv_put_enumeration(&twice.writer, KMIP_TAG_STATE, KMIP_STATE_ACTIVE);
    ttlv_end(&twice.writer);
    made_answer_end(&twice);
    cr_assert_eq(kmip_get_attributes_read(&twice.answer, &attributes, &err), SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, "the answer makes no sense: tag 42008d is there twice in 420125"
                                  "; " KMIP_SENSELESS_WAY_OUT);

    made_answer_begin(&other_type, KMIP_2_0, KMIP_GET_ATTRIBUTES);
    ttlv_begin(&other_type.writer, KMIP_TAG_ATTRIBUTES);
    ttlv_put_integer(&other_type.writer, KMIP_TAG_STATE, KMIP_STATE_ACTIVE);
    ttlv_end(&other_type.writer);
    made_answer_end(&other_type);
    cr_assert_eq(kmip_get_attributes_read(&other_type.answer, &attributes, &err), SEALIFT_CORRUPT);
}
