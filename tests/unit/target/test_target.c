#include "target.h"

#include "fixture_degraded.h"
#include "playground.h"
#include "scoped.h"
#include "seeded_world.h"
#include "xattr_set.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

static struct sealift_error err;
static struct seeded_world seeded;
static struct playground playground;
static char path[PATH_MAX + 64]; /* the target's */

static void
name_target(void)
{
    snprintf(path, sizeof(path), "%s/new", playground.path);
}

static void
set_up(void)
{
    seeded_world_init(&seeded, 7);
    playground_make(&playground);
    name_target();
    degraded[0] = '\0';
}

static void
tear_down(void)
{
    playground_remove(&playground);
}

TestSuite(target, .init = set_up, .fini = tear_down);

static struct target *
target_of(const char *root)
{
    struct target *target = NULL;

    cr_assert_eq(target_open(&seeded.world, root, degraded_note, NULL, &target, &err), SEALIFT_OK, "%s", err.message);
    return target;
}

/* An entry of this user's, with a time that is not now. */
static struct tree_entry
entry_of(enum tree_type type, const char *name, uint32_t mode)
{
    return (struct tree_entry){.path = bytes_of_text(name),
                               .type = type,
                               .mode = mode,
                               .uid = geteuid(),
                               .gid = getegid(),
                               .mtime_s = 1000000000,
                               .mtime_ns = 123456789};
}

static void
make(struct target *target, enum tree_type type, const char *name, uint32_t mode)
{
    struct tree_entry entry = entry_of(type, name, mode);

    cr_assert_eq(target_make(target, &entry, &err), SEALIFT_OK, "%s", err.message);
}

static enum sealift_status
try_file(struct target *target, const struct tree_entry *entry, const char *contents)
{
    struct tree_entry sized = *entry;
    struct target_file *file = NULL;

    if (sized.size == 0)
        sized.size = strlen(contents);
    TRY(target_file_make(target, &sized, &file, &err));
    if (target_file_write(file, 0, bytes_of_text(contents), &err) != SEALIFT_OK) {
        target_file_abandon(&file);
        return err.status;
    }
    return target_file_finish(&file, &err);
}

static void
make_file(struct target *target, const struct tree_entry *entry, const char *contents)
{
    cr_assert_eq(try_file(target, entry, contents), SEALIFT_OK, "%s", err.message);
}

static void
finish_directory(struct target *target, const char *name, uint32_t mode)
{
    struct tree_entry entry = entry_of(TREE_DIRECTORY, name, mode);

    cr_assert_eq(target_finish_entry(target, &entry, &err), SEALIFT_OK, "%s", err.message);
}

static struct stat
stat_of(const char *name)
{
    char full[2 * PATH_MAX];
    struct stat stat;

    snprintf(full, sizeof(full), "%s/%s", path, name);
    cr_assert_eq(lstat(full, &stat), 0, "%s: %s", full, strerror(errno));
    return stat;
}

static bool
exists(const char *name)
{
    char full[2 * PATH_MAX];
    struct stat stat;

    snprintf(full, sizeof(full), "%s/%s", path, name);
    return lstat(full, &stat) == 0;
}

static void
expect_contents(const char *name, const char *contents)
{
    char full[2 * PATH_MAX], got[4096] = "";
    int fd;

    snprintf(full, sizeof(full), "%s/%s", path, name);
    fd = open(full, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0, "%s: %s", full, strerror(errno));
    cr_assert_geq(read(fd, got, sizeof(got) - 1), 0);
    close(fd);
    cr_assert_str_eq(got, contents);
}

static void
expect_message(const char *part)
{
    cr_assert_not_null(strstr(err.message, part), "\"%s\" is not in: %s", part, err.message);
}

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

static void
add_xattr(struct buf *set, const char *name, const void *value, size_t len)
{
    cr_assert_eq(xattr_set_add(set, name, (struct bytes){value, len}, &err), SEALIFT_OK, "%s", err.message);
}

static void
expect_xattr(const char *name, const char *attribute, const void *value, size_t len)
{
    char full[2 * PATH_MAX], got[4096];

    snprintf(full, sizeof(full), "%s/%s", path, name);
    cr_assert_eq(lgetxattr(full, attribute, got, sizeof(got)), (ssize_t)len, "%s: %s", attribute, strerror(errno));
    cr_assert_eq(memcmp(got, value, len), 0);
}

/* Whether the playground's filesystem takes one more attribute, of this user, of the same file. */
static bool
takes_more_xattrs(const char *attribute, const void *value, size_t len)
{
    char full[PATH_MAX + 8];

    snprintf(full, sizeof(full), "%s/probe", playground.path);
    return lsetxattr(full, attribute, value, len, 0) == 0;
}

static bool
takes_xattr(const char *attribute, const void *value, size_t len)
{
    playground_file(playground.fd, "probe", "");
    return takes_more_xattrs(attribute, value, len);
}

Test(target, sets_extended_attributes)
{
    SCOPED(target_free) struct target *target = target_of(path);
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry file = entry_of(TREE_FILE, "file", 0400), directory = entry_of(TREE_DIRECTORY, "d", 0500);

    if (!takes_xattr("user.probe", "x", 1))
        cr_skip_test("this filesystem has no user attributes");
    add_xattr(&set, "user.a", "", 0);
    add_xattr(&set, "user.b", "\0\xff", 2);
    file.xattrs = directory.xattrs = buf_bytes(&set);
    make_file(target, &file, "");
    expect_xattr("file", "user.a", "", 0);
    expect_xattr("file", "user.b", "\0\xff", 2);
    make(target, TREE_DIRECTORY, "d", 0500);
    cr_assert_eq(target_finish_entry(target, &directory, &err), SEALIFT_OK);
    cr_assert_eq(target_finish(target, &err), SEALIFT_OK);
    expect_xattr("d", "user.b", "\0\xff", 2);
    cr_assert_str_eq(degraded, "");
}

Test(target, sets_extended_attributes_of_links_and_fifos)
{
    SCOPED(target_free) struct target *target = target_of(path);
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry link = entry_of(TREE_SYMLINK, "link", 0777), fifo = entry_of(TREE_FIFO, "fifo", 0600);

    if (!takes_xattr("trusted.probe", "x", 1))
        cr_skip_test("trusted attributes need root");
    add_xattr(&set, "trusted.of", "its own", 7);
    link.target = bytes_of_text("/etc/passwd");
    link.xattrs = fifo.xattrs = buf_bytes(&set);
    cr_assert_eq(target_make(target, &link, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_make(target, &fifo, &err), SEALIFT_OK, "%s", err.message);
    expect_xattr("link", "trusted.of", "its own", 7);
    expect_xattr("fifo", "trusted.of", "its own", 7);
    cr_assert_lt(getxattr("/etc/passwd", "trusted.of", NULL, 0), 0);
    cr_assert_str_eq(degraded, "");
}

/* ext4 answers "no space" when the attributes of one inode outgrow the room that it has for them: the disk is not full.
 */
Test(target, does_not_take_too_many_attributes_for_a_full_disk)
{
    static const char large[3000];
    SCOPED(target_free) struct target *target = target_of(path);
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry entry = entry_of(TREE_FILE, "file", 0600);

    if (!takes_xattr("user.a", large, sizeof(large)))
        cr_skip_test("this filesystem has no user attributes");
    if (takes_more_xattrs("user.b", large, sizeof(large)))
        cr_skip_test("this filesystem takes attributes of any size");
    add_xattr(&set, "user.a", large, sizeof(large));
    add_xattr(&set, "user.b", large, sizeof(large));
    entry.xattrs = buf_bytes(&set);
    make_file(target, &entry, "contents");
    expect_xattr("file", "user.a", large, sizeof(large));
    cr_assert_str_eq(
        degraded,
        "file: its extended attribute user.b could not be set: this filesystem has no room for more in one inode\n");
}

/* Version 2: owner rwx, user 1234 rwx, group ---, mask rwx, others ---. */
static const uint8_t acl[] = {2, 0,    0,   0,   1,   0,   7,  0, 255, 255, 255, 255, 2,   0,  7,
                              0, 0xd2, 4,   0,   0,   4,   0,  0, 0,   255, 255, 255, 255, 16, 0,
                              7, 0,    255, 255, 255, 255, 32, 0, 0,   0,   255, 255, 255, 255};

Test(target, sets_acls_beside_the_mode)
{
    SCOPED(target_free) struct target *target = target_of(path);
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry entry = entry_of(TREE_FILE, "file", 0770);

    if (!takes_xattr("system.posix_acl_access", acl, sizeof(acl)))
        cr_skip_test("this filesystem has no ACLs");
    add_xattr(&set, "system.posix_acl_access", acl, sizeof(acl));
    entry.xattrs = buf_bytes(&set);
    make_file(target, &entry, "");
    expect_xattr("file", "system.posix_acl_access", acl, sizeof(acl));
    cr_assert_eq(stat_of("file").st_mode, S_IFREG | 0770);
}

/* A change of owner clears both, so they must come after it. */
Test(target, keeps_set_id_bits_and_capabilities_beside_an_owner)
{
    static const uint8_t capability[] = {1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    SCOPED(target_free) struct target *target = target_of(path);
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry entry = entry_of(TREE_FILE, "program", 06755);

    if (!takes_xattr("security.capability", capability, sizeof(capability)))
        cr_skip_test("file capabilities need root");
    add_xattr(&set, "security.capability", capability, sizeof(capability));
    entry.xattrs = buf_bytes(&set);
    entry.uid = 1000;
    entry.gid = 1001;
    make_file(target, &entry, "#!/bin/true\n");
    cr_assert_eq(stat_of("program").st_uid, 1000);
    cr_assert_eq(stat_of("program").st_gid, 1001);
    cr_assert_eq(stat_of("program").st_mode, S_IFREG | 06755);
    expect_xattr("program", "security.capability", capability, sizeof(capability));
    cr_assert_str_eq(degraded, "");
}

Test(target, sets_the_owner_of_every_type)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry link = entry_of(TREE_SYMLINK, "link", 0777), directory = entry_of(TREE_DIRECTORY, "d", 02775);

    if (geteuid() != 0)
        cr_skip_test("giving files away needs root");
    link.target = bytes_of_text("/etc/passwd");
    link.uid = directory.uid = 4000000000;
    link.gid = directory.gid = 4000000001;
    cr_assert_eq(target_make(target, &link, &err), SEALIFT_OK, "%s", err.message);
    make(target, TREE_DIRECTORY, "d", 02775);
    cr_assert_eq(target_finish_entry(target, &directory, &err), SEALIFT_OK);
    cr_assert_eq(target_finish(target, &err), SEALIFT_OK);
    cr_assert_eq(stat_of("link").st_uid, 4000000000);
    cr_assert_eq(stat_of("link").st_gid, 4000000001);
    cr_assert_eq(stat_of("d").st_uid, 4000000000);
    cr_assert_eq(stat_of("d").st_mode, S_IFDIR | 02775);
}

/* To chown() this number says "leave it": a program of nobody's must not become root's. */
Test(target, takes_the_highest_uid_for_nobodys)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry entry = entry_of(TREE_FILE, "program", 04755);

    entry.uid = UINT32_MAX;
    make_file(target, &entry, "");
    cr_assert_eq(stat_of("program").st_mode, S_IFREG | 0755);
    cr_assert_not_null(strstr(degraded, "program: its owner"), "%s", degraded);
}

static int
restore_as_ordinary_user(void *argument)
{
    SCOPED(target_free) struct target *target = NULL;
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry program = entry_of(TREE_FILE, "a/program", 06755),
                      device = entry_of(TREE_CHARACTER_DEVICE, "null", 0666),
                      link = entry_of(TREE_HARD_LINK, "null-too", 0), closed = entry_of(TREE_DIRECTORY, "a", 0),
                      symlink = entry_of(TREE_SYMLINK, "symlink", 0777);

    PLAYGROUND_CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
    PLAYGROUND_CHECK(target_open(&seeded.world, argument, degraded_note, NULL, &target, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(target_make(target, &closed, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(xattr_set_add(&set, "security.capability", bytes_of_text("never looked at"), &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(xattr_set_add(&set, "trusted.secret", bytes_of_text("x"), &err) == SEALIFT_OK);
    program.uid = 12345;
    program.xattrs = buf_bytes(&set);
    PLAYGROUND_CHECK(try_file(target, &program, "#!/bin/true\n") == SEALIFT_OK);
    device.major = 1;
    device.minor = 3;
    PLAYGROUND_CHECK(target_make(target, &device, &err) == SEALIFT_OK);
    link.target = bytes_of_text("null");
    PLAYGROUND_CHECK(target_make(target, &link, &err) == SEALIFT_OK);
    symlink.target = bytes_of_text("a");
    PLAYGROUND_CHECK(target_make(target, &symlink, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(target_finish_entry(target, &closed, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(target_finish(target, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(
        strcmp(degraded,
               "a/program: its owner 12345:65534 could not be set: Operation not permitted\n"
               "a/program: its extended attribute trusted.secret could not be set: Operation not permitted\n"
               "a/program: its set-user-ID and set-group-ID bits and file capabilities were left out, since it has "
               "another owner\n"
               "null: it could not be made: this user, or this filesystem, may have none of its kind\n"
               "null-too: this name was left out: the entry that it is another name of could not be made\n") == 0);
    return 0;
}

Test(target, tells_an_ordinary_user_what_was_left_out_and_goes_on)
{
    if (geteuid() != 0)
        cr_skip_test("the sentences are those of nobody, which needs root to become");
    playground_directory(playground.fd, "new");
    cr_assert_eq(fchownat(playground.fd, "new", 65534, 65534, 0), 0);
    cr_assert_eq(playground_as_ordinary_user(restore_as_ordinary_user, path), 0);
    cr_assert_eq(stat_of("a/program").st_mode, S_IFREG | 0755);
    cr_assert_eq(stat_of("a").st_mode, S_IFDIR);
    cr_assert_not(exists("null"));
}

Test(target, leaves_the_group_nothing_where_acls_cannot_be_set)
{
    SCOPED(target_free) struct target *target = NULL;
    SCOPED(buf_done) struct buf set = {0};
    struct tree_entry entry = entry_of(TREE_FILE, "file", 0770);

    playground_directory(playground.fd, "new");
    if (mount("sealift-test", path, "tmpfs", 0, "size=1m,noacl") != 0 &&
        mount("sealift-test", path, "ramfs", 0, NULL) != 0)
        cr_skip_test("mounting needs root");
    if (setxattr(path, "system.posix_acl_access", acl, sizeof(acl), 0) == 0) {
        playground_unmount(playground.fd, "new");
        cr_skip_test("no filesystem without ACLs is at hand");
    }
    target = target_of(path);
    add_xattr(&set, "system.posix_acl_access", acl, sizeof(acl));
    entry.xattrs = buf_bytes(&set);
    make_file(target, &entry, "");
    cr_assert_eq(stat_of("file").st_mode, S_IFREG | 0700);
    cr_assert_not_null(strstr(degraded, "file: its extended attribute system.posix_acl_access could not be set"), "%s",
                       degraded);
    playground_unmount(playground.fd, "new");
}

Test(target, makes_its_directory_with_its_parents)
{
    SCOPED(target_free) struct target *target = NULL;

    snprintf(path, sizeof(path), "%s/new/deep//er/", playground.path);
    target = target_of(path);
    cr_assert_eq(stat_of("").st_mode, S_IFDIR | 0700);
    cr_assert_eq(stat_of("..").st_mode & 0700, 0700);
}

Test(target, refuses_a_directory_that_is_not_empty)
{
    struct target *target = NULL;

    playground_directory(playground.fd, "new");
    playground_file(playground.fd, "new/precious.txt", "");
    cr_assert_eq(target_open(&seeded.world, path, degraded_note, NULL, &target, &err), SEALIFT_CONFLICT);
    expect_message("\"precious.txt\"");
    expect_message(path);
    cr_assert_null(target);
}

Test(target, refuses_what_is_no_directory)
{
    struct target *target = NULL;

    playground_file(playground.fd, "new", "");
    cr_assert_eq(target_open(&seeded.world, path, degraded_note, NULL, &target, &err), SEALIFT_INVALID);
    snprintf(path, sizeof(path), "%s/new/below", playground.path);
    cr_assert_eq(target_open(&seeded.world, path, degraded_note, NULL, &target, &err), SEALIFT_INVALID);
    cr_assert_eq(target_open(&seeded.world, "", degraded_note, NULL, &target, &err), SEALIFT_NOT_FOUND);
}

Test(target, takes_the_lost_and_found_of_a_fresh_filesystem_for_the_trees)
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

Test(target, does_not_hand_on_the_acl_of_a_directory_that_was_there)
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

/* --- what this filesystem cannot hold --- */

Test(target, leaves_out_a_file_that_is_larger_than_one_may_be_here)
{
    SCOPED(target_free) struct target *target = target_of(path);
    struct tree_entry entry = entry_of(TREE_FILE, "huge", 0600), link = entry_of(TREE_HARD_LINK, "other-name", 0);
    struct target_file *file = NULL;
    struct statfs filesystem;

    cr_assert_eq(statfs(playground.path, &filesystem), 0);
    if (filesystem.f_type != 0xef53)
        cr_skip_test("$TMPDIR is not on ext4, whose files end at 16 TiB");
    entry.size = (uint64_t)1 << 62;
    cr_assert_eq(target_file_make(target, &entry, &file, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_file_write(file, 5, bytes_of_text("data"), &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_file_finish(&file, &err), SEALIFT_OK, "%s", err.message);
    link.target = entry.path;
    cr_assert_eq(target_make(target, &link, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_finish_entry(target, &entry, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(target_finish(target, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_not(exists("huge"));
    cr_assert_not(exists("other-name"));
    cr_assert_str_eq(degraded, "huge: it was left out: it is larger than a file may be on this filesystem\n"
                               "other-name: this name was left out: the entry that it is another name of could not be "
                               "made\n");
}

/* From here on no directory can be made in this process: "its name is too long", as eCryptfs says beyond 143 bytes. */
static bool
let_no_directory_be_made(void)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdirat, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENAMETOOLONG),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof(steps) / sizeof(steps[0]), steps};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int
restore_without_a_directory(void *argument)
{
    SCOPED(target_free) struct target *target = target_of(path);
    const struct tree_entry root = entry_of(TREE_DIRECTORY, "", 0755), a = entry_of(TREE_DIRECTORY, "a", 0755),
                            b = entry_of(TREE_DIRECTORY, "b", 0755), in_b = entry_of(TREE_FILE, "b/file", 0600),
                            deeper = entry_of(TREE_DIRECTORY, "b/deeper", 0755), c = entry_of(TREE_FILE, "c", 0600);
    struct tree_entry link = entry_of(TREE_HARD_LINK, "d", 0);
    const struct tree_entry *const all[] = {&root, &a, &b, &deeper, &in_b, &c, &link};

    (void)argument;
    link.target = in_b.path;
    PLAYGROUND_CHECK(target_make(target, &root, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(target_make(target, &a, &err) == SEALIFT_OK);
    if (!let_no_directory_be_made())
        return 2;
    PLAYGROUND_CHECK(target_make(target, &b, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(target_make(target, &deeper, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(try_file(target, &in_b, "lost") == SEALIFT_OK);
    PLAYGROUND_CHECK(try_file(target, &c, "kept") == SEALIFT_OK);
    PLAYGROUND_CHECK(target_make(target, &link, &err) == SEALIFT_OK);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        PLAYGROUND_CHECK(target_finish_entry(target, all[i], &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(target_finish(target, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(exists("a") && !exists("b") && exists("c") && !exists("d"));
    PLAYGROUND_CHECK(strcmp(degraded, "b: it was left out: its name is longer than this filesystem allows, and with it "
                                      "all that lies in it\n"
                                      "b/deeper: it was left out, since its directory was\n"
                                      "b/file: it was left out, since its directory was\n"
                                      "d: this name was left out: the entry that it is another name of could not be "
                                      "made\n") == 0);
    return 0;
}

Test(target, leaves_out_what_lies_in_a_directory_whose_name_is_too_long)
{
    int result;

    cr_assert_eq(chmod(playground.path, 0777), 0);
    result = playground_as_ordinary_user(restore_without_a_directory, NULL);
    if (result == 2)
        cr_skip_test("this kernel has no seccomp filters");
    cr_assert_eq(result, 0);
}
