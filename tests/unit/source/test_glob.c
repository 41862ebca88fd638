#include "glob.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static bool
matches(const char *glob, const char *name)
{
    return glob_matches(bytes_of_text(glob), bytes_of_text(name));
}

static const char *
flaw(const char *glob)
{
    return glob_flaw(bytes_of_text(glob));
}

Test(glob, takes_what_is_not_special_as_it_is)
{
    cr_assert(matches("notes.txt", "notes.txt"));
    cr_assert_not(matches("notes.txt", "notes_txt"));
    cr_assert_not(matches("note", "notes"));
    cr_assert_not(matches("notes", "note"));
    cr_assert_not(matches("Notes", "notes"));
    cr_assert(matches("", ""));
    cr_assert_not(matches("", "a"));
}

Test(glob, lets_a_star_take_any_run_of_bytes)
{
    cr_assert(matches("*", ""));
    cr_assert(matches("*", ".hidden"));
    cr_assert(matches("*.o", "walk.o"));
    cr_assert(matches("*.o", ".o"));
    cr_assert_not(matches("*.o", "walk.o.bak"));
    cr_assert(matches("a*b*c", "abbbc"));
    cr_assert(matches("a*b*c", "abcbc"));
    cr_assert_not(matches("a*b*c", "acb"));
    cr_assert(matches("**", "anything"));
    cr_assert(matches("a***z", "az"));
}

Test(glob, lets_a_question_mark_take_one_byte_not_one_character)
{
    cr_assert(matches("?", "x"));
    cr_assert_not(matches("?", ""));
    cr_assert_not(matches("?", "\xc3\xa9"));
    cr_assert(matches("??", "\xc3\xa9"));
    cr_assert(matches("?", "\xff"));
    cr_assert(matches("\xc3\xa9*", "\xc3\xa9t\xc3\xa9"));
}

Test(glob, knows_sets_ranges_and_what_they_leave_out)
{
    cr_assert(matches("[abc]", "b"));
    cr_assert_not(matches("[abc]", "d"));
    cr_assert(matches("[a-c]x", "cx"));
    cr_assert(matches("[!a-c]", "d"));
    cr_assert(matches("[^a-c]", "d"));
    cr_assert_not(matches("[!a-c]", "b"));
    cr_assert_not(matches("[!a]", ""));
    cr_assert(matches("[]a]", "]"));
    cr_assert(matches("[!]a]", "b"));
    cr_assert(matches("[a-]", "-"));
    cr_assert(matches("[-a]", "-"));
    cr_assert(matches("[\\]]", "]"));
    cr_assert(matches("[\\a-\\c]", "b"));
    cr_assert_not(matches("[c-a]", "b"));
    cr_assert(matches("[a-c-e]", "-"));
    cr_assert_not(matches("[a-c-e]", "d"));
    cr_assert(matches("[\x80-\xff]", "\xc3"));
}

Test(glob, knows_the_classes)
{
    cr_assert(matches("[[:digit:]]", "7"));
    cr_assert_not(matches("[[:digit:]]", "x"));
    cr_assert(matches("[![:alpha:]_]", "7"));
    cr_assert_not(matches("[![:alpha:]_]", "_"));
    cr_assert(matches("[[:upper:][:digit:]x]", "x"));
    cr_assert_not(matches("[[:alpha:]]", "\xe9"));
    cr_assert(matches("[[:]", ":"), "a bracket that begins no class is a member");
    cr_assert(matches("[a[:x]", "["));
}

Test(glob, lets_a_backslash_take_the_meaning_away)
{
    cr_assert(matches("\\*", "*"));
    cr_assert_not(matches("\\*", "x"));
    cr_assert(matches("\\[a]", "[a]"));
    cr_assert(matches("\\\\", "\\"));
    cr_assert(matches("a\\b", "ab"));
}

Test(glob, names_the_flaw_of_what_can_match_nothing)
{
    static const char *const flawed[] = {"[",   "[a",    "[]",     "[!]",        "[a-",         "[a\\",
                                         "a\\", "*[abc", "[\\]ab", "[[:word:]]", "x[[:digit:]", "[[::]]"};

    for (size_t i = 0; i < sizeof(flawed) / sizeof(flawed[0]); i++) {
        cr_assert_not_null(flaw(flawed[i]), "%s", flawed[i]);
        cr_assert_not(matches(flawed[i], "a"), "%s", flawed[i]);
    }
    cr_assert_null(flaw("[[:a]"));
    cr_assert_null(flaw("*?[a-z]\\["));
    cr_assert_null(flaw("]"));
    cr_assert(strstr(flaw("a["), "set") != NULL);
    cr_assert(strstr(flaw("a\\"), "backslash") != NULL);
}

/* An ordinary recursive matcher takes longer than the universe has. */
Test(glob, is_done_with_a_hostile_pattern_at_once, .timeout = 10)
{
    char glob[8192], name[256];

    for (size_t i = 0; i + 2 < sizeof(glob); i += 2)
        memcpy(glob + i, "*a", 2);
    memcpy(glob + sizeof(glob) - 2, "b", 2);
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (int i = 0; i < 1000; i++)
        cr_assert_not(matches(glob, name));
}
