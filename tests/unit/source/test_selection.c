#include "selection.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct sealift_error err;
static struct selection selection;

static void
tear_down(void)
{
    selection_done(&selection);
}

TestSuite(selection, .fini = tear_down);

static void
add(const char *pattern)
{
    cr_assert_eq(selection_add(&selection, pattern, &err), SEALIFT_OK, "%s", err.message);
}

static void
add_lines(const char *lines)
{
    cr_assert_eq(selection_add_lines(&selection, bytes_of_text(lines), "list", &err), SEALIFT_OK, "%s", err.message);
}

/* "-": left out, "+": stays, "d": left out when it is a directory, "o": when it is anything else. */
static const char *
judge(const char *path)
{
    struct verdict verdict = selection_judge(&selection, bytes_of_text(path));

    if (verdict.directory != NULL)
        return verdict.other != NULL ? "-" : "d";
    return verdict.other != NULL ? "o" : "+";
}

Test(selection, leaves_nothing_out_unless_told)
{
    struct verdict verdict = selection_judge(NULL, bytes_of_text("a"));

    cr_assert(verdict.directory == NULL && verdict.other == NULL);
    cr_assert_str_eq(judge("a"), "+");
}

Test(selection, goes_by_the_last_pattern_that_matches)
{
    add("*.log");
    add("!keep.log");
    add("/keep.log");
    cr_assert_str_eq(judge("a/x.log"), "-");
    cr_assert_str_eq(judge("a/keep.log"), "+");
    cr_assert_str_eq(judge("keep.log"), "-");
}

Test(selection, knows_what_depends_on_the_type)
{
    add("build/");
    cr_assert_str_eq(judge("build"), "d");
    add("out");
    add("!out/");
    cr_assert_str_eq(judge("out"), "o");
    add("x/");
    add("!x");
    cr_assert_str_eq(judge("x"), "+");
    add("y");
    add("!y/");
    add("y/");
    cr_assert_str_eq(judge("y"), "-");
}

Test(selection, says_which_pattern_it_was)
{
    struct verdict verdict;

    add("*.o");
    add("*.tmp");
    verdict = selection_judge(&selection, bytes_of_text("a/b.o"));
    cr_assert_str_eq(verdict.other->text, "*.o");
}

Test(selection, reads_a_file_as_git_does)
{
    add_lines("\xef\xbb\xbf# a comment\n\n*.o   \nname\\ \nwin\r\n\\#x\n   \n  lead\nlast");
    cr_assert_eq(selection.count, 6);
    cr_assert_str_eq(selection.patterns[0].text, "*.o");
    cr_assert_str_eq(judge("name "), "-");
    cr_assert_str_eq(judge("name"), "+");
    cr_assert_str_eq(judge("win"), "-");
    cr_assert_str_eq(judge("#x"), "-");
    cr_assert_str_eq(judge("  lead"), "-");
    cr_assert_str_eq(judge("last"), "-");
}

Test(selection, takes_a_pattern_by_itself_as_it_is)
{
    add("#x");
    add("y ");
    cr_assert_str_eq(judge("#x"), "-");
    cr_assert_str_eq(judge("y "), "-");
    cr_assert_str_eq(judge("y"), "+");
}

Test(selection, says_in_which_line_of_which_file_a_flaw_is)
{
    cr_assert_eq(selection_add_lines(&selection, bytes_of_text("# one\n*.o\na[\n"), "list", &err), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "list, line 3"), "%s", err.message);
    cr_assert_eq(selection_add_lines(&selection, BYTES_OF("a\0b\n"), "list", &err), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "NUL"), "%s", err.message);
}

Test(selection, refuses_a_pattern_that_is_not_utf8)
{
    cr_assert_eq(selection_add(&selection, "caf\xe9", &err), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "UTF-8"), "%s", err.message);
    add("caf?");
    cr_assert_str_eq(judge("caf\xe9"), "-");
}

Test(selection, comes_back_from_its_json)
{
    SCOPED(selection_done) struct selection again = {0};
    char json[SELECTION_MAX], second[SELECTION_MAX];

    add("*.o");
    add("!a \"quoted\"\\\\ caf\xc3\xa9");
    selection.exclude_nodump = true;
    cr_assert_eq(selection_write(&selection, json, &err), SEALIFT_OK);
    cr_assert_str_eq(json, "{\"exclude\":[\"*.o\",\"!a \\\"quoted\\\"\\\\\\\\ caf\xc3\xa9\"],\"exclude_nodump\":true}");
    cr_assert_eq(selection_read(&again, json, &err), SEALIFT_OK, "%s", err.message);
    cr_assert(again.exclude_nodump && !again.exclude_caches);
    cr_assert_eq(selection_write(&again, second, &err), SEALIFT_OK);
    cr_assert_str_eq(second, json);
}

Test(selection, of_everything_is_an_empty_object)
{
    char json[SELECTION_MAX];

    cr_assert_eq(selection_write(&selection, json, &err), SEALIFT_OK);
    cr_assert_str_eq(json, "{}");
    cr_assert_eq(selection_read(&selection, "{}", &err), SEALIFT_OK);
    cr_assert_eq(selection.count, 0);
}

Test(selection, adds_what_a_json_says_to_what_it_has)
{
    add("a");
    cr_assert_eq(selection_read(&selection, "{\"exclude\":[\"!a\"],\"exclude_caches\":true,\"later\":1}", &err),
                 SEALIFT_OK);
    cr_assert_str_eq(judge("a"), "+");
    cr_assert(selection.exclude_caches);
}

Test(selection, refuses_json_that_is_none_of_its_own)
{
    static const char *const wrong[] = {"", "[]", "{\"exclude\":[1]}", "{\"exclude\":[\"a\",null]}",
                                        "{\"exclude\":[\"[\"]}"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        cr_assert_neq(selection_read(&selection, wrong[i], &err), SEALIFT_OK, "%s", wrong[i]);
}

Test(selection, that_does_not_fit_into_its_room_is_refused)
{
    char json[SELECTION_MAX];

    for (int i = 0; i < 5000; i++)
        add("x");
    cr_assert_eq(selection_write(&selection, json, &err), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "16383"), "%s", err.message);
}
