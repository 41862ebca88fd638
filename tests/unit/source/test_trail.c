#include "trail.h"

#include "inode.h"
#include "playground.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEEP 200 /* far more than are held open */

static struct sealift_error err;
static struct playground playground;
static struct trail *trail;

static void
set_up(void)
{
    playground_make(&playground);
    cr_assert_eq(trail_new(&trail, &err), SEALIFT_OK);
}

static void
tear_down(void)
{
    trail_free(&trail);
    playground_remove(&playground);
}

TestSuite(trail, .init = set_up, .fini = tear_down);

static void
push(int parent, const char *name)
{
    struct walk_directory *directory = NULL;
    struct statx stat;
    int error_number = 0;

    cr_assert_eq(inode_stat(parent, *name != '\0' ? name : ".", &stat), 0);
    cr_assert_eq(walk_directory_open(parent, *name != '\0' ? name : ".", inode_device(&stat), stat.stx_ino, &directory,
                                     &error_number, &err),
                 SEALIFT_OK);
    cr_assert_not_null(directory);
    cr_assert_eq(trail_push(trail, name, inode_device(&stat), stat.stx_ino, &directory, &err), SEALIFT_OK);
    cr_assert_null(directory);
}

static struct walk_directory *
top(int *ret_errno)
{
    struct walk_directory *directory = NULL;

    cr_assert_eq(trail_directory(trail, &directory, ret_errno, &err), SEALIFT_OK, "%s", err.message);
    return directory;
}

/* Goes down to `DEEP` levels, making them. */
static void
go_deep(void)
{
    int error_number = 0;

    push(playground.fd, "");
    for (int level = 0; level < DEEP; level++) {
        int fd = top(&error_number)->fd;

        playground_directory(fd, "d");
        push(fd, "d");
    }
}

Test(trail, knows_its_path)
{
    int error_number = 0;

    cr_assert(trail_is_empty(trail));
    push(playground.fd, "");
    cr_assert_eq(trail_path(trail).len, 0);
    playground_directory(playground.fd, "a");
    playground_directory(playground.fd, "a/b");
    push(top(&error_number)->fd, "a");
    push(top(&error_number)->fd, "b");
    cr_assert(bytes_equal(trail_path(trail), bytes_of_text("a/b")));
    trail_pop(trail);
    cr_assert(bytes_equal(trail_path(trail), bytes_of_text("a")));
    trail_pop(trail);
    cr_assert_eq(trail_path(trail).len, 0);
    trail_pop(trail);
    cr_assert(trail_is_empty(trail));
}

Test(trail, opens_again_what_it_closed_and_is_in_the_same_place)
{
    size_t before = playground_count_descriptors();
    char path[2 * DEEP + 8] = ".";
    struct stat expected, got;
    int error_number = 0;

    go_deep();
    cr_assert_lt(playground_count_descriptors() - before, 70);
    for (int level = 0; level < DEEP; level++)
        strcat(path, "/d");
    for (int level = DEEP; level >= 0; level--) {
        struct walk_directory *directory = top(&error_number);

        cr_assert_not_null(directory);
        path[1 + 2 * level] = '\0';
        cr_assert_eq(fstatat(playground.fd, path, &expected, 0), 0);
        cr_assert_eq(fstat(directory->fd, &got), 0);
        cr_assert_eq(got.st_ino, expected.st_ino);
        cr_assert_lt(playground_count_descriptors() - before, 70);
        trail_pop(trail);
    }
    cr_assert_eq(playground_count_descriptors(), before);
}

Test(trail, says_why_it_cannot_come_back)
{
    int error_number = 0;

    go_deep();
    while (trail_path(trail).len > 5)
        trail_pop(trail);
    cr_assert_eq(renameat(playground.fd, "d/d", playground.fd, "moved"), 0);
    cr_assert_null(top(&error_number));
    cr_assert_eq(error_number, ENOENT);
    playground_directory(playground.fd, "d/d");
    cr_assert_null(top(&error_number));
    cr_assert_eq(error_number, ESTALE);
    cr_assert_eq(unlinkat(playground.fd, "d/d", AT_REMOVEDIR), 0);
    cr_assert_eq(symlinkat("../moved", playground.fd, "d/d"), 0);
    cr_assert_null(top(&error_number));
    cr_assert(error_number == ELOOP || error_number == ENOTDIR);

    /* What lies above is still there. */
    trail_pop(trail);
    trail_pop(trail);
    cr_assert_not_null(top(&error_number));
}
