#include "utf8.h"

#include <criterion/criterion.h>

Test(utf8, knows_the_length_of_characters)
{
    cr_assert_eq(utf8_char_len(bytes_of_text("a\xc3\xa9")), 1);
    cr_assert_eq(utf8_char_len(bytes_of_text("\xc3\xa9z")), 2);
    cr_assert_eq(utf8_char_len(bytes_of_text("\xe2\x82\xacz")), 3);
    cr_assert_eq(utf8_char_len(bytes_of_text("\xf0\x9f\x98\x80z")), 4);
    cr_assert_eq(utf8_char_len((struct bytes){(const uint8_t *)"", 1}), 1, "a NUL is a character");
    cr_assert_eq(utf8_char_len((struct bytes){0}), 0);
}

Test(utf8, accepts_the_first_and_last_character_of_each_length)
{
    static const char *const accepted[] = {
        "\x7f",         "\xc2\x80",     "\xdf\xbf",         "\xe0\xa0\x80",     "\xed\x9f\xbf",
        "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
    };

    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
        cr_assert(utf8_is_valid(bytes_of_text(accepted[i])), "number %zu", i);
}

Test(utf8, refuses_overlong_forms_surrogates_and_what_lies_beyond)
{
    static const char *const refused[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc3",
        "\xc3"
        "a",
        "\xe0\x9f\xbf",
        "\xe2\x82",
        "\xe2\x82"
        "a",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x9f\x98",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xfe",
        "\xff",
        "ok\xff",
    };

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        cr_assert_not(utf8_is_valid(bytes_of_text(refused[i])), "number %zu", i);
}
