#include "entry_reader.h"
#include "fixture_walk.h"
#include "scoped.h"
#include "shown_path.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const struct walk_options noted = {.notify = walk_note};
static const struct walk_options tiny = {.names_in_memory = 1, .links_in_memory = 1, .notify = walk_note};

TestSuite(walk, .init = walk_set_up, .fini = walk_tear_down);

Test(walk, goes_depth_first_and_sorts_siblings_by_their_bytes)
{
    SCOPED(walk_free) struct walk *walk = NULL;

    playground_file(playground.fd, "b", "");
    playground_directory(playground.fd, "a");
    playground_file(playground.fd, "a-b", "");
    playground_file(playground.fd, "a.b", "");
    playground_file(playground.fd, "a/z", "");
    playground_file(playground.fd, "a/B", "");
    playground_directory(playground.fd, "a/c");
    playground_file(playground.fd, "a/c/d", "");
    playground_file(playground.fd, "\xff", "");
    playground_file(playground.fd, "\x01", "");
    walk = walk_of(playground.path, &noted);
    expect(walk, "", TREE_DIRECTORY);
    expect(walk, "\x01", TREE_FILE);
    expect(walk, "a", TREE_DIRECTORY);
    expect(walk, "a/B", TREE_FILE);
    expect(walk, "a/c", TREE_DIRECTORY);
    expect(walk, "a/c/d", TREE_FILE);
    expect(walk, "a/z", TREE_FILE);
    expect(walk, "a-b", TREE_FILE);
    expect(walk, "a.b", TREE_FILE);
    expect(walk, "b", TREE_FILE);
    expect(walk, "\xff", TREE_FILE);
    expect_end(walk);
    expect_end(walk);
    cr_assert_str_eq(notices, "");
}

Test(walk, tells_what_the_kernel_says_of_an_entry)
{
    SCOPED(walk_free) struct walk *walk = NULL;
    SCOPED(walk_entry_free) struct walk_entry *root = NULL, *file = NULL;
    const struct timespec times[2] = {{1, 2}, {-86400, 999999999}};
    struct stat stat;

    playground_file(playground.fd, "file", "12345");
    cr_assert_eq(fchmodat(playground.fd, "file", 01640, 0), 0);
    cr_assert_eq(utimensat(playground.fd, "file", times, 0), 0);
    cr_assert_eq(fstatat(playground.fd, "file", &stat, 0), 0);
    walk = walk_of(playground.path, &noted);
    root = next(walk);
    cr_assert_str_eq(root->name, ".");
    file = next(walk);
    cr_assert_str_eq(file->name, "file");
    cr_assert_eq(file->meta.mode, 01640);
    cr_assert_eq(file->meta.uid, geteuid());
    cr_assert_eq(file->meta.size, 5);
    cr_assert_eq(file->meta.links, 1);
    cr_assert_eq(file->meta.mtime_s, -86400);
    cr_assert_eq(file->meta.mtime_ns, 999999999);
    cr_assert_eq(file->meta.inode, stat.st_ino);
    cr_assert_eq(file->meta.ctime_s, stat.st_ctim.tv_sec);
    cr_assert_eq(file->meta.ctime_ns, stat.st_ctim.tv_nsec);
    cr_assert_eq(file->device, stat.st_dev);
}

Test(walk, knows_every_type)
{
    SCOPED(walk_free) struct walk *walk = NULL;

    cr_assert_eq(mknodat(playground.fd, "fifo", S_IFIFO | 0600, 0), 0);
    cr_assert_eq(mknodat(playground.fd, "socket", S_IFSOCK | 0600, 0), 0);
    cr_assert_eq(symlinkat("/etc", playground.fd, "to-a-directory"), 0);
    cr_assert_eq(symlinkat("nowhere", playground.fd, "to-nothing"), 0);
    walk = walk_of(playground.path, &noted);
    expect(walk, "", TREE_DIRECTORY);
    expect(walk, "fifo", TREE_FIFO);
    expect(walk, "socket", TREE_SOCKET);
    expect(walk, "to-a-directory", TREE_SYMLINK);
    expect(walk, "to-nothing", TREE_SYMLINK);
    expect_end(walk);
}

Test(walk, knows_devices)
{
    SCOPED(walk_free) struct walk *walk = NULL;
    SCOPED(walk_entry_free) struct walk_entry *root = NULL, *device = NULL;

    if (mknodat(playground.fd, "null", S_IFCHR | 0600, makedev(259, 70000)) != 0)
        cr_skip_test("making a device needs root");
    walk = walk_of(playground.path, &noted);
    root = next(walk);
    device = next(walk);
    cr_assert_eq(device->meta.type, TREE_CHARACTER_DEVICE);
    cr_assert_eq(device->meta.major, 259);
    cr_assert_eq(device->meta.minor, 70000);
}

/* Every byte that a name can have, alone and in company. */
Test(walk, takes_names_of_any_bytes)
{
    SCOPED(walk_free) struct walk *walk = NULL;

    for (int byte = 1; byte < 256; byte++) {
        char name[2] = {(char)byte};

        if (byte != '/' && byte != '.')
            playground_file(playground.fd, name, "");
    }
    walk = walk_of(playground.path, &noted);
    expect(walk, "", TREE_DIRECTORY);
    for (int byte = 1; byte < 256; byte++) {
        char name[2] = {(char)byte};

        if (byte != '/' && byte != '.')
            expect(walk, name, TREE_FILE);
    }
    expect_end(walk);
}

static void
make_hard_links(void)
{
    playground_directory(playground.fd, "d");
    playground_file(playground.fd, "d/file", "linked");
    cr_assert_eq(symlinkat("x", playground.fd, "e"), 0);
    cr_assert_eq(mknodat(playground.fd, "fifo", S_IFIFO | 0600, 0), 0);
    cr_assert_eq(linkat(playground.fd, "d/file", playground.fd, "z", 0), 0);
    cr_assert_eq(linkat(playground.fd, "d/file", playground.fd, "d/z", 0), 0);
    cr_assert_eq(linkat(playground.fd, "e", playground.fd, "f", 0), 0);
    cr_assert_eq(linkat(playground.fd, "fifo", playground.fd, "g", 0), 0);
}

static void
expect_hard_links(const struct walk_options *options)
{
    SCOPED(walk_free) struct walk *walk = walk_of(playground.path, options);

    expect(walk, "", TREE_DIRECTORY);
    expect(walk, "d", TREE_DIRECTORY);
    expect(walk, "d/file", TREE_FILE);
    expect_link(walk, "d/z", "d/file");
    expect(walk, "e", TREE_SYMLINK);
    expect_link(walk, "f", "e");
    expect(walk, "fifo", TREE_FIFO);
    expect_link(walk, "g", "fifo");
    expect_link(walk, "z", "d/file");
    expect_end(walk);
}

Test(walk, finds_later_names_of_one_inode)
{
    make_hard_links();
    expect_hard_links(&noted);
    expect_hard_links(&tiny);
}

/* Many names and many links with next to no memory for either: the same walk as with plenty. */
Test(walk, gives_the_same_with_next_to_no_memory)
{
    SCOPED(walk_free) struct walk *plenty = NULL;
    SCOPED(walk_free) struct walk *spilled = NULL;
    bool more = true;

    for (int directory = 0; directory < 3; directory++) {
        char name[64], first[64];

        snprintf(name, sizeof(name), "d%d", directory);
        playground_directory(playground.fd, name);
        for (int i = 0; i < 1500; i++) {
            snprintf(name, sizeof(name), "d%d/%d", directory, i * 7919 % 1500);
            snprintf(first, sizeof(first), "d0/%d", i);
            if (directory == 0)
                playground_file(playground.fd, name, "");
            else
                cr_assert_eq(linkat(playground.fd, first, playground.fd, name, 0), 0);
        }
    }
    plenty = walk_of(playground.path, &noted);
    spilled = walk_of(playground.path, &tiny);
    while (more) {
        SCOPED(walk_entry_free) struct walk_entry *a = next(plenty), *b = next(spilled);

        more = a != NULL;
        cr_assert_eq(a == NULL, b == NULL);
        if (more) {
            cr_assert(bytes_equal(a->meta.path, b->meta.path));
            cr_assert_eq(a->meta.type, b->meta.type);
            cr_assert(bytes_equal(a->meta.target, b->meta.target));
        }
    }
    cr_assert_str_eq(notices, "");
}

/* Makes `depth` directories, each in the one before, with a file in each on the way. The descriptor of the last. */
static int
make_deep(int depth, size_t name_len)
{
    int fd = dup(playground.fd);
    char name[256] = "";

    memset(name, 'd', name_len);
    for (int i = 0; i < depth; i++) {
        int next_fd;

        playground_directory(fd, name);
        playground_file(fd, "f", "");
        next_fd = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        cr_assert_geq(next_fd, 0);
        close(fd);
        fd = next_fd;
    }
    return fd;
}

/* A thousand levels with names of 255 bytes: a path of 256,000, and the files on the way back up need the levels again
 * that were closed. */
Test(walk, goes_deeper_than_path_max_with_few_descriptors)
{
    SCOPED(walk_free) struct walk *walk = NULL;
    size_t most = 0, before, directories = 0, files = 0;
    struct walk_entry *entry;

    close(make_deep(1000, 255));
    before = playground_count_descriptors();
    walk = walk_of(playground.path, &noted);
    while ((entry = next(walk)) != NULL) {
        size_t now = playground_count_descriptors() - before;

        most = now > most ? now : most;
        directories += entry->meta.type == TREE_DIRECTORY;
        files += entry->meta.type == TREE_FILE;
        walk_entry_free(&entry);
    }
    cr_assert_eq(directories, 1001);
    cr_assert_eq(files, 1000);
    cr_assert_lt(most, 80);
    cr_assert_str_eq(notices, "");
}

Test(walk, tells_of_paths_that_no_snapshot_can_hold)
{
    SCOPED(walk_free) struct walk *walk = NULL;
    struct walk_entry *entry;
    size_t count = 0;

    close(make_deep(1100, 255));
    walk = walk_of(playground.path, &noted);
    while ((entry = next(walk)) != NULL) {
        count++;
        walk_entry_free(&entry);
    }
    cr_assert_gt(count, 2000);
    cr_assert_not_null(strstr(notices, "length"));
}

Test(walk, tells_of_an_entry_that_vanished)
{
    SCOPED(walk_free) struct walk *walk = NULL;

    playground_file(playground.fd, "a", "");
    playground_file(playground.fd, "b", "");
    playground_file(playground.fd, "c", "");
    walk = walk_of(playground.path, &noted);
    expect(walk, "", TREE_DIRECTORY);
    expect(walk, "a", TREE_FILE);
    cr_assert_eq(unlinkat(playground.fd, "b", 0), 0);
    expect(walk, "c", TREE_FILE);
    expect_end(walk);
    cr_assert_str_eq(notices, "vanished b: was deleted while the tree was being read\n");
}

Test(walk, entries_can_be_looked_at_again)
{
    SCOPED(walk_free) struct walk *walk = NULL;
    SCOPED(walk_entry_free) struct walk_entry *first = NULL;
    SCOPED(walk_entry_free) struct walk_entry *later = NULL;
    SCOPED(walk_entry_free) struct walk_entry *again = NULL;

    playground_file(playground.fd, "a", "text");
    cr_assert_eq(linkat(playground.fd, "a", playground.fd, "b", 0), 0);
    walk = walk_of(playground.path, &noted);
    expect(walk, "", TREE_DIRECTORY);
    first = next(walk);
    later = next(walk);
    cr_assert_eq(later->meta.type, TREE_HARD_LINK);
    cr_assert_eq(walk_entry_again(later, &again, &err), SEALIFT_OK);
    cr_assert_eq(again->meta.type, TREE_FILE);
    cr_assert_eq(again->meta.size, 4u);
    cr_assert_eq(again->meta.inode, first->meta.inode);
    cr_assert(bytes_equal(again->meta.path, bytes_of_text("b")));

    walk_entry_free(&again);
    cr_assert_eq(unlinkat(playground.fd, "a", 0), 0);
    cr_assert_eq(symlinkat("b", playground.fd, "a"), 0);
    cr_assert_eq(walk_entry_again(first, &again, &err), SEALIFT_OK);
    cr_assert_eq(again->meta.type, TREE_SYMLINK);

    walk_entry_free(&again);
    cr_assert_eq(unlinkat(playground.fd, "a", 0), 0);
    cr_assert_eq(walk_entry_again(first, &again, &err), SEALIFT_NOT_FOUND);
    playground_directory(playground.fd, "a");
    cr_assert_eq(walk_entry_again(first, &again, &err), SEALIFT_NOT_FOUND);
    cr_assert_null(again);
}

/* While the walk is deep below "0", whose descriptor it had to close, somebody puts another directory in its place. */
Test(walk, does_not_come_back_to_a_directory_that_was_replaced)
{
    SCOPED(walk_free) struct walk *walk = NULL;
    struct walk_entry *entry;
    size_t directories = 0;
    int fd;

    playground_directory(playground.fd, "0");
    playground_file(playground.fd, "0/z", "");
    playground_file(playground.fd, "after", "");
    fd = openat(playground.fd, "0", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_eq(dup3(fd, playground.fd, O_CLOEXEC), playground.fd);
    close(make_deep(100, 1));
    close(playground.fd);
    close(fd);
    playground.fd = open(playground.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    walk = walk_of(playground.path, &noted);
    while (directories < 102 && (entry = next(walk)) != NULL) {
        directories += entry->meta.type == TREE_DIRECTORY;
        walk_entry_free(&entry);
    }
    cr_assert_eq(renameat(playground.fd, "0", playground.fd, "moved"), 0);
    playground_directory(playground.fd, "0");
    playground_file(playground.fd, "0/z", "not this one");
    while ((entry = next(walk)) != NULL) {
        cr_assert_neq(strncmp((const char *)entry->meta.path.data, "0/z", 3), 0);
        walk_entry_free(&entry);
    }
    cr_assert_not_null(
        strstr(notices, "vanished 0: the rest of its entries cannot be read: something else stands there now\n"), "%s",
        notices);
}

Test(walk, does_not_cross_into_another_mount)
{
    SCOPED(walk_free) struct walk *walk = NULL;

    playground_directory(playground.fd, "mounted");
    playground_file(playground.fd, "z", "");
    if (!playground_mount(playground.fd, "mounted", 1 << 20, false))
        cr_skip_test("mounting needs root");
    playground_file(playground.fd, "mounted/inside", "");
    walk = walk_of(playground.path, &noted);
    expect(walk, "", TREE_DIRECTORY);
    expect(walk, "mounted", TREE_DIRECTORY);
    expect(walk, "z", TREE_FILE);
    expect_end(walk);
    cr_assert_str_eq(notices, "mount mounted: another filesystem is mounted here\n");
    playground_unmount(playground.fd, "mounted");
}

Test(walk, begins_at_a_mount_point_or_through_a_link_that_was_named)
{
    char root[PATH_MAX + 16];
    SCOPED(walk_free) struct walk *walk = NULL;

    playground_directory(playground.fd, "there");
    playground_file(playground.fd, "there/inside", "");
    cr_assert_eq(symlinkat("there", playground.fd, "link"), 0);
    snprintf(root, sizeof(root), "%s/link", playground.path);
    walk = walk_of(root, &noted);
    expect(walk, "", TREE_DIRECTORY);
    expect(walk, "inside", TREE_FILE);
    expect_end(walk);
}

static int
walk_as_ordinary_user(void *argument)
{
    SCOPED(walk_free) struct walk *walk = NULL;
    struct walk_entry *entry = NULL;
    char paths[256] = "";

    (void)argument;
    PLAYGROUND_CHECK(walk_open(&seeded.world, playground.path, &noted, &walk, &err) == SEALIFT_OK);
    for (;;) {
        PLAYGROUND_CHECK(walk_next(walk, &entry, &err) == SEALIFT_OK);
        if (entry == NULL)
            break;
        strncat(paths, (const char *)entry->meta.path.data, entry->meta.path.len);
        strncat(paths, " ", 2);
        walk_entry_free(&entry);
    }
    PLAYGROUND_CHECK(strcmp(paths, " closed listable open open/file ") == 0);
    PLAYGROUND_CHECK(strcmp(notices, "missing closed: its entries cannot all be read: Permission denied\n"
                                     "missing listable/file: cannot be looked at: Permission denied\n") == 0);
    return 0;
}

Test(walk, tells_of_directories_that_cannot_be_read_and_goes_on)
{
    playground_directory(playground.fd, "closed");
    playground_file(playground.fd, "closed/file", "");
    playground_directory(playground.fd, "listable");
    playground_file(playground.fd, "listable/file", "");
    playground_directory(playground.fd, "open");
    playground_file(playground.fd, "open/file", "");
    cr_assert_eq(fchmodat(playground.fd, "closed", 0, 0), 0);
    cr_assert_eq(fchmodat(playground.fd, "listable", 0444, 0), 0);
    cr_assert_eq(playground_as_ordinary_user(walk_as_ordinary_user, NULL), 0);
}

static int
open_closed_root(void *argument)
{
    SCOPED(walk_free) struct walk *walk = NULL;

    PLAYGROUND_CHECK(walk_open(&seeded.world, argument, &noted, &walk, &err) == SEALIFT_DENIED);
    PLAYGROUND_CHECK(strstr(err.message, argument) != NULL);
    return 0;
}

Test(walk, refuses_a_root_that_cannot_be_read)
{
    struct walk *walk = NULL;
    char path[PATH_MAX + 16];

    snprintf(path, sizeof(path), "%s/root", playground.path);
    cr_assert_eq(walk_open(&seeded.world, path, &noted, &walk, &err), SEALIFT_NOT_FOUND);
    cr_assert_not_null(strstr(err.message, path));
    playground_file(playground.fd, "root", "");
    cr_assert_eq(walk_open(&seeded.world, path, &noted, &walk, &err), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "is no directory"));
    cr_assert_eq(unlinkat(playground.fd, "root", 0), 0);
    playground_directory(playground.fd, "root");
    cr_assert_eq(fchmodat(playground.fd, "root", 0, 0), 0);
    cr_assert_eq(playground_as_ordinary_user(open_closed_root, path), 0);
    cr_assert_null(walk);
}

static void *
read_and_free(void *argument)
{
    struct walk_entry *entry = argument;
    SCOPED(entry_reader_free) struct entry_reader *reader = NULL;
    struct sealift_error thread_err;
    bool ok = entry_reader_new(&seeded.world, &reader, &thread_err) == SEALIFT_OK &&
              entry_reader_open(reader, entry, &thread_err) == SEALIFT_OK;

    walk_entry_free(&entry);
    return ok ? argument : NULL;
}

Test(walk, gives_entries_that_outlive_it_and_are_freed_anywhere)
{
    SCOPED(walk_free) struct walk *walk = NULL;
    struct walk_entry *entries[64];
    size_t count = 0, before = playground_count_descriptors();
    pthread_t threads[64];
    void *ok;

    for (int i = 0; i < 20; i++) {
        char name[32];

        snprintf(name, sizeof(name), "d%02d", i);
        playground_directory(playground.fd, name);
        snprintf(name, sizeof(name), "d%02d/file", i);
        playground_file(playground.fd, name, "contents");
    }
    walk = walk_of(playground.path, &noted);
    while ((entries[count] = next(walk)) != NULL)
        count++;
    walk_free(&walk);
    cr_assert_eq(count, 41);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, read_and_free, entries[i]), 0);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(pthread_join(threads[i], &ok), 0);
        cr_assert_not_null(ok);
    }
    cr_assert_eq(playground_count_descriptors(), before);
}

Test(walk, stops_when_asked_to)
{
    SCOPED(walk_free) struct walk *walk = walk_of(playground.path, &noted);
    struct walk_entry *entry = NULL;

    atomic_store(&seeded.cancel.asked, true);
    cr_assert_eq(walk_next(walk, &entry, &err), SEALIFT_CANCELLED);
    cr_assert_null(entry);
}

/* Running out of descriptors is our own failure: nothing may be taken for missing because of it. */
Test(walk, fails_when_it_has_no_descriptor_left)
{
    SCOPED(walk_free) struct walk *walk = NULL;
    SCOPED(walk_entry_free) struct walk_entry *root = NULL;
    struct walk_entry *entry = NULL;
    struct rlimit limit;

    playground_directory(playground.fd, "a");
    walk = walk_of(playground.path, &noted);
    root = next(walk);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 0;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_eq(walk_next(walk, &entry, &err), SEALIFT_NO_MEMORY);
    limit.rlim_cur = limit.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_not_null(strstr(err.message, "descriptor"));
    cr_assert_str_eq(notices, "");
}
