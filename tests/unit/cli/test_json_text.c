#include "captured.h"
#include "json_text.h"

#include <criterion/criterion.h>

static const char *
quoted(const char *text)
{
    struct captured captured;

    json_text_write(captured_begin(&captured), text);
    return captured_end(&captured);
}

Test(json_text, escapes_what_json_demands)
{
    cr_assert_str_eq(quoted("a\"b\\c/"), "\"a\\\"b\\\\c/\"");
    cr_assert_str_eq(quoted("\n\t\r\x01"), "\"\\n\\t\\u000d\\u0001\"");
}

Test(json_text, escapes_what_a_terminal_would_obey)
{
    cr_assert_str_eq(quoted("\033\x7f\xc2\x9b"), "\"\\u001b\\u007f\\u009b\"");
}

Test(json_text, keeps_other_characters_as_they_are)
{
    cr_assert_str_eq(quoted("\xc3\xa4\xf0\x9f\x98\x80"), "\"\xc3\xa4\xf0\x9f\x98\x80\"");
}

Test(json_text, says_each_byte_that_is_not_utf8_as_a_replacement)
{
    cr_assert_str_eq(quoted("a\xff\xfe"
                            "b"),
                     "\"a\\ufffd\\ufffdb\"");
    cr_assert(json_text_is_lossless("a\xc3\xa4"));
    cr_assert_not(json_text_is_lossless("a\xff"));
}

Test(json_text, says_all_bytes_in_hexadecimal)
{
    struct captured captured;

    json_text_write_hex(captured_begin(&captured), "a\xff\x0f");
    cr_assert_str_eq(captured_end(&captured), "\"61ff0f\"");
}
