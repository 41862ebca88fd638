#include "shown_path.h"

#include <criterion/criterion.h>
#include <string.h>

Test(shown_path, calls_the_root_a_dot)
{
    cr_assert_str_eq(shown_path((struct bytes){NULL, 0}).text, ".");
}

Test(shown_path, shows_a_short_path_as_it_is)
{
    cr_assert_str_eq(shown_path(bytes_of_text("home/ann/notes.txt")).text, "home/ann/notes.txt");
}

Test(shown_path, cuts_the_middle_out_of_a_long_one)
{
    char path[5000];
    struct shown_path shown;

    memset(path, 'x', sizeof(path));
    memcpy(path, "home/", 5);
    memcpy(path + sizeof(path) - 10, "/notes.txt", 10);
    shown = shown_path(BYTES_OF(path));
    cr_assert_lt(strlen(shown.text), sizeof(shown.text));
    cr_assert_eq(strncmp(shown.text, "home/xxx", 8), 0);
    cr_assert_not_null(strstr(shown.text, "x ... x"));
    cr_assert_str_eq(shown.text + strlen(shown.text) - 10, "/notes.txt");
}

Test(shown_path, shows_every_length_whole_or_cut_and_never_past_its_room)
{
    char path[1000];

    memset(path, 'x', sizeof(path));
    for (size_t len = 1; len <= sizeof(path); len++) {
        struct shown_path shown = shown_path((struct bytes){(const uint8_t *)path, len});

        cr_assert_lt(strlen(shown.text), sizeof(shown.text));
        cr_assert(strlen(shown.text) == len || strstr(shown.text, " ... ") != NULL);
    }
}

Test(shown_path, does_not_end_at_a_nul)
{
    cr_assert_str_eq(shown_path((struct bytes){(const uint8_t *)"a\0b", 3}).text, "a?b");
}
