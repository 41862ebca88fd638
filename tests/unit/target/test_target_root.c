#include "target_root.h"

#include "fixture_degraded.h"
#include "fixture_target.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>

TestSuite(target_root, .init = target_set_up, .fini = target_tear_down);

Test(target_root, makes_its_directory_with_its_parents)
{
    SCOPED(target_free) struct target *target = NULL;

    snprintf(path, sizeof(path), "%s/new/deep//er/", playground.path);
    target = target_of(path);
    cr_assert_eq(stat_of("").st_mode, S_IFDIR | 0700);
    cr_assert_eq(stat_of("..").st_mode & 0700, 0700);
}

Test(target_root, refuses_a_directory_that_is_not_empty)
{
    struct target *target = NULL;

    playground_directory(playground.fd, "new");
    playground_file(playground.fd, "new/precious.txt", "");
    cr_assert_eq(target_open(&seeded.world, path, degraded_note, NULL, &target, &err), SEALIFT_CONFLICT);
    expect_message("\"precious.txt\"");
    expect_message(path);
    cr_assert_null(target);
}

Test(target_root, refuses_what_is_no_directory)
{
    struct target *target = NULL;

    playground_file(playground.fd, "new", "");
    cr_assert_eq(target_open(&seeded.world, path, degraded_note, NULL, &target, &err), SEALIFT_INVALID);
    snprintf(path, sizeof(path), "%s/new/below", playground.path);
    cr_assert_eq(target_open(&seeded.world, path, degraded_note, NULL, &target, &err), SEALIFT_INVALID);
    cr_assert_eq(target_open(&seeded.world, "", degraded_note, NULL, &target, &err), SEALIFT_NOT_FOUND);
}

Test(target_root, takes_the_lost_and_found_of_a_fresh_filesystem_for_the_trees)
{
    SCOPED(target_free) struct target *target = NULL;
    struct tree_entry again = entry_of(TREE_DIRECTORY, "a", 0700);

    playground_directory(playground.fd, "new");
    playground_directory(playground.fd, "new/lost+found");
    target = target_of(path);
    make(target, TREE_DIRECTORY, "a", 0700);
    make(target, TREE_DIRECTORY, "lost+found", 0700);
    cr_assert_eq(target_make(target, &again, &err), SEALIFT_CONFLICT);
}

Test(target_root, does_not_hand_on_the_acl_of_a_directory_that_was_there)
{
    static const uint8_t defaults[] = {2, 0, 0,   0,   1,   0,   7,  0, 255, 255, 255, 255, 4,   0,
                                       7, 0, 255, 255, 255, 255, 32, 0, 7,   0,   255, 255, 255, 255};
    SCOPED(target_free) struct target *target = NULL;
    char full[2 * PATH_MAX];

    playground_directory(playground.fd, "new");
    if (setxattr(path, "system.posix_acl_default", defaults, sizeof(defaults), 0) != 0)
        cr_skip_test("this filesystem has no ACLs");
    target = target_of(path);
    make(target, TREE_DIRECTORY, "d", 0700);
    snprintf(full, sizeof(full), "%s/d", path);
    cr_assert_lt(getxattr(full, "system.posix_acl_default", NULL, 0), 0);
    cr_assert_lt(getxattr(path, "system.posix_acl_default", NULL, 0), 0);
}
