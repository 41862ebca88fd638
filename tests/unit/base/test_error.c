#include "error.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct sealift_error err;

Test(error, returns_the_status_that_it_sets)
{
    cr_assert_eq(error_set(&err, SEALIFT_KEY, "key %d", 7), SEALIFT_KEY);
    cr_assert_eq(err.status, SEALIFT_KEY);
    cr_assert_str_eq(err.message, "key 7");
}

Test(error, names_the_reason_of_an_errno_and_chooses_the_status)
{
    static const struct {
        int error_number;
        enum sealift_status status;
    } cases[] = {
        {EACCES, SEALIFT_DENIED},    {EPERM, SEALIFT_DENIED}, {ENOENT, SEALIFT_NOT_FOUND}, {EEXIST, SEALIFT_CONFLICT},
        {ENOMEM, SEALIFT_NO_MEMORY}, {ENOSPC, SEALIFT_IO},    {EROFS, SEALIFT_IO},         {EIO, SEALIFT_IO},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        errno = 0;
        cr_assert_eq(error_errno(&err, cases[i].error_number, "x"), cases[i].status);
        cr_assert_eq(errno, cases[i].error_number);
    }
    cr_assert_eq(error_errno(&err, ENOSPC, "/srv/%s: cannot write", "home"), SEALIFT_IO);
    cr_assert_str_eq(err.message, "/srv/home: cannot write: No space left on device");
}

Test(error, puts_a_prefix_before_and_a_hint_behind)
{
    cr_assert_eq(error_set(&err, SEALIFT_DENIED, "403"), SEALIFT_DENIED);
    cr_assert_eq(error_prefix(&err, "GET %s", "x"), SEALIFT_DENIED);
    cr_assert_eq(error_hint(&err, "ask for %s", "read"), SEALIFT_DENIED);
    cr_assert_str_eq(err.message, "GET x: 403; ask for read");
}

Test(error, may_be_wrapped_in_its_own_message)
{
    cr_assert_eq(error_set(&err, SEALIFT_IO, "inner"), SEALIFT_IO);
    cr_assert_eq(error_set(&err, SEALIFT_CORRUPT, "outer (%s)", err.message), SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, "outer (inner)");
}

static void
assert_shown(const char *argument, const char *shown)
{
    cr_assert_eq(error_set(&err, SEALIFT_INVALID, "%s", argument), SEALIFT_INVALID);
    cr_assert_str_eq(err.message, shown);
}

Test(error, shows_control_characters_so_that_no_terminal_obeys_them)
{
    assert_shown("a\x1b[2Jb", "a\\x1b[2Jb");
    assert_shown("a\tb\rc\x7f", "a\\x09b\\x0dc\\x7f");
    assert_shown("a\xc2\x9b"
                 "2J",
                 "a\\xc2\\x9b2J");
}

Test(error, shows_what_is_not_utf8_byte_by_byte)
{
    assert_shown("caf\xc3\xa9", "caf\xc3\xa9");
    assert_shown("caf\xe9 \xff", "caf\\xe9 \\xff");
}

Test(error, keeps_the_newlines_of_its_format_only)
{
    cr_assert_eq(error_set(&err, SEALIFT_INVALID, "%s:\n- %s", "list", "item"), SEALIFT_INVALID);
    cr_assert_str_eq(err.message, "list:\n- item");
    assert_shown("harmless\nsealift: forged", "harmless\\x0asealift: forged");
}

Test(error, keeps_the_lines_of_a_message_when_a_prefix_comes_before_it)
{
    cr_assert_eq(error_set(&err, SEALIFT_INVALID, "one\ntwo"), SEALIFT_INVALID);
    cr_assert_eq(error_prefix(&err, "zero"), SEALIFT_INVALID);
    cr_assert_str_eq(err.message, "zero: one\ntwo");
}

Test(error, cuts_what_does_not_fit_between_characters)
{
    char argument[4001];
    size_t len;

    memset(argument, 'x', sizeof(argument));
    for (size_t i = 1; i + 1 < sizeof(argument); i += 2)
        memcpy(argument + i, "\xc3\xa9", 2);
    argument[sizeof(argument) - 1] = '\0';
    cr_assert_eq(error_set(&err, SEALIFT_INVALID, "%s", argument), SEALIFT_INVALID);
    cr_assert_eq(error_hint(&err, "%s", argument), SEALIFT_INVALID);
    len = strlen(err.message);
    cr_assert_lt(len, sizeof(err.message));
    cr_assert_gt(len, sizeof(err.message) - 8);
    cr_assert_null(strstr(err.message + len - 1, "\xc3"), "half a character at the end");
}

Test(error, knows_which_statuses_the_next_one_would_meet_too)
{
    for (int status = SEALIFT_OK; status <= SEALIFT_INTERNAL; status++) {
        bool is_ours = status == SEALIFT_NO_MEMORY || status == SEALIFT_CANCELLED || status == SEALIFT_INTERNAL;
        const char *name = sealift_status_name((enum sealift_status)status);

        cr_assert_eq(error_ends_all((enum sealift_status)status), is_ours, "%s", name);
        cr_assert_eq(error_ends_trying((enum sealift_status)status), is_ours || status == SEALIFT_UNAVAILABLE, "%s",
                     name);
    }
}

Test(error, names_every_status)
{
    cr_assert_str_eq(sealift_status_name(SEALIFT_OK), "ok");
    cr_assert_str_eq(sealift_status_name(SEALIFT_NOT_FOUND), "not-found");
    cr_assert_str_eq(sealift_status_name(SEALIFT_INTERNAL), "internal");
    cr_assert_str_eq(sealift_status_name((enum sealift_status)99), "unknown");
    for (int status = SEALIFT_OK; status <= SEALIFT_INTERNAL; status++)
        cr_assert_str_neq(sealift_status_name((enum sealift_status)status), "unknown");
}
