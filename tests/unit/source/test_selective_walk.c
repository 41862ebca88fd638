/* What a selection leaves out of a walk. */
#include "fixture_walk.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

TestSuite(selective_walk, .init = walk_set_up, .fini = walk_tear_down);

static struct walk *
walk_without(const char *pattern)
{
    static const struct walk_options selecting = {.selection = &selection, .notify = walk_note};

    if (pattern != NULL)
        cr_assert_eq(selection_add(&selection, pattern, &err), SEALIFT_OK, "%s", err.message);
    return walk_of(playground.path, &selecting);
}

Test(selective_walk, neither_gives_nor_enters_what_a_pattern_leaves_out)
{
    SCOPED(walk_free) struct walk *walk = NULL;

    playground_directory(playground.fd, "a");
    playground_directory(playground.fd, "a/build");
    playground_file(playground.fd, "a/build/x", "");
    playground_file(playground.fd, "a/keep", "");
    playground_file(playground.fd, "build", "");
    walk = walk_without("build/");
    expect(walk, "", TREE_DIRECTORY);
    expect(walk, "a", TREE_DIRECTORY);
    expect(walk, "a/keep", TREE_FILE);
    expect(walk, "build", TREE_FILE);
    expect_end(walk);
    cr_assert_str_eq(notices, "excluded a/build: is left out by the pattern 'build/'\n");
}

Test(selective_walk, gives_the_root_whatever_is_left_out)
{
    SCOPED(walk_free) struct walk *walk = NULL;

    playground_file(playground.fd, "a", "");
    selection.exclude_caches = selection.exclude_nodump = true;
    playground_file(playground.fd, "CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55");
    walk = walk_without("**");
    expect(walk, "", TREE_DIRECTORY);
    expect_end(walk);
}

Test(selective_walk, makes_the_next_name_the_first_when_the_first_is_left_out)
{
    SCOPED(walk_free) struct walk *walk = NULL;

    playground_file(playground.fd, "a", "");
    cr_assert_eq(linkat(playground.fd, "a", playground.fd, "b", 0), 0);
    cr_assert_eq(linkat(playground.fd, "a", playground.fd, "c", 0), 0);
    walk = walk_without("a");
    expect(walk, "", TREE_DIRECTORY);
    expect(walk, "b", TREE_FILE);
    expect_link(walk, "c", "b");
    expect_end(walk);
}

Test(selective_walk, gives_of_a_cache_only_the_directory_and_its_tag)
{
    SCOPED(walk_free) struct walk *walk = NULL;

    playground_directory(playground.fd, "a");
    playground_directory(playground.fd, "a/deep");
    playground_file(playground.fd, "a/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
    playground_file(playground.fd, "a/before", "");
    playground_file(playground.fd, "a/deep/x", "");
    playground_directory(playground.fd, "b");
    playground_file(playground.fd, "b/CACHEDIR.TAG", "of somebody else");
    playground_file(playground.fd, "b/x", "");
    selection.exclude_caches = true;
    walk = walk_without(NULL);
    expect(walk, "", TREE_DIRECTORY);
    expect(walk, "a", TREE_DIRECTORY);
    expect(walk, "a/CACHEDIR.TAG", TREE_FILE);
    expect(walk, "b", TREE_DIRECTORY);
    expect(walk, "b/CACHEDIR.TAG", TREE_FILE);
    expect(walk, "b/x", TREE_FILE);
    expect_end(walk);
    cr_assert_str_eq(notices, "excluded a: what lies in it is left out: CACHEDIR.TAG says that it is a cache\n");
}

Test(selective_walk, takes_caches_for_ordinary_directories_unless_asked)
{
    SCOPED(walk_free) struct walk *walk = NULL;

    playground_directory(playground.fd, "a");
    playground_file(playground.fd, "a/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
    playground_file(playground.fd, "a/x", "");
    walk = walk_without("nothing");
    expect(walk, "", TREE_DIRECTORY);
    expect(walk, "a", TREE_DIRECTORY);
    expect(walk, "a/CACHEDIR.TAG", TREE_FILE);
    expect(walk, "a/x", TREE_FILE);
    expect_end(walk);
}

/* False where the filesystem has no such flag. */
static bool
set_nodump(const char *name)
{
    int fd = openat(playground.fd, name, O_RDONLY | O_CLOEXEC), flags = 0;
    bool set = fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;

    flags |= FS_NODUMP_FL;
    set = set && ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
    if (fd >= 0)
        close(fd);
    return set;
}

Test(selective_walk, leaves_out_what_has_the_nodump_flag_only_when_asked)
{
    SCOPED(walk_free) struct walk *all = NULL, *some = NULL;

    playground_directory(playground.fd, "a");
    playground_file(playground.fd, "a/x", "");
    playground_file(playground.fd, "b", "");
    if (!set_nodump("a") || !set_nodump("b"))
        cr_skip_test("this filesystem has no nodump flag");
    all = walk_without("nothing");
    expect(all, "", TREE_DIRECTORY);
    expect(all, "a", TREE_DIRECTORY);
    expect(all, "a/x", TREE_FILE);
    expect(all, "b", TREE_FILE);
    expect_end(all);
    selection.exclude_nodump = true;
    some = walk_without(NULL);
    expect(some, "", TREE_DIRECTORY);
    expect_end(some);
    cr_assert_str_eq(notices, "excluded a: is left out: it has the nodump flag\n"
                              "excluded b: is left out: it has the nodump flag\n");
}
