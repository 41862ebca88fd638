#include "ttlv.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG   0x420001
#define OTHER 0x420002

static struct sealift_error err;

/* --- Writing --- */

/* Bytes in hexadecimal, spaces between them as one likes. */
static struct bytes
from_hex(const char *hex)
{
    static uint8_t bytes[4096];
    size_t len = 0;

    for (; *hex != '\0'; hex++) {
        char digits[3] = {hex[0], hex[1], '\0'};

        if (*hex == ' ')
            continue;
        cr_assert(hex[1] != '\0' && len < sizeof(bytes));
        bytes[len++] = (uint8_t)strtoul(digits, NULL, 16);
        hex++;
    }
    return (struct bytes){bytes, len};
}

static void
assert_written(const struct buf *out, const char *hex)
{
    struct bytes expected = from_hex(hex);

    cr_assert(bytes_equal(buf_bytes(out), expected), "%s", hex);
}

#define ASSERT_WRITES(call, hex)                                                                                       \
    do {                                                                                                               \
        SCOPED(buf_done) struct buf out = {.wipe = true};                                                              \
        struct ttlv_writer writer;                                                                                     \
        ttlv_writer_init(&writer, &out);                                                                               \
        call;                                                                                                          \
        cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK);                                                   \
        assert_written(&out, hex);                                                                                     \
    } while (0)

/* The examples of KMIP 1.2, section 9.1.2: tag 420020, a value of each type. */
Test(ttlv, writes_the_specifications_examples)
{
    ASSERT_WRITES(ttlv_put_integer(&writer, 0x420020, 8), "42002002 00000004 00000008 00000000");
    ASSERT_WRITES(ttlv_put_long_integer(&writer, 0x420020, 123456789000000000), "42002003 00000008 01B69B4BA5749200");
    ASSERT_WRITES(ttlv_put_big_integer(&writer, 0x420020, from_hex("03fd35eb6bc2df4618080000")),
                  "42002004 00000010 0000000003FD35EB 6BC2DF4618080000");
    ASSERT_WRITES(ttlv_put_enumeration(&writer, 0x420020, 255), "42002005 00000004 000000FF 00000000");
    ASSERT_WRITES(ttlv_put_boolean(&writer, 0x420020, true), "42002006 00000008 0000000000000001");
    ASSERT_WRITES(ttlv_put_text(&writer, 0x420020, "Hello World"),
                  "42002007 0000000B 48656C6C6F20576F 726C640000000000");
    ASSERT_WRITES(ttlv_put_bytes(&writer, 0x420020, from_hex("010203")), "42002008 00000003 0102030000000000");
    ASSERT_WRITES(ttlv_put_date_time(&writer, 0x420020, 0x47da67f8), "42002009 00000008 0000000047DA67F8");
    ASSERT_WRITES(ttlv_put_interval(&writer, 0x420020, 864000), "4200200A 00000004 000D2F00 00000000");
    ASSERT_WRITES(
        {
            ttlv_begin(&writer, 0x420020);
            ttlv_put_enumeration(&writer, 0x420004, 254);
            ttlv_put_integer(&writer, 0x420005, 255);
            ttlv_end(&writer);
        },
        "42002001 00000020 42000405 00000004 000000FE00000000 42000502 00000004 000000FF00000000");
}

Test(ttlv, writes_the_limits_of_numbers)
{
    ASSERT_WRITES(ttlv_put_integer(&writer, TAG, INT32_MIN), "42000102 00000004 80000000 00000000");
    ASSERT_WRITES(ttlv_put_integer(&writer, TAG, -1), "42000102 00000004 ffffffff 00000000");
    ASSERT_WRITES(ttlv_put_long_integer(&writer, TAG, INT64_MIN), "42000103 00000008 8000000000000000");
    ASSERT_WRITES(ttlv_put_enumeration(&writer, TAG, UINT32_MAX), "42000105 00000004 ffffffff 00000000");
    ASSERT_WRITES(ttlv_put_boolean(&writer, TAG, false), "42000106 00000008 0000000000000000");
    ASSERT_WRITES(ttlv_put_date_time(&writer, TAG, -1), "42000109 00000008 ffffffffffffffff");
    ASSERT_WRITES(ttlv_put_interval(&writer, TAG, UINT32_MAX), "4200010a 00000004 ffffffff 00000000");
    ASSERT_WRITES(ttlv_put_date_time_extended(&writer, TAG, 1600000000123456), "4200010b 00000008 0005af3107a5e240");
}

Test(ttlv, extends_the_sign_of_big_integers)
{
    ASSERT_WRITES(ttlv_put_big_integer(&writer, TAG, from_hex("")), "42000104 00000008 0000000000000000");
    ASSERT_WRITES(ttlv_put_big_integer(&writer, TAG, from_hex("7f")), "42000104 00000008 000000000000007f");
    ASSERT_WRITES(ttlv_put_big_integer(&writer, TAG, from_hex("80")), "42000104 00000008 ffffffffffffff80");
    ASSERT_WRITES(ttlv_put_big_integer(&writer, TAG, from_hex("ff00000000000000")),
                  "42000104 00000008 ff00000000000000");
    ASSERT_WRITES(ttlv_put_big_integer(&writer, TAG, from_hex("ff0000000000000000")),
                  "42000104 00000010 ffffffffffffffff 0000000000000000");
}

Test(ttlv, writes_an_empty_structure_and_empty_strings)
{
    ASSERT_WRITES(
        {
            ttlv_begin(&writer, TAG);
            ttlv_end(&writer);
        },
        "42000101 00000000");
    ASSERT_WRITES(ttlv_put_text(&writer, TAG, ""), "42000107 00000000");
    ASSERT_WRITES(ttlv_put_bytes(&writer, TAG, (struct bytes){NULL, 0}), "42000108 00000000");
}

Test(ttlv, appends_to_what_stands_in_the_buffer)
{
    SCOPED(buf_done) struct buf out = {0};
    struct ttlv_writer writer;

    cr_assert_eq(buf_append_text(&out, "abc", &err), SEALIFT_OK);
    ttlv_writer_init(&writer, &out);
    ttlv_begin(&writer, TAG);
    ttlv_put_boolean(&writer, OTHER, true);
    ttlv_end(&writer);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK);
    assert_written(&out, "616263 42000101 00000010 42000206 00000008 0000000000000001");
}

Test(ttlv, tells_the_first_failure_of_writing)
{
    SCOPED(buf_done) struct buf out = {.max = 20};
    struct ttlv_writer writer;

    ttlv_writer_init(&writer, &out);
    ttlv_begin(&writer, TAG);
    ttlv_put_boolean(&writer, OTHER, true);
    ttlv_put_text(&writer, OTHER, "\xff");
    ttlv_end(&writer);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_NO_MEMORY);
    cr_assert_not_null(strstr(err.message, "ceiling of 20 bytes"));
}

Test(ttlv, refuses_a_text_that_is_not_utf8_and_does_not_show_it)
{
    SCOPED(buf_done) struct buf out = {0};
    struct ttlv_writer writer;

    ttlv_writer_init(&writer, &out);
    ttlv_put_text(&writer, TAG, "pass\xffword");
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_INVALID);
    cr_assert_str_eq(err.message, "tag 420001: KMIP's texts are UTF-8, and this is not");
}

Test(ttlv, refuses_what_a_length_of_32_bits_cannot_say)
{
    SCOPED(buf_done) struct buf out = {0};
    struct ttlv_writer writer;

    ttlv_writer_init(&writer, &out);
    ttlv_put_bytes(&writer, TAG, (struct bytes){NULL, (size_t)UINT32_MAX + 1}); /* not looked at */
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_INVALID);
    cr_assert_str_eq(err.message, "tag 420001: 4294967296 bytes are more than an item of TTLV can hold");
}

static enum sealift_status
write_nested(struct buf *out, unsigned depth)
{
    struct ttlv_writer writer;

    ttlv_writer_init(&writer, out);
    for (unsigned i = 0; i < depth; i++)
        ttlv_begin(&writer, TAG);
    for (unsigned i = 0; i < depth; i++)
        ttlv_end(&writer);
    return ttlv_writer_finish(&writer, &err);
}

Test(ttlv, nests_sixteen_structures_and_no_more)
{
    SCOPED(buf_done) struct buf fits = {0};
    SCOPED(buf_done) struct buf too_deep = {0};
    SCOPED(buf_done) struct buf by_hand = {0};
    struct ttlv_item item;

    cr_assert_eq(write_nested(&fits, TTLV_MAX_DEPTH), SEALIFT_OK);
    cr_assert_eq(ttlv_parse(buf_bytes(&fits), &item, &err), SEALIFT_OK);
    cr_assert_eq(write_nested(&too_deep, TTLV_MAX_DEPTH + 1), SEALIFT_INTERNAL);

    cr_assert_eq(buf_append(&by_hand, "\x42\0\1\1\0\0\0\x80", 8, &err), SEALIFT_OK);
    cr_assert_eq(buf_append_bytes(&by_hand, buf_bytes(&fits), &err), SEALIFT_OK);
    cr_assert_eq(ttlv_parse(buf_bytes(&by_hand), &item, &err), SEALIFT_CORRUPT);
    cr_assert_not_null(strstr(err.message, "at byte 128 of 136: structures are nested too deeply"), "%s", err.message);
}

/* --- Reading --- */

static struct ttlv_item
parse(const char *hex)
{
    struct ttlv_item item = {0};

    cr_assert_eq(ttlv_parse(from_hex(hex), &item, &err), SEALIFT_OK, "%s: %s", hex, err.message);
    return item;
}

static void
assert_refused(const char *hex, const char *why)
{
    struct ttlv_item item;

    cr_assert_eq(ttlv_parse(from_hex(hex), &item, &err), SEALIFT_CORRUPT, "%s", hex);
    cr_assert_not_null(strstr(err.message, why), "%s: %s", hex, err.message);
}

Test(ttlv, reads_numbers_to_their_limits)
{
    struct ttlv_item item = parse("42000102 00000004 80000000 00000000");

    cr_assert_eq(item.tag, TAG);
    cr_assert_eq(ttlv_integer(&item), INT32_MIN);
    item = parse("42000102 00000004 ffffffff 00000000");
    cr_assert_eq(ttlv_integer(&item), -1);
    item = parse("42000103 00000008 8000000000000000");
    cr_assert_eq(ttlv_long_integer(&item), INT64_MIN);
    item = parse("42000103 00000008 01B69B4BA5749200");
    cr_assert_eq(ttlv_long_integer(&item), 123456789000000000);
    item = parse("42000105 00000004 80000001 00000000");
    cr_assert_eq(ttlv_enumeration(&item), 0x80000001);
    item = parse("42000106 00000008 0000000000000001");
    cr_assert(ttlv_boolean(&item));
    item = parse("42000106 00000008 0000000000000000");
    cr_assert_not(ttlv_boolean(&item));
    item = parse("42000109 00000008 0000000047DA67F8");
    cr_assert_eq(ttlv_date_time(&item), 0x47da67f8);
    item = parse("42000109 00000008 ffffffffffffffff");
    cr_assert_eq(ttlv_date_time(&item), -1);
    item = parse("4200010a 00000004 ffffffff 00000000");
    cr_assert_eq(ttlv_interval(&item), UINT32_MAX);
    item = parse("4200010b 00000008 0005af3107a5e240");
    cr_assert_eq(ttlv_date_time(&item), 1600000000123456);
}

Test(ttlv, reads_big_integers_and_strings_as_they_are)
{
    struct ttlv_item item = parse("42000104 00000010 ffffffffffffffff 0000000000000000");

    cr_assert_eq(item.value.len, 16);
    cr_assert(bytes_equal(parse("42000108 00000003 0102030000000000").value, BYTES_OF(((uint8_t[]){1, 2, 3}))));
    cr_assert_eq(parse("42000108 00000000").value.len, 0);
    cr_assert_eq(parse("42000107 00000000").value.len, 0);
    cr_assert_eq(parse("42000101 00000000").value.len, 0);
}

Test(ttlv, gives_back_strings_of_every_length)
{
    static const char text[] = "12345678901234567";

    for (size_t len = 0; len < sizeof(text); len++) {
        SCOPED(buf_done) struct buf out = {0};
        struct ttlv_writer writer;
        struct ttlv_item whole, item;
        char start[sizeof(text)], read[sizeof(text)];

        snprintf(start, sizeof(start), "%.*s", (int)len, text);
        ttlv_writer_init(&writer, &out);
        ttlv_begin(&writer, TAG);
        ttlv_put_text(&writer, TAG, start);
        ttlv_put_bytes(&writer, OTHER, bytes_of_text(start));
        ttlv_end(&writer);
        cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK);
        cr_assert_eq(out.len, 8 + 2 * (8 + (len + 7) / 8 * 8));

        cr_assert_eq(ttlv_parse(buf_bytes(&out), &whole, &err), SEALIFT_OK);
        cr_assert_eq(ttlv_need(&whole, TAG, TTLV_TEXT_STRING, &item, &err), SEALIFT_OK);
        ttlv_text(&item, read, sizeof(read));
        cr_assert_str_eq(read, start);
        cr_assert_eq(ttlv_need(&whole, OTHER, TTLV_BYTE_STRING, &item, &err), SEALIFT_OK);
        cr_assert(bytes_equal(item.value, bytes_of_text(start)));
    }
}

Test(ttlv, hands_out_text_that_can_be_shown)
{
    struct ttlv_item item = parse("42000107 00000004 61c3a462 00000000");
    char out[8];

    ttlv_text(&item, out, sizeof(out));
    cr_assert_str_eq(out, "a\xc3\xa4"
                          "b");
    ttlv_text(&item, out, 4);
    cr_assert_str_eq(out, "a\xc3\xa4");
    ttlv_text(&item, out, 3);
    cr_assert_str_eq(out, "a", "a character was cut in two");
    ttlv_text(&item, out, 1);
    cr_assert_str_eq(out, "");
    item = parse("42000107 00000003 61ff62 0000000000");
    ttlv_text(&item, out, sizeof(out));
    cr_assert_str_eq(out, "a?b");
    item = parse("42000107 00000003 610062 0000000000");
    ttlv_text(&item, out, sizeof(out));
    cr_assert_str_eq(out, "a");
}

Test(ttlv, knows_an_items_length_from_its_header)
{
    static const uint8_t empty[] = {0x42, 0, 0x7b, 1, 0, 0, 0, 0}, odd[] = {0x42, 0, 0x7b, 7, 0, 0, 0, 9},
                         longest[] = {0x42, 0, 0x7b, 1, 0xff, 0xff, 0xff, 0xff};

    cr_assert_eq(ttlv_length_of(empty), 8);
    cr_assert_eq(ttlv_length_of(odd), 24);
    cr_assert_eq(ttlv_length_of(longest), UINT64_C(0x100000008));
    cr_assert_eq(ttlv_tag_of(odd), 0x42007b);
    cr_assert_eq(ttlv_type_of(odd), TTLV_TEXT_STRING);
}

Test(ttlv, refuses_lengths_that_a_type_cannot_have)
{
    assert_refused("42000102 00000003 00000000 00000000",
                   "at byte 0 of 16: tag 420001: the type Integer cannot have 3");
    assert_refused("42000102 00000008 00000000 00000000", "cannot have 8 bytes");
    assert_refused("42000102 00000000", "cannot have 0 bytes");
    assert_refused("42000105 00000005 00000000 00000000", "cannot have 5 bytes");
    assert_refused("4200010a 00000008 00000000 00000000", "cannot have 8 bytes");
    assert_refused("42000103 00000004 00000000 00000000", "cannot have 4 bytes");
    assert_refused("42000106 00000004 00000000 00000000", "cannot have 4 bytes");
    assert_refused("42000109 00000010 00000000 00000000 00000000 00000000", "cannot have 16 bytes");
    assert_refused("4200010b 00000000", "cannot have 0 bytes");
    assert_refused("42000104 00000007 00000000 00000000", "cannot have 7 bytes");
    assert_refused("42000101 00000007 00000000 00000000", "cannot have 7 bytes");
}

Test(ttlv, refuses_padding_that_is_not_zero)
{
    assert_refused("42000102 00000004 00000000 00000001", "at byte 15 of 16: the padding is not zero");
    assert_refused("42000107 00000001 6161000000000000", "at byte 9 of 16: the padding is not zero");
}

Test(ttlv, refuses_a_boolean_that_is_neither_true_nor_false)
{
    assert_refused("42000106 00000008 0000000000000002", "neither true nor false");
    assert_refused("42000106 00000008 0100000000000000", "neither true nor false");
}

Test(ttlv, refuses_bytes_behind_the_end)
{
    assert_refused("42000106 00000008 0000000000000001 00", "at byte 16 of 17: there are bytes behind its end");
    assert_refused("42000101 00000000 42000101 00000000", "there are bytes behind its end");
}

Test(ttlv, refuses_what_is_shorter_than_it_says)
{
    assert_refused("", "no TTLV: 0 bytes");
    assert_refused("42000101 000000", "no TTLV: 7 bytes");
    assert_refused("42000101 00000008", "it says that it has 16 bytes, and 8 are there");
    assert_refused("42000108 ffffffff 0000000000000000", "it says that it has 4294967304 bytes");
    assert_refused("42000101 00000008 42000108 00000008", "at byte 8 of 16: an item is longer than what holds it");
    assert_refused("42000101 00000010 42000108 00000009 0000000000000000",
                   "at byte 8 of 24: an item is longer than what holds it");
    /* The inner structure ends within the outer one, what is in it does not. */
    assert_refused("42000101 00000018 42000101 00000008 42000108 00000008 0000000000000000",
                   "at byte 16 of 32: an item is longer than what holds it");
    assert_refused("42000101 00000004 42000101 00000000", "the type Structure cannot have 4 bytes");
}

/* A message with an item of each type, and structures within structures. */
static void
write_sample(struct buf *out)
{
    struct ttlv_writer writer;

    ttlv_writer_init(&writer, out);
    ttlv_begin(&writer, TAG);
    ttlv_put_integer(&writer, 0x420010, -5);
    ttlv_put_long_integer(&writer, 0x420011, 1);
    ttlv_begin(&writer, 0x420012);
    ttlv_put_big_integer(&writer, 0x420013, from_hex("8001"));
    ttlv_begin(&writer, 0x420014);
    ttlv_put_enumeration(&writer, 0x420015, 3);
    ttlv_put_boolean(&writer, 0x420016, true);
    ttlv_end(&writer);
    ttlv_put_text(&writer, 0x420017, "some text");
    ttlv_end(&writer);
    ttlv_put_bytes(&writer, 0x420018, from_hex("010203"));
    ttlv_put_date_time(&writer, 0x420019, 1);
    ttlv_put_interval(&writer, 0x42001a, 2);
    ttlv_put_date_time_extended(&writer, 0x42001b, 3);
    ttlv_end(&writer);
    cr_assert_eq(ttlv_writer_finish(&writer, &err), SEALIFT_OK);
}

/* A copy on the heap of exactly that size, so that AddressSanitizer sees a read behind its end. */
static enum sealift_status
parse_copy(struct bytes bytes)
{
    SCOPED(free_done) uint8_t *copy = malloc(bytes.len > 0 ? bytes.len : 1);
    struct ttlv_item item;

    cr_assert_not_null(copy);
    if (bytes.len > 0)
        memcpy(copy, bytes.data, bytes.len);
    return ttlv_parse((struct bytes){copy, bytes.len}, &item, &err);
}

Test(ttlv, refuses_every_truncation)
{
    SCOPED(buf_done) struct buf sample = {0};

    write_sample(&sample);
    cr_assert_eq(parse_copy(buf_bytes(&sample)), SEALIFT_OK);
    for (size_t len = 0; len < sample.len; len++)
        cr_assert_eq(parse_copy((struct bytes){sample.data, len}), SEALIFT_CORRUPT, "%zu bytes", len);
}

/* Of a structure's or string's length each change breaks something; values, tags and padding-free types may pass. */
Test(ttlv, survives_every_change_of_a_byte)
{
    SCOPED(buf_done) struct buf sample = {0};
    size_t refused = 0, passed = 0;

    write_sample(&sample);
    for (size_t at = 0; at < sample.len; at++) {
        uint8_t was = sample.data[at];

        for (unsigned value = 0; value < 256; value++) {
            sample.data[at] = (uint8_t)value;
            if (parse_copy(buf_bytes(&sample)) == SEALIFT_OK)
                passed++;
            else
                refused++;
        }
        sample.data[at] = was;
    }
    cr_assert_eq(refused + passed, sample.len * 256);
    cr_assert_gt(refused, sample.len * 64);
    cr_assert_gt(passed, sample.len * 32);
}

Test(ttlv, passes_over_unknown_tags_and_types)
{
    struct ttlv_item whole = parse("42000101 00000048 "
                                   "54000108 00000003 0102030000000000 "
                                   "420001ff 00000005 0102030405000000 "
                                   "00000000 00000000 "
                                   "42000205 00000004 00000007 00000000 "
                                   "5400010c 00000008 0102030405060708");
    struct ttlv_item item;

    cr_assert_eq(ttlv_need(&whole, OTHER, TTLV_ENUMERATION, &item, &err), SEALIFT_OK);
    cr_assert_eq(ttlv_enumeration(&item), 7);
    assert_refused("420001ff 00000005 0102030405000001", "the padding is not zero");
}

Test(ttlv, walks_over_the_items_of_a_structure)
{
    struct ttlv_item whole = parse("42000101 00000020 42000206 00000008 0000000000000001 "
                                   "42000206 00000008 0000000000000000");
    struct bytes rest = whole.value;
    struct ttlv_item item;

    cr_assert(ttlv_next(&rest, &item));
    cr_assert(ttlv_boolean(&item));
    cr_assert(ttlv_next(&rest, &item));
    cr_assert_not(ttlv_boolean(&item));
    cr_assert_not(ttlv_next(&rest, &item));
    cr_assert_eq(rest.len, 0);
}

Test(ttlv, tells_what_is_missing_double_or_of_another_type)
{
    struct ttlv_item whole = parse("42000101 00000030 42000206 00000008 0000000000000001 "
                                   "42000206 00000008 0000000000000001 42000305 00000004 00000001 00000000");
    struct ttlv_item item = {.tag = 1};

    cr_assert_eq(ttlv_find(&whole, 0x420004, TTLV_BOOLEAN, &item, &err), SEALIFT_OK);
    cr_assert_eq(item.tag, 0);
    cr_assert_eq(ttlv_need(&whole, 0x420004, TTLV_BOOLEAN, &item, &err), SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, "tag 420004 is missing in 420001");
    cr_assert_eq(ttlv_find(&whole, OTHER, TTLV_BOOLEAN, &item, &err), SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, "tag 420002 is there twice in 420001");
    cr_assert_eq(ttlv_find(&whole, 0x420003, TTLV_INTEGER, &item, &err), SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, "tag 420003 is of type Enumeration, and KMIP has Integer there");
    cr_assert_eq(ttlv_need(&whole, 0x420003, TTLV_INTEGER, &item, &err), SEALIFT_CORRUPT);
}

Test(ttlv, finds_nothing_in_no_item)
{
    struct ttlv_item none = {0}, item;

    cr_assert_eq(ttlv_find(&none, TAG, TTLV_BOOLEAN, &item, &err), SEALIFT_OK);
    cr_assert_eq(item.tag, 0);
    cr_assert_eq(ttlv_need(&none, TAG, TTLV_BOOLEAN, &item, &err), SEALIFT_CORRUPT);
}
