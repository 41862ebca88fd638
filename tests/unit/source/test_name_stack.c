#include "name_stack.h"

#include "playground.h"
#include "scoped.h"
#include "seeded_world.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANY 3000

static struct sealift_error err;
static struct seeded_world seeded;
static struct playground playground;
static char *expected[MANY];

static void
set_up(void)
{
    seeded_world_init(&seeded, 5);
    playground_make(&playground);
}

static void
tear_down(void)
{
    playground_remove(&playground);
}

TestSuite(name_stack, .init = set_up, .fini = tear_down);

static int
compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Fills a directory with names of any length and byte, and `expected` with them in their order. */
static int
make_many(const char *directory)
{
    int fd;

    playground_directory(playground.fd, directory);
    fd = openat(playground.fd, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < MANY; i++) {
        size_t len = 1 + seeded_world_draw(&seeded) % 200;
        char name[256];

        for (size_t at = 0; at < len; at++) {
            do
                name[at] = (char)seeded_world_draw(&seeded);
            while (name[at] == '\0' || name[at] == '/');
        }
        snprintf(name + len, sizeof(name) - len, "%zu", i);
        cr_assert_eq(mknodat(fd, name, S_IFREG | 0600, 0), 0);
        expected[i] = strdup(name);
    }
    qsort(expected, MANY, sizeof(expected[0]), compare);
    return fd;
}

static struct name_stack *
stack_of(size_t memory)
{
    struct name_stack *stack = NULL;

    cr_assert_eq(name_stack_new(&seeded.world, memory, &stack, &err), SEALIFT_OK, "%s", err.message);
    return stack;
}

static void
push(struct name_stack *stack, int fd)
{
    int error_number = -1;

    cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
    cr_assert_eq(name_stack_push(stack, fd, &error_number, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(error_number, 0);
}

static void
expect_next(struct name_stack *stack, const char *name)
{
    const char *got;

    cr_assert_eq(name_stack_next(stack, &got, &err), SEALIFT_OK, "%s", err.message);
    if (name == NULL)
        cr_assert_null(got);
    else
        cr_assert_str_eq(got, name);
}

static void
expect_all_from(struct name_stack *stack, size_t first)
{
    for (size_t i = first; i < MANY; i++)
        expect_next(stack, expected[i]);
    expect_next(stack, NULL);
    expect_next(stack, NULL);
}

Test(name_stack, sorts_names_by_their_bytes)
{
    SCOPED(name_stack_free) struct name_stack *stack = stack_of(16 << 20);
    SCOPED(fd_done) int fd = make_many("many");

    push(stack, fd);
    expect_all_from(stack, 0);
}

Test(name_stack, sorts_in_runs_when_memory_is_short)
{
    SCOPED(name_stack_free) struct name_stack *stack = stack_of(40000);
    SCOPED(fd_done) int fd = make_many("many");

    push(stack, fd);
    expect_all_from(stack, 0);
}

Test(name_stack, sorts_even_with_next_to_no_memory)
{
    SCOPED(name_stack_free) struct name_stack *stack = stack_of(1);
    SCOPED(fd_done) int fd = make_many("many");

    push(stack, fd);
    expect_all_from(stack, 0);
}

Test(name_stack, comes_back_to_where_it_was_in_a_parent)
{
    SCOPED(name_stack_free) struct name_stack *stack = stack_of(20000);
    SCOPED(fd_done) int fd = make_many("many");

    push(stack, fd);
    for (size_t i = 0; i < MANY / 2; i++)
        expect_next(stack, expected[i]);
    for (int i = 0; i < 3; i++) {
        push(stack, fd);
        expect_next(stack, expected[0]);
        push(stack, fd);
        expect_all_from(stack, 0);
        name_stack_pop(stack);
        expect_next(stack, expected[1]);
        name_stack_pop(stack);
    }
    expect_all_from(stack, MANY / 2);
}

Test(name_stack, has_nothing_of_an_empty_directory)
{
    SCOPED(name_stack_free) struct name_stack *stack = stack_of(1);

    push(stack, playground.fd);
    expect_next(stack, NULL);
    name_stack_pop(stack);
}

Test(name_stack, says_why_a_directory_cannot_be_read)
{
    SCOPED(name_stack_free) struct name_stack *stack = stack_of(1);
    SCOPED(fd_done) int fd = -1;
    int error_number = 0;

    playground_file(playground.fd, "file", "no directory");
    fd = openat(playground.fd, "file", O_RDONLY | O_CLOEXEC);
    cr_assert_eq(name_stack_push(stack, fd, &error_number, &err), SEALIFT_OK);
    cr_assert_eq(error_number, ENOTDIR);
    expect_next(stack, NULL);
}

Test(name_stack, stops_when_asked_to)
{
    SCOPED(name_stack_free) struct name_stack *stack = stack_of(1);
    int error_number;

    atomic_store(&seeded.cancel.asked, true);
    cr_assert_eq(name_stack_push(stack, playground.fd, &error_number, &err), SEALIFT_CANCELLED);
}
