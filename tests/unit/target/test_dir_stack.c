#include "dir_stack.h"

#include "playground.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sealift_error err;
static struct playground playground;
static struct dir_stack stack;
static const struct report report = {.root = "/target"};

static void
set_up(void)
{
    playground_make(&playground);
    stack = (struct dir_stack){.root = playground.fd};
}

static void
tear_down(void)
{
    dir_stack_done(&stack);
    playground_remove(&playground);
}

TestSuite(dir_stack, .init = set_up, .fini = tear_down);

/* It is the directory of that path, told by its inode. */
static void
enter(const char *path)
{
    struct stat expected, got;
    int fd = -1;

    cr_assert_eq(fstatat(playground.fd, *path != '\0' ? path : ".", &expected, 0), 0);
    cr_assert_eq(dir_stack_enter(&stack, bytes_of_text(path), &report, &fd, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(fstat(fd, &got), 0);
    cr_assert_eq(got.st_ino, expected.st_ino, "%s", path);
}

Test(dir_stack, enters_directories_in_any_order)
{
    playground_directory(playground.fd, "a");
    playground_directory(playground.fd, "a/b");
    playground_directory(playground.fd, "a/b/c");
    playground_directory(playground.fd, "a-b");
    enter("");
    enter("a/b/c");
    enter("a");
    enter("a-b");
    enter("a/b");
    enter("a/b");
    enter("");
    enter("a/b/c");
}

Test(dir_stack, comes_back_to_what_it_had_to_close)
{
    enum { LEVELS = 3 * DIR_STACK_OPEN };
    char path[2 * LEVELS] = "";
    size_t before = playground_count_descriptors();

    for (int level = 0; level < LEVELS; level++) {
        strcat(path, level == 0 ? "d" : "/d");
        playground_directory(playground.fd, path);
        enter(path);
    }
    for (size_t len = strlen(path); len > 1; len -= 2) {
        path[len] = '\0';
        enter(path);
    }
    enter("");
    cr_assert_eq(playground_count_descriptors(), before);
}

Test(dir_stack, stands_where_it_was_after_a_failure)
{
    int fd = -1;

    playground_directory(playground.fd, "a");
    playground_directory(playground.fd, "a/b");
    playground_file(playground.fd, "a/file", "");
    cr_assert_eq(dir_stack_enter(&stack, bytes_of_text("a/missing/c"), &report, &fd, &err), SEALIFT_NOT_FOUND);
    cr_assert_str_eq(err.message, "/target: cannot open the directory a/missing: No such file or directory");
    cr_assert_eq(dir_stack_enter(&stack, bytes_of_text("a/file"), &report, &fd, &err), SEALIFT_CONFLICT);
    cr_assert_eq(fd, -1);
    enter("a/b");
}
