#include "captured.h"
#include "visible.h"

#include <criterion/criterion.h>
#include <locale.h>

static const char *
shown(const char *text)
{
    struct captured captured;

    visible_write(captured_begin(&captured), text);
    return captured_end(&captured);
}

static const char *
shown_lines(const char *text)
{
    struct captured captured;

    visible_write_lines(captured_begin(&captured), text);
    return captured_end(&captured);
}

Test(visible, leaves_ordinary_text_alone)
{
    cr_assert_str_eq(shown("a/b c \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80 \\"),
                     "a/b c \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80 \\");
}

Test(visible, shows_what_a_terminal_would_obey)
{
    cr_assert_str_eq(shown("\033[31mred\007\r\n\t\x7f"), "\\x1b[31mred\\x07\\x0d\\x0a\\x09\\x7f");
    cr_assert_str_eq(shown("\xc2\x9b"
                           "31m"),
                     "\\xc2\\x9b31m", "C1 as well: 0x9b begins a sequence");
}

Test(visible, shows_marks_that_turn_the_reading_direction)
{
    cr_assert_str_eq(shown("a\xe2\x80\xae"
                           "b"),
                     "a\\xe2\\x80\\xaeb");
    cr_assert_str_eq(shown("\xe2\x81\xa6"), "\\xe2\\x81\\xa6");
    cr_assert_str_eq(shown("\xd8\x9c\xe2\x80\x8f\xe2\x80\xa8"), "\\xd8\\x9c\\xe2\\x80\\x8f\\xe2\\x80\\xa8");
}

Test(visible, shows_bytes_that_are_not_utf8)
{
    cr_assert_str_eq(shown("a\xff\xc3"), "a\\xff\\xc3");
}

Test(visible, keeps_the_lines_of_a_message)
{
    cr_assert_str_eq(shown_lines("one\ntwo\033\r"), "one\ntwo\\x1b\\x0d");
}

Test(visible, measures_columns_and_not_bytes)
{
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        cr_skip_test("this machine has no locale C.UTF-8");
    cr_assert_eq(visible_width("abc"), 3);
    cr_assert_eq(visible_width("\xc3\xa4"), 1);
    cr_assert_eq(visible_width("\xe6\xbc\xa2"), 2, "a wide character");
    cr_assert_eq(visible_width("e\xcc\x81"), 1, "a combining accent");
    cr_assert_eq(visible_width("\xff"), 1);
}
