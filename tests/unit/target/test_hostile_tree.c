/* What nobody who makes a tree, or who moves things about while it is restored, can bring about. Which entries a tree
 * may have at all is tests/unit/format's. */
#include "target.h"

#include "playground.h"
#include "scoped.h"
#include "seeded_world.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sealift_error err;
static struct seeded_world seeded;
static struct playground playground;
static struct target *target;

static void
set_up(void)
{
    char path[PATH_MAX + 16];

    seeded_world_init(&seeded, 7);
    playground_make(&playground);
    playground_directory(playground.fd, "outside");
    playground_file(playground.fd, "outside/secret", "not for this tree");
    snprintf(path, sizeof(path), "%s/new", playground.path);
    cr_assert_eq(target_open(&seeded.world, path, NULL, NULL, &target, &err), SEALIFT_OK, "%s", err.message);
}

static void
tear_down(void)
{
    target_free(&target);
    playground_remove(&playground);
}

TestSuite(hostile_tree, .init = set_up, .fini = tear_down);

static struct tree_entry
entry_of(enum tree_type type, const char *path, const char *to)
{
    return (struct tree_entry){.path = bytes_of_text(path),
                               .type = type,
                               .mode = 0644,
                               .uid = geteuid(),
                               .gid = getegid(),
                               .size = type == TREE_FILE ? 4 : 0,
                               .target = bytes_of_text(to)};
}

static enum sealift_status
make(enum tree_type type, const char *path, const char *to)
{
    struct tree_entry entry = entry_of(type, path, to);
    struct target_file *file = NULL;

    if (type != TREE_FILE)
        return target_make(target, &entry, &err);
    TRY(target_file_make(target, &entry, &file, &err));
    if (target_file_write(file, 0, bytes_of_text("evil"), &err) != SEALIFT_OK) {
        target_file_abandon(&file);
        return err.status;
    }
    return target_file_finish(&file, &err);
}

static void
expect_refused(enum sealift_status status, const char *path)
{
    cr_expect_neq(status, SEALIFT_OK, "%s was made", path);
    cr_expect_not_null(strstr(err.message, path), "\"%s\" is not named: %s", path, err.message);
}

/* Outside is what it was: one file, with one name. */
static void
expect_outside_untouched(void)
{
    struct stat stat;

    cr_assert_eq(fstatat(playground.fd, "outside/secret", &stat, AT_SYMLINK_NOFOLLOW), 0);
    cr_assert_eq(stat.st_nlink, 1);
    cr_assert_eq(stat.st_size, 17);
    cr_assert_eq(unlinkat(playground.fd, "outside/secret", 0), 0);
    cr_assert_eq(unlinkat(playground.fd, "outside", AT_REMOVEDIR), 0, "something was made outside");
}

Test(hostile_tree, makes_no_hard_link_to_what_is_elsewhere)
{
    static const char *const elsewhere[] = {
        "../outside/secret", "/etc/passwd", "through/secret", "a/../../outside/secret", ".", "a", "",
    };

    cr_assert_eq(make(TREE_DIRECTORY, "a", ""), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(make(TREE_SYMLINK, "through", "../outside"), SEALIFT_OK, "%s", err.message);
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        cr_expect_neq(make(TREE_HARD_LINK, "z", elsewhere[i]), SEALIFT_OK, "\"%s\" was linked to", elsewhere[i]);
        cr_expect_eq(faccessat(playground.fd, "new/z", F_OK, AT_SYMLINK_NOFOLLOW), -1);
    }
    expect_outside_untouched();
}

Test(hostile_tree, makes_nothing_below_what_is_no_directory)
{
    cr_assert_eq(make(TREE_SYMLINK, "link", "../outside"), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(make(TREE_FILE, "file", ""), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(make(TREE_FIFO, "fifo", ""), SEALIFT_OK, "%s", err.message);
    expect_refused(make(TREE_FILE, "link/new", ""), "link");
    expect_refused(make(TREE_DIRECTORY, "link/new", ""), "link");
    expect_refused(make(TREE_FILE, "file/new", ""), "file");
    expect_refused(make(TREE_SYMLINK, "fifo/new", "x"), "fifo");
    expect_outside_untouched();
}

Test(hostile_tree, makes_nothing_twice)
{
    static const enum tree_type types[] = {TREE_FILE, TREE_DIRECTORY, TREE_SYMLINK, TREE_FIFO};

    cr_assert_eq(make(TREE_SYMLINK, "again", "../outside/secret"), SEALIFT_OK, "%s", err.message);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        expect_refused(make(types[i], "again", "../outside/secret"), "again");
    expect_outside_untouched();
}

Test(hostile_tree, finishes_nothing_through_a_link)
{
    struct tree_entry immutable = entry_of(TREE_FILE, "link/secret", ""),
                      directory = entry_of(TREE_DIRECTORY, "link", "");

    immutable.flags = 0x10;
    immutable.has_flags = true;
    cr_assert_eq(make(TREE_SYMLINK, "link", "../outside"), SEALIFT_OK, "%s", err.message);
    expect_refused(target_finish_entry(target, &immutable, &err), "link");
    if (target_finish_entry(target, &directory, &err) == SEALIFT_OK)
        expect_refused(target_finish(target, &err), "link");
    expect_outside_untouched();
}

/* Somebody with the same rights puts a link to the outside in a directory's place and takes it away again, as fast as
 * they can. */
struct swapper {
    pthread_t thread;
    atomic_bool stop;
    atomic_uint swaps;
};

static void *
swap(void *argument)
{
    struct swapper *swapper = argument;

    while (!atomic_load(&swapper->stop)) {
        if (renameat2(playground.fd, "new/d", playground.fd, "link", RENAME_EXCHANGE) == 0)
            atomic_fetch_add(&swapper->swaps, 1);
    }
    return NULL;
}

Test(hostile_tree, is_not_written_outside_while_a_directory_is_swapped_for_a_link)
{
    struct swapper swapper = {0};
    char path[32], to[PATH_MAX + 16];
    unsigned refused = 0;

    snprintf(to, sizeof(to), "%s/outside", playground.path);
    cr_assert_eq(symlinkat(to, playground.fd, "link"), 0);
    cr_assert_eq(make(TREE_DIRECTORY, "d", ""), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(make(TREE_DIRECTORY, "e", ""), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(pthread_create(&swapper.thread, NULL, swap, &swapper), 0);
    while (atomic_load(&swapper.swaps) == 0)
        ;
    for (unsigned i = 0; i < 1000 || (refused == 0 && i < 1000000); i++) {
        /* Another directory in between lets go of the one that was open. */
        snprintf(path, sizeof(path), "%s/%u", i % 2 == 0 ? "d" : "e", i);
        if (make(i % 4 < 2 ? TREE_FILE : TREE_DIRECTORY, path, "") != SEALIFT_OK)
            refused++;
    }
    atomic_store(&swapper.stop, true);
    cr_assert_eq(pthread_join(swapper.thread, NULL), 0);
    cr_assert_gt(refused, 0, "the link never stood in the way");
    expect_outside_untouched();
}
