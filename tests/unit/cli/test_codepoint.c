#include "codepoint.h"

#include <criterion/criterion.h>
#include <string.h>

/* Expects `text` to be one code point, all of it. */
static void
expect(const char *text, uint32_t wanted)
{
    const char *at = text;
    uint32_t codepoint;

    cr_assert(codepoint_next(&at, &codepoint), "%s", text);
    cr_assert_eq(codepoint, wanted);
    cr_assert_eq((size_t)(at - text), strlen(text));
}

static void
expect_invalid(const char *text)
{
    const char *at = text;
    uint32_t codepoint;

    cr_assert_not(codepoint_next(&at, &codepoint));
    cr_assert_eq(at, text + 1, "only the first byte is skipped");
    cr_assert_eq(codepoint, (unsigned char)text[0]);
}

Test(codepoint, reads_the_first_and_the_last_of_each_length)
{
    expect("\x01", 1);
    expect("\x7f", 0x7f);
    expect("\xc2\x80", 0x80);
    expect("\xdf\xbf", 0x7ff);
    expect("\xe0\xa0\x80", 0x800);
    expect("\xef\xbf\xbf", 0xffff);
    expect("\xf0\x90\x80\x80", 0x10000);
    expect("\xf4\x8f\xbf\xbf", 0x10ffff);
}

Test(codepoint, refuses_what_is_not_utf8)
{
    expect_invalid("\x80"); /* a continuation without a beginning */
    expect_invalid("\xff");
    expect_invalid("\xc0\xaf"); /* overlong */
    expect_invalid("\xc1\xbf");
    expect_invalid("\xe0\x9f\xbf");     /* overlong */
    expect_invalid("\xf0\x8f\xbf\xbf"); /* overlong */
    expect_invalid("\xed\xa0\x80");     /* a surrogate */
    expect_invalid("\xf4\x90\x80\x80"); /* beyond the last */
    expect_invalid("\xf5\x80\x80\x80");
}

Test(codepoint, does_not_read_beyond_the_end_of_a_sequence_cut_short)
{
    expect_invalid("\xc3");
    expect_invalid("\xe2\x82");
    expect_invalid("\xf0\x9f\x98");
    expect_invalid("\xe2\x82x");
}
