#include "pattern.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct sealift_error err;

static bool
matches(const char *text, const char *path)
{
    SCOPED(pattern_done) struct pattern pattern = {0};

    cr_assert_eq(pattern_parse(text, &pattern, &err), SEALIFT_OK, "%s", err.message);
    return pattern_matches(&pattern, bytes_of_text(path));
}

Test(pattern, without_a_slash_names_an_entry_anywhere)
{
    cr_assert(matches("*.o", "walk.o"));
    cr_assert(matches("*.o", "src/source/walk.o"));
    cr_assert_not(matches("*.o", "walk.o/README"));
    cr_assert_not(matches("src", "src/walk.c"), "what lies below a directory is the walk's to leave out");
}

Test(pattern, with_a_slash_at_its_beginning_or_within_begins_at_the_root)
{
    cr_assert(matches("/tmp", "tmp"));
    cr_assert_not(matches("/tmp", "var/tmp"));
    cr_assert(matches("var/tmp", "var/tmp"));
    cr_assert_not(matches("var/tmp", "srv/var/tmp"));
    cr_assert_not(matches("var/tmp", "var/tmp/x"));
    cr_assert_not(matches("/*", "a/b"));
    cr_assert_not(matches("a?b/c", "a/b/c"));
    cr_assert_not(matches("a[!x]b/c", "a/b/c"));
    cr_assert(matches("var/*/x", "var/tmp/x"));
    cr_assert_not(matches("var/*/x", "var/x"));
}

Test(pattern, with_two_stars_between_slashes_takes_any_number_of_directories)
{
    cr_assert(matches("**/cache", "cache"));
    cr_assert(matches("**/cache", "a/b/cache"));
    cr_assert(matches("a/**/b", "a/b"));
    cr_assert(matches("a/**/b", "a/x/y/b"));
    cr_assert_not(matches("a/**/b", "a/x/y/c"));
    cr_assert_not(matches("a/**/b", "ab"));
    cr_assert(matches("a/**", "a/b"));
    cr_assert(matches("a/**", "a/b/c"));
    cr_assert_not(matches("a/**", "a"));
    cr_assert(matches("/**", "a"));
    cr_assert(matches("**", "a/b"));
    cr_assert(matches("**/a/**/b/*.c", "x/a/a/y/b/b/z.c"));
    cr_assert_not(matches("**/a/**/b/*.c", "x/a/a/y/b/b/z.h"));
    cr_assert(matches("/a**/b", "axy/b"), "stars beside anything else are a star");
    cr_assert_not(matches("/a**/b", "a/x/b"));
}

Test(pattern, says_whether_it_takes_back_and_whom_it_is_for)
{
    SCOPED(pattern_done) struct pattern plain = {0}, negated = {0}, escaped = {0};

    cr_assert_eq(pattern_parse("build/", &plain, &err), SEALIFT_OK);
    cr_assert(plain.directories_only && !plain.negated && !plain.anchored);
    cr_assert(pattern_matches(&plain, bytes_of_text("a/build")));
    cr_assert_eq(pattern_parse("!/keep/this/", &negated, &err), SEALIFT_OK);
    cr_assert(negated.negated && negated.anchored && negated.directories_only);
    cr_assert_str_eq(negated.text, "!/keep/this/");
    cr_assert_eq(pattern_parse("\\!important", &escaped, &err), SEALIFT_OK);
    cr_assert_not(escaped.negated);
    cr_assert(pattern_matches(&escaped, bytes_of_text("!important")));
}

Test(pattern, that_could_match_nothing_is_refused_with_the_reason)
{
    static const char *const flawed[] = {"",      "!",       "/",   "!/",  "//",    "a//b", ".",   "./a",  "../a",
                                         "/a/..", "!a/./b/", "//a", "a//", "[a/b]", "a/[b", "a\\", "a\\/b"};
    struct pattern pattern;

    for (size_t i = 0; i < sizeof(flawed) / sizeof(flawed[0]); i++)
        cr_assert_eq(pattern_parse(flawed[i], &pattern, &err), SEALIFT_INVALID, "%s", flawed[i]);
    cr_assert_eq(pattern_parse("a//b", &pattern, &err), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "'a//b'"));
    cr_assert_not_null(strstr(err.message, "between two slashes"));
}

Test(pattern, is_done_with_a_hostile_path_at_once, .timeout = 10)
{
    char text[8192] = "", path[16384];

    for (size_t i = 0; i + 8 < sizeof(text); i += 5)
        memcpy(text + i, "**/a/", 6);
    strcat(text, "b");
    for (size_t i = 0; i < sizeof(path); i += 2)
        memcpy(path + i, "a/", 2);
    path[sizeof(path) - 1] = '\0';
    cr_assert_not(matches(text, path));
}
