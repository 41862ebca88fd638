#include "captured.h"
#include "prose.h"

#include <criterion/criterion.h>
#include <string.h>

Test(prose, wraps_and_indents)
{
    struct captured captured;
    FILE *out = captured_begin(&captured);

    prose_write(out,
                "Twelve words and then some more, so that one line of eighty columns is not enough for them.\n\n"
                "A second paragraph.",
                4, false);
    cr_assert_str_eq(captured_end(&captured),
                     "    Twelve words and then some more, so that one line of eighty columns is not\n"
                     "    enough for them.\n"
                     "\n"
                     "    A second paragraph.\n");
}

Test(prose, puts_the_text_beside_a_short_term_and_below_a_long_one)
{
    struct captured captured;
    FILE *out = captured_begin(&captured);

    prose_entry(out, "--short", "text");
    prose_entry(out, "--exactly-as-wide-as-it-", "text");
    cr_assert_str_eq(captured_end(&captured), "  --short                 text\n"
                                              "  --exactly-as-wide-as-it-\n"
                                              "                          text\n");
}

Test(prose, gives_a_word_that_is_too_long_a_line_of_its_own)
{
    struct captured captured;
    char word[101];
    FILE *out = captured_begin(&captured);

    memset(word, 'x', 100);
    word[100] = '\0';
    prose_write(out, word, 2, false);
    cr_assert_eq(strlen(captured_end(&captured)), 2 + 100 + 1);
}
