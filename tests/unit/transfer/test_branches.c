#include "branches.h"

#include "scoped.h"

#include <criterion/criterion.h>

#define T(text) bytes_of_text(text)

static struct sealift_error err;

Test(branches, are_sorted_and_none_lies_below_another)
{
    SCOPED(branches_free) struct branches *branches = NULL;
    const struct bytes paths[] = {T("b/c"), T("a-b"), T("a/x"), T("b/c"), T("a"), T("b/c/d/e"), T("b/ca")};
    static const char *const left[] = {"a", "a-b", "b/c", "b/ca"};

    cr_assert_eq(branches_new(paths, sizeof(paths) / sizeof(paths[0]), &branches, &err), SEALIFT_OK);
    cr_assert_eq(branches_count(branches), 4);
    for (size_t i = 0; i < 4; i++)
        cr_assert(bytes_equal(branches_at(branches, i), T(left[i])), "%zu", i);
}

Test(branches, hold_what_is_below_them)
{
    SCOPED(branches_free) struct branches *branches = NULL;
    const struct bytes paths[] = {T("m/n"), T("a")};

    cr_assert_eq(branches_new(paths, 2, &branches, &err), SEALIFT_OK);
    cr_assert(branches_hold(branches, T("a")));
    cr_assert(branches_hold(branches, T("a/b/c")));
    cr_assert(branches_hold(branches, T("m/n")));
    cr_assert(branches_hold(branches, T("m/n/\xff")));
    cr_assert_not(branches_hold(branches, T("")));
    cr_assert_not(branches_hold(branches, T("m")));
    cr_assert_not(branches_hold(branches, T("a-b")));
    cr_assert_not(branches_hold(branches, T("m/na")));
    cr_assert_not(branches_hold(branches, T("z")));
}
