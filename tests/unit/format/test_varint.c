#include "varint.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

static void
expect_round_trip(uint64_t value, size_t len)
{
    SCOPED(buf_done) struct buf encoded = {0};
    struct bytes rest;
    uint64_t found = ~value;

    cr_assert_eq(varint_append(&encoded, value, &err), SEALIFT_OK);
    cr_assert_eq(encoded.len, len);
    rest = buf_bytes(&encoded);
    cr_assert(varint_cut(&rest, UINT64_MAX, &found));
    cr_assert(found == value && rest.len == 0);

    for (size_t cut = 0; cut < len; cut++) {
        rest = (struct bytes){encoded.data, cut};
        cr_assert_not(varint_cut(&rest, UINT64_MAX, &found), "cut off after %zu bytes", cut);
        cr_assert_eq(rest.len, cut);
    }
}

Test(varint, takes_as_few_bytes_as_it_needs)
{
    expect_round_trip(0, 1);
    expect_round_trip(127, 1);
    expect_round_trip(128, 2);
    for (unsigned shift = 0; shift < 64; shift++) {
        expect_round_trip(UINT64_C(1) << shift, shift / 7 + 1);
        expect_round_trip((UINT64_C(1) << shift) | 1, shift / 7 + 1);
    }
    expect_round_trip(UINT64_MAX, 10);
}

Test(varint, has_one_form_only)
{
    static const uint8_t padded_zero[] = {0x80, 0x00};
    static const uint8_t padded_one[] = {0x81, 0x80, 0x00};
    static const uint8_t too_many_bits[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    static const uint8_t too_long[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 0x00};
    struct bytes all[] = {BYTES_OF(padded_zero), BYTES_OF(padded_one), BYTES_OF(too_many_bits), BYTES_OF(too_long)};
    uint64_t value;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        cr_assert_not(varint_cut(&all[i], UINT64_MAX, &value), "case %zu", i);
}

Test(varint, beyond_its_bound_is_refused)
{
    static const uint8_t two_hundred[] = {0xc8, 0x01};
    struct bytes rest = BYTES_OF(two_hundred);
    uint64_t value;
    uint32_t small;

    cr_assert_not(varint_cut(&rest, 199, &value));
    cr_assert_not(varint_cut_u32(&rest, 199, &small));
    cr_assert_eq(rest.len, 2);
    cr_assert(varint_cut_u32(&rest, 200, &small));
    cr_assert(small == 200 && rest.len == 0);
}

Test(varint, folds_the_sign)
{
    static const int64_t values[] = {0, -1, 1, -2, 2, 63, -64, 64, INT64_MAX, INT64_MIN};

    cr_assert_eq(varint_fold(0), 0);
    cr_assert_eq(varint_fold(-1), 1);
    cr_assert_eq(varint_fold(1), 2);
    cr_assert_eq(varint_fold(INT64_MIN), UINT64_MAX);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        SCOPED(buf_done) struct buf encoded = {0};
        struct bytes rest;
        int64_t found;

        cr_assert_eq(varint_append(&encoded, varint_fold(values[i]), &err), SEALIFT_OK);
        rest = buf_bytes(&encoded);
        cr_assert(varint_cut_signed(&rest, &found));
        cr_assert_eq(found, values[i]);
    }
}

Test(varint, length_may_not_go_beyond_what_there_is)
{
    struct bytes rest = bytes_of_text("\x03"
                                      "abcd"),
                 found;

    cr_assert(varint_cut_bytes(&rest, &found));
    cr_assert(bytes_equal(found, bytes_of_text("abc")));
    cr_assert(bytes_equal(rest, bytes_of_text("d")));
    rest = bytes_of_text("\x05"
                         "abcd");
    cr_assert_not(varint_cut_bytes(&rest, &found));
    cr_assert_eq(rest.len, 5);
}
