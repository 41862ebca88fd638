#include "tree_path.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define T(text) bytes_of_text(text)

Test(tree_path, sorts_by_component)
{
    static const char *const in_order[] = {"",      "\x01", "a",     "a/b", "a/b/c", "a/b-c", "a/\xff",
                                           "a\x01", "a-b",  "a-b/c", "aa",  "b",     "\xff"};
    size_t count = sizeof(in_order) / sizeof(in_order[0]);

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            int order = tree_path_compare(T(in_order[i]), T(in_order[j]));

            cr_assert_eq((order > 0) - (order < 0), (i > j) - (i < j), "%s and %s", in_order[i], in_order[j]);
        }
}

Test(tree_path, is_valid_when_it_can_be_restored)
{
    char name[257];

    cr_assert(tree_path_is_valid(T("")));
    cr_assert(tree_path_is_valid(T("a")));
    cr_assert(tree_path_is_valid(T("a/b c/...")));
    cr_assert(tree_path_is_valid(T(".a/..b/\xff\x01\n")));
    cr_assert_not(tree_path_is_valid(T("/")));
    cr_assert_not(tree_path_is_valid(T("/a")));
    cr_assert_not(tree_path_is_valid(T("a/")));
    cr_assert_not(tree_path_is_valid(T("a//b")));
    cr_assert_not(tree_path_is_valid(T(".")));
    cr_assert_not(tree_path_is_valid(T("..")));
    cr_assert_not(tree_path_is_valid(T("a/../b")));
    cr_assert_not(tree_path_is_valid(T("a/.")));
    cr_assert_not(tree_path_is_valid((struct bytes){(const uint8_t *)"a\0b", 3}));
    cr_assert_not(tree_path_is_valid((struct bytes){(const uint8_t *)"\0", 1}));

    memset(name, 'n', sizeof(name));
    cr_assert(tree_path_is_valid((struct bytes){(uint8_t *)name, 255}));
    cr_assert_not(tree_path_is_valid((struct bytes){(uint8_t *)name, 256}));
    name[100] = '/';
    cr_assert(tree_path_is_valid((struct bytes){(uint8_t *)name, 256}));
}

Test(tree_path, has_a_longest)
{
    size_t len = TREE_PATH_MAX + 1;
    uint8_t *path = malloc(len);

    for (size_t i = 0; i < len; i++)
        path[i] = i % 200 == 199 ? '/' : 'd';
    cr_assert(tree_path_is_valid((struct bytes){path, len - 1}));
    cr_assert_not(tree_path_is_valid((struct bytes){path, len}));
    free(path);
}

Test(tree_path, knows_what_it_lies_in)
{
    cr_assert(bytes_equal(tree_path_parent(T("a/b/c")), T("a/b")));
    cr_assert_eq(tree_path_parent(T("a")).len, 0);
    cr_assert_eq(tree_path_parent(T("")).len, 0);
    cr_assert(tree_path_is_within(T("a/b"), T("")));
    cr_assert(tree_path_is_within(T("a/b"), T("a")));
    cr_assert(tree_path_is_within(T("a/b"), T("a/b")));
    cr_assert_not(tree_path_is_within(T("a/b"), T("a/bc")));
    cr_assert_not(tree_path_is_within(T("a/bc"), T("a/b")));
    cr_assert_not(tree_path_is_within(T("a"), T("a/b")));
}

Test(tree_path, is_shown_cut_when_it_is_long)
{
    char room[TREE_PATH_SHOWN], path[1000];

    cr_assert_str_eq(tree_path_show(T(""), room), "(the root)");
    cr_assert_str_eq(tree_path_show(T("a/b"), room), "a/b");
    memset(path, 'x', sizeof(path));
    path[0] = 'a';
    path[999] = 'z';
    tree_path_show((struct bytes){(uint8_t *)path, sizeof(path)}, room);
    cr_assert_eq(room[0], 'a');
    cr_assert_eq(room[strlen(room) - 1], 'z');
    cr_assert_not_null(strstr(room, "xx...xx"));
}

Test(tree_path, is_walked_step_by_step)
{
    cr_assert(bytes_equal(tree_path_step(T(""), T("a/b/c")), T("a")));
    cr_assert(bytes_equal(tree_path_step(T("a"), T("a/b/c")), T("a/b")));
    cr_assert(bytes_equal(tree_path_step(T("a/b"), T("a/b/c")), T("a/b/c")));
    cr_assert(bytes_equal(tree_path_step(T(""), T("abc")), T("abc")));
}

Test(tree_path, has_nothing_between_its_last_descendant_and_what_is_behind_it)
{
    struct buf behind = {0};
    struct sealift_error err;

    cr_assert_eq(tree_path_append_behind(T("a/b"), &behind, &err), SEALIFT_OK);
    cr_assert_lt(tree_path_compare(T("a/b/\xff\xff/\xff"), buf_bytes(&behind)), 0);
    cr_assert_leq(tree_path_compare(buf_bytes(&behind), T("a/b\x01")), 0);
    buf_done(&behind);
}
