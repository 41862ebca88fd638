#include "inner_path.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

static void
expect(const char *text, const char *path)
{
    SCOPED(buf_done) struct buf out = {0};
    const char *found;

    cr_assert_eq(buf_append_text(&out, "before:", &err), SEALIFT_OK);
    cr_assert_eq(inner_path_append(text, &out, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(buf_text(&out, &found, &err), SEALIFT_OK);
    cr_assert_str_eq(found + strlen("before:"), path);
}

Test(inner_path, is_what_people_mean)
{
    expect("a/b", "a/b");
    expect("/a//b/./c/", "a/b/c");
    expect("./.a/..b/...", ".a/..b/...");
    expect("\xff\n", "\xff\n");
    expect("/", "");
    expect(".", "");
    expect("", "");
    expect(NULL, "");
}

Test(inner_path, leads_nowhere_else)
{
    SCOPED(buf_done) struct buf out = {0};
    char name[300];

    cr_assert_eq(inner_path_append("a/../b", &out, &err), SEALIFT_INVALID);
    cr_assert_eq(inner_path_append("..", &out, &err), SEALIFT_INVALID);
    memset(name, 'n', sizeof(name));
    name[256] = '\0';
    buf_clear(&out);
    cr_assert_eq(inner_path_append(name, &out, &err), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "sealift fs snapshot ls"));
}
