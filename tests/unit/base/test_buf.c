#include "buf.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct sealift_error err;

Test(buf, grows_by_appending)
{
    SCOPED(buf_done) struct buf buf = {0};
    const char *text;

    for (int i = 0; i < 1000; i++)
        cr_assert_eq(buf_append(&buf, "0123456789", 10, &err), SEALIFT_OK);
    cr_assert_eq(buf.len, 10000);
    cr_assert_eq(buf_printf(&buf, "<%d|%s>", &err, 42, "x"), SEALIFT_OK);
    cr_assert_eq(buf_text(&buf, &text, &err), SEALIFT_OK);
    cr_assert_str_eq(text + 9995, "56789<42|x>");
    cr_assert_eq(buf.len, 10006, "the NUL is not counted");
}

Test(buf, takes_nothing_as_nothing)
{
    SCOPED(buf_done) struct buf buf = {0};
    const char *text;

    cr_assert_eq(buf_append(&buf, NULL, 0, &err), SEALIFT_OK);
    cr_assert_eq(buf_append_bytes(&buf, (struct bytes){0}, &err), SEALIFT_OK);
    cr_assert_null(buf.data);
    cr_assert_eq(buf_text(&buf, &text, &err), SEALIFT_OK);
    cr_assert_str_eq(text, "");
}

Test(buf, stops_at_its_ceiling_and_keeps_what_it_has)
{
    SCOPED(buf_done) struct buf buf = {.max = 10};

    cr_assert_eq(buf_append_text(&buf, "12345678", &err), SEALIFT_OK);
    cr_assert_eq(buf_append_text(&buf, "abc", &err), SEALIFT_NO_MEMORY);
    cr_assert_not_null(strstr(err.message, "10 bytes"), "%s", err.message);
    cr_assert_eq(buf_append_text(&buf, "90", &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&buf), bytes_of_text("1234567890")));
    cr_assert_eq(buf_reserve(&buf, SIZE_MAX, &err), SEALIFT_NO_MEMORY, "no overflow on the way");
}

Test(buf, has_a_ceiling_when_none_was_given)
{
    SCOPED(buf_done) struct buf buf = {0};

    cr_assert_eq(buf_reserve(&buf, BUF_DEFAULT_MAX + 1, &err), SEALIFT_NO_MEMORY);
}

Test(buf, hands_over_its_text)
{
    SCOPED(buf_done) struct buf buf = {.max = 100};
    SCOPED(free_done) char *text = NULL;

    cr_assert_eq(buf_append_text(&buf, "mine", &err), SEALIFT_OK);
    cr_assert_eq(buf_steal_text(&buf, &text, &err), SEALIFT_OK);
    cr_assert_str_eq(text, "mine");
    cr_assert_null(buf.data);
    cr_assert_eq(buf.len, 0);
    cr_assert_eq(buf.max, 100);
}

Test(buf, keeps_its_contents_when_it_wipes_what_it_outgrows)
{
    SCOPED(buf_done) struct buf buf = {.wipe = true};

    for (int i = 0; i < 1000; i++)
        cr_assert_eq(buf_append(&buf, "0123456789", 10, &err), SEALIFT_OK);
    for (size_t i = 0; i < buf.len; i++)
        cr_assert_eq(buf.data[i], '0' + i % 10);
}

Test(buf, cuts_bytes_only_where_they_are)
{
    struct bytes rest = bytes_of_text("header body"), head = {0};

    cr_assert(bytes_cut(&rest, 6, &head));
    cr_assert(bytes_equal(head, bytes_of_text("header")));
    cr_assert_not(bytes_cut(&rest, 6, &head));
    cr_assert(bytes_equal(rest, bytes_of_text(" body")), "nothing is cut on failure");
    cr_assert(bytes_cut(&rest, 5, &head));
    cr_assert(bytes_cut(&rest, 0, &head));
    cr_assert_eq(rest.len, 0);
}

Test(buf, compares_bytes_by_length_and_contents)
{
    cr_assert(bytes_equal((struct bytes){0}, bytes_of_text("")));
    cr_assert_not(bytes_equal(bytes_of_text("a"), bytes_of_text("ab")));
    cr_assert_not(bytes_equal(bytes_of_text("aa"), bytes_of_text("ab")));
}

Test(buf, formats_and_copies_text)
{
    SCOPED(free_done) char *formatted = NULL, *copy = NULL;

    cr_assert_eq(text_format(&formatted, "%s-%03d", &err, "n", 7), SEALIFT_OK);
    cr_assert_str_eq(formatted, "n-007");
    cr_assert_eq(text_copy(formatted, &copy, &err), SEALIFT_OK);
    cr_assert_str_eq(copy, "n-007");
    cr_assert_neq(copy, formatted);
}
