#include "fixture_degraded.h"
#include "fixture_target.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

TestSuite(target, .init = target_set_up, .fini = target_tear_down);

Test(target, makes_a_file_with_contents_mode_owner_and_times)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry entry = entry_of(TREE_FILE, "file", 0640);
    struct stat stat;

    make_file(target, &entry, "contents");
    stat = stat_of("file");
    cr_assert_eq(stat.st_mode, S_IFREG | 0640);
    cr_assert_eq(stat.st_uid, geteuid());
    cr_assert_eq(stat.st_mtim.tv_sec, 1000000000);
    cr_assert_eq(stat.st_mtim.tv_nsec, 123456789);
    cr_assert_eq(stat.st_atim.tv_sec, 1000000000);
    cr_assert_eq(stat.st_atim.tv_nsec, 123456789);
    expect_contents("file", "contents");
    cr_assert_str_eq(degraded, "");
}

Test(target, makes_every_type_but_devices)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry link = entry_of(TREE_SYMLINK, "d/link", 0777);
    struct stat stat;
    char to[64] = "", full[2 * PATH_MAX];

    make(target, TREE_DIRECTORY, "", 0755);
    make(target, TREE_DIRECTORY, "d", 0755);
    make(target, TREE_FIFO, "d/fifo", 0622);
    link.target = bytes_of_text("/no/such\xff");
    cr_assert_eq(target_make(target, &link, &err), SEALIFT_OK, "%s", err.message);
    make(target, TREE_SOCKET, "d/socket", 0700);

    stat = stat_of("d/fifo");
    cr_assert_eq(stat.st_mode, S_IFIFO | 0622);
    cr_assert_eq(stat.st_mtim.tv_sec, 1000000000);
    cr_assert_eq(stat_of("d/socket").st_mode, S_IFSOCK | 0700);
    stat = stat_of("d/link");
    cr_assert_eq(stat.st_mode & S_IFMT, S_IFLNK);
    cr_assert_eq(stat.st_mtim.tv_nsec, 123456789);
    snprintf(full, sizeof(full), "%s/d/link", path);
    cr_assert_eq(readlink(full, to, sizeof(to)), 9);
    cr_assert_str_eq(to, "/no/such\xff");
}

Test(target, makes_devices)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry entry = entry_of(TREE_BLOCK_DEVICE, "disk", 0660);

    if (mknodat(playground.fd, "probe", S_IFCHR | 0600, makedev(1, 3)) != 0)
        cr_skip_test("making a device needs root");
    entry.major = 259;
    entry.minor = 70000;
    cr_assert_eq(target_make(target, &entry, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(stat_of("disk").st_mode, S_IFBLK | 0660);
    cr_assert_eq(stat_of("disk").st_rdev, makedev(259, 70000));
}

Test(target, sets_times_before_1970)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry entry = entry_of(TREE_FILE, "old", 0600);

    entry.mtime_s = -86400;
    entry.mtime_ns = 999999999;
    make_file(target, &entry, "");
    cr_assert_eq(stat_of("old").st_mtim.tv_sec, -86400);
    cr_assert_eq(stat_of("old").st_mtim.tv_nsec, 999999999);
}

Test(target, takes_names_of_any_bytes)
{
    SCOPED(target_free) struct target *target = target_of(path);

    for (int byte = 1; byte < 256; byte++) {
        char name[2] = {(char)byte};
        struct tree_entry entry = entry_of(TREE_FILE, name, 0600);

        if (byte == '/' || byte == '.')
            continue;
        make_file(target, &entry, name);
        expect_contents(name, name);
    }
}

/* Filled from several threads, from the end to the beginning: holes stay, also the one at the end. */
struct piece {
    struct target_file *file;
    uint64_t offset;
    bool ok;
};

static void *
write_piece(void *argument)
{
    struct piece *piece = argument;
    struct sealift_error thread_err;

    piece->ok = target_file_write(piece->file, piece->offset, bytes_of_text("piece"), &thread_err) == SEALIFT_OK;
    return NULL;
}

Test(target, keeps_holes_whatever_the_order_of_writing)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry entry = entry_of(TREE_FILE, "sparse", 0600);
    struct target_file *file = NULL;
    struct piece pieces[4];
    pthread_t threads[4];
    struct stat stat;

    entry.size = 64 << 20;
    cr_assert_eq(target_file_make(target, &entry, &file, &err), SEALIFT_OK, "%s", err.message);
    for (size_t i = 0; i < 4; i++) {
        pieces[i] = (struct piece){file, (3 - i) * (8 << 20), false};
        cr_assert_eq(pthread_create(&threads[i], NULL, write_piece, &pieces[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
        cr_assert(pieces[i].ok);
    }
    cr_assert_eq(target_file_finish(&file, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_null(file);
    stat = stat_of("sparse");
    cr_assert_eq(stat.st_size, 64 << 20);
    cr_assert_lt(stat.st_blocks * 512, 1 << 20);
}

Test(target, gives_a_file_of_nothing_but_a_hole_its_size)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry entry = entry_of(TREE_FILE, "hole", 0600);

    entry.size = 1 << 30;
    make_file(target, &entry, "");
    cr_assert_eq(stat_of("hole").st_size, 1 << 30);
    cr_assert_lt(stat_of("hole").st_blocks, 64);
}

Test(target, refuses_contents_beyond_the_size)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry entry = entry_of(TREE_FILE, "file", 0600);
    struct target_file *file = NULL;

    entry.size = 4;
    cr_assert_eq(target_file_make(target, &entry, &file, &err), SEALIFT_OK);
    cr_assert_eq(target_file_write(file, 0, bytes_of_text("12345"), &err), SEALIFT_CORRUPT);
    cr_assert_eq(target_file_write(file, UINT64_MAX - 1, bytes_of_text("12345"), &err), SEALIFT_CORRUPT);
    cr_assert_eq(target_file_write(file, 4, bytes_of_text(""), &err), SEALIFT_OK);
    target_file_abandon(&file);
    cr_assert_null(file);
}

Test(target, makes_hard_links_of_files_symlinks_and_fifos)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry file = entry_of(TREE_FILE, "a/file", 0600), symlink = entry_of(TREE_SYMLINK, "a/symlink", 0777);
    static const char *const names[][2] = {{"b/file", "a/file"}, {"b/symlink", "a/symlink"}, {"fifo-2", "b/fifo"}};

    make(target, TREE_DIRECTORY, "a", 0755);
    make_file(target, &file, "linked");
    symlink.target = bytes_of_text("file");
    cr_assert_eq(target_make(target, &symlink, &err), SEALIFT_OK);
    make(target, TREE_DIRECTORY, "b", 0755);
    make(target, TREE_FIFO, "b/fifo", 0600);
    for (size_t i = 0; i < 3; i++) {
        struct tree_entry link = entry_of(TREE_HARD_LINK, names[i][0], 0);

        link.target = bytes_of_text(names[i][1]);
        cr_assert_eq(target_make(target, &link, &err), SEALIFT_OK, "%s", err.message);
        cr_assert_eq(stat_of(names[i][0]).st_ino, stat_of(names[i][1]).st_ino);
    }
}

/* While it fills a directory is 0700; only when the tree is past it does it become what it was. */
Test(target, sets_the_attributes_of_directories_last)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry file = entry_of(TREE_FILE, "a/b/file", 0400);

    make(target, TREE_DIRECTORY, "", 0555);
    make(target, TREE_DIRECTORY, "a", 0500);
    make(target, TREE_DIRECTORY, "a/b", 0000);
    make_file(target, &file, "deep");
    make(target, TREE_DIRECTORY, "c", 01777);
    cr_assert_eq(stat_of("a/b").st_mode, S_IFDIR | 0700);
    finish_directory(target, "", 0555);
    finish_directory(target, "a", 0500);
    finish_directory(target, "a/b", 0000);
    cr_assert_eq(stat_of("a/b").st_mode, S_IFDIR | 0700);
    finish_directory(target, "c", 01777);
    cr_assert_eq(stat_of("a/b").st_mode, S_IFDIR);
    cr_assert_eq(stat_of("").st_mode, S_IFDIR | 0700);
    cr_assert_eq(target_finish(target, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(stat_of("a").st_mode, S_IFDIR | 0500);
    cr_assert_eq(stat_of("a").st_mtim.tv_sec, 1000000000);
    cr_assert_eq(stat_of("c").st_mode, S_IFDIR | 01777);
    cr_assert_eq(stat_of("").st_mode, S_IFDIR | 0555);
    cr_assert_eq(stat_of("").st_mtim.tv_nsec, 123456789);
    cr_assert_str_eq(degraded, "");
}

/* A thousand levels with names of 255 bytes, up and down again. */
Test(target, goes_deeper_than_path_max_with_few_descriptors)
{
    enum { LEVELS = 1000, STEP = 256 };
    SCOPED(target_free) struct target *target = target_of(path);
    char *deep = malloc(LEVELS * STEP + 8);
    struct tree_entry entry = entry_of(TREE_DIRECTORY, "", 0750);
    size_t before = playground_count_descriptors();

    memset(deep, 'd', LEVELS * STEP);
    for (int level = 1; level < LEVELS; level++)
        deep[level * STEP - 1] = '/';
    for (int level = 1; level <= LEVELS; level++) {
        entry.path = (struct bytes){(const uint8_t *)deep, (size_t)level * STEP - 1};
        cr_assert_eq(target_make(target, &entry, &err), SEALIFT_OK, "%s", err.message);
    }
    cr_assert_lt(playground_count_descriptors() - before, 40);
    for (int level = LEVELS - 1; level >= 0; level--) {
        size_t len = level > 0 ? (size_t)level * STEP - 1 : 0;
        struct tree_entry file = entry_of(TREE_FILE, "", 0600);

        memcpy(deep + len, level > 0 ? "/z" : "z", 2);
        file.path = (struct bytes){(const uint8_t *)deep, len + (level > 0 ? 2 : 1)};
        make_file(target, &file, "on the way back");
        memset(deep + len, 'd', 2);
        if (level > 0)
            deep[len] = '/';
    }
    for (int level = 0; level <= LEVELS; level++) {
        entry.path = (struct bytes){(const uint8_t *)deep, level > 0 ? (size_t)level * STEP - 1 : 0};
        cr_assert_eq(target_finish_entry(target, &entry, &err), SEALIFT_OK, "%s", err.message);
    }
    cr_assert_eq(target_finish(target, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(stat_of("").st_mode, S_IFDIR | 0750);
    cr_assert_lt(playground_count_descriptors() - before, 110);
    free(deep);
}

/* A directory in the target becomes a link to one outside: what comes next must not go through it. */
static void
swap_for_link(const char *name)
{
    char full[2 * PATH_MAX], away[2 * PATH_MAX], outside[PATH_MAX + 16];

    snprintf(full, sizeof(full), "%s/%s", path, name);
    snprintf(away, sizeof(away), "%s/swapped", playground.path);
    snprintf(outside, sizeof(outside), "%s/outside", playground.path);
    cr_assert_eq(rename(full, away), 0);
    cr_assert_eq(symlink(outside, full), 0);
}

static void
expect_outside_untouched(void)
{
    struct stat stat;

    cr_assert_eq(fstatat(playground.fd, "outside", &stat, 0), 0);
    cr_assert_eq(stat.st_mode, S_IFDIR | 0755);
    cr_assert_neq(stat.st_mtim.tv_sec, 1000000000);
    cr_assert_eq(unlinkat(playground.fd, "outside", AT_REMOVEDIR), 0, "something was written outside");
}

Test(target, writes_nothing_through_a_link_that_took_a_directorys_place)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry file = entry_of(TREE_FILE, "a/file", 0600), fifo = entry_of(TREE_FIFO, "a/fifo", 0600),
                      directory = entry_of(TREE_DIRECTORY, "a/d", 0700), link = entry_of(TREE_HARD_LINK, "b/link", 0);

    playground_directory(playground.fd, "outside");
    make(target, TREE_DIRECTORY, "a", 0777);
    make(target, TREE_DIRECTORY, "b", 0777);
    swap_for_link("a");
    cr_assert_eq(try_file(target, &file, "contents"), SEALIFT_CONFLICT);
    expect_message("symbolic link");
    cr_assert_eq(target_make(target, &fifo, &err), SEALIFT_CONFLICT);
    cr_assert_eq(target_make(target, &directory, &err), SEALIFT_CONFLICT);
    link.target = bytes_of_text("a/file");
    cr_assert_eq(target_make(target, &link, &err), SEALIFT_CONFLICT);
    finish_directory(target, "a", 0777);
    cr_assert_eq(target_finish(target, &err), SEALIFT_CONFLICT);
    expect_message("symbolic link");
    expect_outside_untouched();
}

Test(target, follows_no_link_that_stands_where_a_file_is_to_be)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry file = entry_of(TREE_FILE, "file", 0600);
    char full[2 * PATH_MAX];

    snprintf(full, sizeof(full), "%s/file", path);
    cr_assert_eq(symlink("../outside", full), 0);
    cr_assert_eq(try_file(target, &file, "contents"), SEALIFT_CONFLICT);
    expect_message("file");
    cr_assert_lt(faccessat(playground.fd, "outside", F_OK, 0), 0);
}

/* A tree that says so itself: a link, and then an entry below it. */
Test(target, refuses_entries_below_a_link)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry link = entry_of(TREE_SYMLINK, "a", 0777), below = entry_of(TREE_FILE, "a/file", 0600);

    playground_directory(playground.fd, "outside");
    link.target = bytes_of_text("../outside");
    cr_assert_eq(target_make(target, &link, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(try_file(target, &below, "contents"), SEALIFT_CONFLICT);
    expect_outside_untouched();
}

Test(target, refuses_paths_that_lead_elsewhere)
{
    static const char *const hostile[] = {"..",  "../outside", "a/../../outside", "/etc/passwd", "a//b", ".",
                                          "a/.", "a/"};
    SCOPED(target_free) struct target *target = target_of(path);

    make(target, TREE_DIRECTORY, "a", 0700);
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        struct tree_entry entry = entry_of(TREE_FILE, hostile[i], 0600), link = entry_of(TREE_HARD_LINK, "link", 0),
                          directory = entry_of(TREE_DIRECTORY, hostile[i], 0700);

        link.target = bytes_of_text(hostile[i]);
        cr_assert_eq(try_file(target, &entry, ""), SEALIFT_CORRUPT, "%s", hostile[i]);
        cr_assert_eq(target_make(target, &directory, &err), SEALIFT_CORRUPT, "%s", hostile[i]);
        cr_assert_eq(target_make(target, &link, &err), SEALIFT_CORRUPT, "%s", hostile[i]);
        cr_assert_eq(target_finish_entry(target, &directory, &err), SEALIFT_CORRUPT, "%s", hostile[i]);
    }
}

Test(target, names_what_somebody_else_made_meanwhile)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry entry = entry_of(TREE_FILE, "file", 0600), fifo = entry_of(TREE_FIFO, "file", 0600);

    playground_file(playground.fd, "new/file", "theirs");
    cr_assert_eq(try_file(target, &entry, "ours"), SEALIFT_CONFLICT);
    expect_message("make the file file");
    expect_message("there already");
    cr_assert_eq(target_make(target, &fifo, &err), SEALIFT_CONFLICT);
    expect_contents("file", "theirs");
}

Test(target, does_not_go_into_another_filesystem_that_was_mounted_meanwhile)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry entry = entry_of(TREE_FILE, "a/file", 0600);

    make(target, TREE_DIRECTORY, "a", 0700);
    if (!playground_mount(playground.fd, "new/a", 1 << 20, false))
        cr_skip_test("mounting needs root");
    cr_assert_eq(try_file(target, &entry, ""), SEALIFT_CONFLICT);
    expect_message("another filesystem");
    playground_unmount(playground.fd, "new/a");
}

Test(target, says_when_the_disk_is_full)
{
    static char large[1 << 20];
    struct target_file *file = NULL;
    struct tree_entry entry = entry_of(TREE_FILE, "file", 0600);
    struct target *target;

    playground_directory(playground.fd, "new");
    if (!playground_mount(playground.fd, "new", 65536, false))
        cr_skip_test("mounting needs root");
    target = target_of(path);
    entry.size = sizeof(large);
    cr_assert_eq(target_file_make(target, &entry, &file, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_file_write(file, 0, BYTES_OF(large), &err), SEALIFT_IO);
    expect_message("no space left");
    expect_message("remove what was restored");
    expect_message(path);
    target_file_abandon(&file);
    target_free(&target);
    playground_unmount(playground.fd, "new");
}

Test(target, says_when_the_target_is_read_only)
{
    struct target *target = NULL;

    playground_directory(playground.fd, "new");
    if (!playground_mount(playground.fd, "new", 65536, true))
        cr_skip_test("mounting needs root");
    cr_assert_eq(target_open(&seeded.world, path, degraded_note, NULL, &target, &err), SEALIFT_IO);
    expect_message("read-only");
    snprintf(path, sizeof(path), "%s/new/below", playground.path);
    cr_assert_eq(target_open(&seeded.world, path, degraded_note, NULL, &target, &err), SEALIFT_IO);
    expect_message("Read-only");
    playground_unmount(playground.fd, "new");
}

Test(target, refuses_a_malformed_set_of_attributes)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry entry = entry_of(TREE_FILE, "file", 0600);

    entry.xattrs = bytes_of_text("\x7fnonsense");
    cr_assert_eq(try_file(target, &entry, ""), SEALIFT_CORRUPT);
    expect_message("file");
}

Test(target, refuses_a_link_that_points_to_what_no_path_can_be)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry link = entry_of(TREE_SYMLINK, "link", 0777);

    link.target = (struct bytes){(const uint8_t *)"a\0b", 3};
    cr_assert_eq(target_make(target, &link, &err), SEALIFT_CORRUPT);
    link.target = (struct bytes){NULL, 0};
    cr_assert_eq(target_make(target, &link, &err), SEALIFT_CORRUPT);
    link.target = BYTES_OF(path);
    memset(path, 'x', PATH_MAX);
    link.target.len = PATH_MAX;
    cr_assert_eq(target_make(target, &link, &err), SEALIFT_CORRUPT);
    name_target();
    cr_assert_not(exists("link"));
}

Test(target, stops_when_asked_to)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry entry = entry_of(TREE_FILE, "file", 0600);

    atomic_store(&seeded.cancel.asked, true);
    cr_assert_eq(try_file(target, &entry, ""), SEALIFT_CANCELLED);
    cr_assert_eq(target_make(target, &entry, &err), SEALIFT_CANCELLED);
    cr_assert_eq(target_finish_entry(target, &entry, &err), SEALIFT_CANCELLED);
}
