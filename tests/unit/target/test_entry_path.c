#include "entry_path.h"

#include <criterion/criterion.h>

static const struct bytes root = {NULL, 0};

Test(entry_path, knows_the_parent_and_the_name)
{
    char name[NAME_MAX + 1];

    cr_assert(bytes_equal(entry_path_parent(bytes_of_text("a/b/c")), bytes_of_text("a/b")));
    cr_assert(bytes_equal(entry_path_parent(bytes_of_text("a")), root));
    cr_assert(bytes_equal(entry_path_parent(root), root));
    entry_path_name(bytes_of_text("a/b/c.txt"), name);
    cr_assert_str_eq(name, "c.txt");
    entry_path_name(bytes_of_text("a"), name);
    cr_assert_str_eq(name, "a");
}

Test(entry_path, takes_a_name_of_255_bytes)
{
    char path[2 + NAME_MAX + 1] = "d/", name[NAME_MAX + 1];

    for (size_t i = 0; i < NAME_MAX; i++)
        path[2 + i] = 'x';
    path[2 + NAME_MAX] = '\0';
    entry_path_name(bytes_of_text(path), name);
    cr_assert_str_eq(name, path + 2);
}

Test(entry_path, compares_whole_components)
{
    cr_assert(entry_path_is_within(bytes_of_text("a/b"), bytes_of_text("a")));
    cr_assert(entry_path_is_within(bytes_of_text("a"), bytes_of_text("a")));
    cr_assert(entry_path_is_within(bytes_of_text("a"), root));
    cr_assert(entry_path_is_within(root, root));
    cr_assert_not(entry_path_is_within(bytes_of_text("a-b"), bytes_of_text("a")));
    cr_assert_not(entry_path_is_within(bytes_of_text("a"), bytes_of_text("a/b")));
    cr_assert_not(entry_path_is_within(root, bytes_of_text("a")));
    cr_assert_not(entry_path_is_within(bytes_of_text("b/a"), bytes_of_text("a")));
}
