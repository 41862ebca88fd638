#include "entry_reader.h"

#include "playground.h"
#include "scoped.h"
#include "seeded_world.h"
#include "xattr_set.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MIB ((uint64_t)1 << 20)

static struct sealift_error err;
static struct seeded_world seeded;
static struct playground playground;
static struct entry_reader *reader;

static void
set_up(void)
{
    seeded_world_init(&seeded, 7);
    playground_make(&playground);
    cr_assert_eq(entry_reader_new(&seeded.world, &reader, &err), SEALIFT_OK);
}

static void
tear_down(void)
{
    entry_reader_free(&reader);
    playground_remove(&playground);
}

TestSuite(entry_reader, .init = set_up, .fini = tear_down);

/* What the walk gives for `path`. */
static struct walk_entry *
find(const char *path)
{
    const struct walk_options options = {.cross_mounts = true};
    SCOPED(walk_free) struct walk *walk = NULL;
    struct walk_entry *entry = NULL;

    if (walk_open(&seeded.world, playground.path, &options, &walk, &err) != SEALIFT_OK)
        return NULL;
    while (walk_next(walk, &entry, &err) == SEALIFT_OK && entry != NULL) {
        if (bytes_equal(entry->meta.path, bytes_of_text(path)))
            return entry;
        walk_entry_free(&entry);
    }
    return NULL;
}

static const struct tree_entry *
open_entry(const char *path)
{
    SCOPED(walk_entry_free) struct walk_entry *entry = find(path);

    cr_assert_not_null(entry, "%s is not in the walk", path);
    cr_assert_eq(entry_reader_open(reader, entry, &err), SEALIFT_OK, "%s", err.message);
    return entry_reader_meta(reader);
}

Test(entry_reader, reads_a_file)
{
    const struct tree_entry *meta;
    uint8_t out[64];
    size_t len;

    playground_directory(playground.fd, "d");
    playground_file(playground.fd, "d/file", "the contents");
    meta = open_entry("d/file");
    cr_assert_eq(meta->type, TREE_FILE);
    cr_assert(bytes_equal(meta->path, bytes_of_text("d/file")));
    cr_assert_eq(meta->size, 12);
    cr_assert_eq(entry_reader_read(reader, 4, sizeof(out), out, &len, &err), SEALIFT_OK);
    cr_assert_eq(len, 8);
    cr_assert_eq(memcmp(out, "contents", 8), 0);
    cr_assert_eq(entry_reader_read(reader, 12, sizeof(out), out, &len, &err), SEALIFT_OK);
    cr_assert_eq(len, 0);
}

Test(entry_reader, reads_where_a_link_points_to)
{
    char target[4096];
    const struct tree_entry *meta;

    memset(target, 'x', sizeof(target) - 1);
    target[sizeof(target) - 1] = '\0';
    cr_assert_eq(symlinkat(target, playground.fd, "long"), 0);
    cr_assert_eq(symlinkat("../\xff\n", playground.fd, "odd"), 0);
    meta = open_entry("long");
    cr_assert_eq(meta->type, TREE_SYMLINK);
    cr_assert_eq(meta->size, 0);
    cr_assert(bytes_equal(meta->target, bytes_of_text(target)));
    cr_assert(bytes_equal(open_entry("odd")->target, bytes_of_text("../\xff\n")));
}

Test(entry_reader, opens_the_root_and_every_other_type_without_waiting)
{
    cr_assert_eq(mknodat(playground.fd, "fifo", S_IFIFO | 0640, 0), 0);
    cr_assert_eq(mknodat(playground.fd, "socket", S_IFSOCK | 0600, 0), 0);
    cr_assert_eq(open_entry("")->type, TREE_DIRECTORY);
    cr_assert_eq(open_entry("socket")->type, TREE_SOCKET);
    cr_assert_eq(open_entry("fifo")->type, TREE_FIFO);
    cr_assert_eq(entry_reader_meta(reader)->mode, 0640);
}

Test(entry_reader, gives_the_inode_behind_a_later_name_in_full)
{
    const struct tree_entry *meta;

    playground_file(playground.fd, "a", "linked");
    cr_assert_eq(linkat(playground.fd, "a", playground.fd, "b", 0), 0);
    meta = open_entry("b");
    cr_assert_eq(meta->type, TREE_FILE);
    cr_assert_eq(meta->size, 6);
    cr_assert_eq(meta->links, 2);
}

static void
expect_xattr(struct bytes *set, const char *name, const void *value, size_t len)
{
    char got[256];
    struct bytes got_value;

    cr_assert_eq(xattr_set_cut(set, got, &got_value, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(got, name);
    cr_assert(bytes_equal(got_value, (struct bytes){value, len}));
}

static void
set_xattr_or_skip(const char *file, const char *name, const void *value, size_t len)
{
    char path[PATH_MAX + 64];

    snprintf(path, sizeof(path), "%s/%s", playground.path, file);
    if (lsetxattr(path, name, value, len, 0) != 0)
        cr_skip_test("%s: this user or filesystem has no such attributes: %s", name, strerror(errno));
}

Test(entry_reader, reads_extended_attributes_in_the_order_of_their_names)
{
    struct bytes set;
    static char large[3000];

    playground_file(playground.fd, "file", "");
    memset(large, 0xee, sizeof(large));
    set_xattr_or_skip("file", "user.z", "\0binary", 7);
    set_xattr_or_skip("file", "user.large", large, sizeof(large));
    set_xattr_or_skip("file", "user.a", "", 0);
    set = open_entry("file")->xattrs;
    expect_xattr(&set, "user.a", "", 0);
    expect_xattr(&set, "user.large", large, sizeof(large));
    expect_xattr(&set, "user.z", "\0binary", 7);
    cr_assert_eq(set.len, 0);
}

Test(entry_reader, reads_extended_attributes_of_directories)
{
    struct bytes set;

    playground_directory(playground.fd, "d");
    set_xattr_or_skip("d", "user.comment", "of a directory", 14);
    set = open_entry("d")->xattrs;
    expect_xattr(&set, "user.comment", "of a directory", 14);
    cr_assert_eq(open_entry("")->xattrs.len, 0);
}

Test(entry_reader, reads_extended_attributes_of_links_and_not_of_what_they_point_to)
{
    struct bytes set;

    playground_file(playground.fd, "file", "");
    cr_assert_eq(symlinkat("file", playground.fd, "link"), 0);
    cr_assert_eq(mknodat(playground.fd, "fifo", S_IFIFO | 0600, 0), 0);
    set_xattr_or_skip("file", "trusted.of", "the file", 8);
    set_xattr_or_skip("link", "trusted.of", "the link", 8);
    set_xattr_or_skip("fifo", "trusted.of", "the fifo", 8);
    set = open_entry("link")->xattrs;
    expect_xattr(&set, "trusted.of", "the link", 8);
    set = open_entry("fifo")->xattrs;
    expect_xattr(&set, "trusted.of", "the fifo", 8);
}

Test(entry_reader, keeps_acls_as_the_kernel_gives_them)
{
    /* Version 2: owner rw-, user 1234 r--, group r--, mask r--, others ---. */
    static const uint8_t acl[] = {2, 0,    0,   0,   1,   0,   6,  0, 255, 255, 255, 255, 2,   0,  4,
                                  0, 0xd2, 4,   0,   0,   4,   0,  4, 0,   255, 255, 255, 255, 16, 0,
                                  4, 0,    255, 255, 255, 255, 32, 0, 0,   0,   255, 255, 255, 255};
    struct bytes set;

    playground_file(playground.fd, "file", "");
    set_xattr_or_skip("file", "system.posix_acl_access", acl, sizeof(acl));
    set = open_entry("file")->xattrs;
    expect_xattr(&set, "system.posix_acl_access", acl, sizeof(acl));
}

static void
write_piece(const char *name, uint64_t offset, size_t len)
{
    int fd = openat(playground.fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    char *data = calloc(1, len);

    memset(data, 'd', len);
    cr_assert_eq(pwrite(fd, data, len, (off_t)offset), (ssize_t)len);
    free(data);
    close(fd);
}

static void
cut_file(const char *name, uint64_t size)
{
    int fd = openat(playground.fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    cr_assert_eq(ftruncate(fd, (off_t)size), 0);
    close(fd);
}

/* Whether this filesystem has holes and tells of them. */
static bool
knows_holes(void)
{
    struct stat stat;
    int fd;
    off_t data;

    cut_file("probe", 8 * MIB);
    cr_assert_eq(fstatat(playground.fd, "probe", &stat, 0), 0);
    fd = openat(playground.fd, "probe", O_RDONLY | O_CLOEXEC);
    data = lseek(fd, 0, SEEK_DATA);
    close(fd);
    return stat.st_blocks == 0 && data < 0;
}

static void
expect_run(uint64_t from, uint64_t to, uint64_t length, bool hole)
{
    uint64_t got;
    bool got_hole;

    cr_assert_eq(entry_reader_run(reader, from, to, &got, &got_hole, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(got, length, "from %zu: %zu, not %zu", (size_t)from, (size_t)got, (size_t)length);
    if (length > 0)
        cr_assert_eq(got_hole, hole);
}

Test(entry_reader, tells_runs_of_data_from_holes)
{
    if (!knows_holes())
        cr_skip_test("this filesystem does not tell where holes are");
    write_piece("file", 1 * MIB, MIB);
    write_piece("file", 4 * MIB, 65536);
    cut_file("file", 6 * MIB);
    open_entry("file");
    expect_run(0, UINT64_MAX, MIB, true);
    expect_run(MIB, UINT64_MAX, MIB, false);
    expect_run(2 * MIB, UINT64_MAX, 2 * MIB, true);
    expect_run(4 * MIB, UINT64_MAX, 65536, false);
    expect_run(4 * MIB + 65536, UINT64_MAX, 2 * MIB - 65536, true);
    expect_run(6 * MIB, UINT64_MAX, 0, false);
    expect_run(7 * MIB, UINT64_MAX, 0, false);
}

/* On tmpfs, whose files may have any size. */
Test(entry_reader, finds_a_hole_of_any_size_at_once)
{
    const uint64_t size = (uint64_t)1 << 62;

    playground_directory(playground.fd, "large");
    if (!playground_mount(playground.fd, "large", 1 << 20, false))
        cr_skip_test("mounting needs root");
    write_piece("large/file", size - 8192, 4096);
    cut_file("large/file", size);
    open_entry("large/file");
    expect_run(0, UINT64_MAX, size - 8192, true);
    expect_run(size - 8192, UINT64_MAX, 4096, false);
    expect_run(size - 4096, UINT64_MAX, 4096, true);
    entry_reader_close(reader);
    playground_unmount(playground.fd, "large");
}

Test(entry_reader, cuts_a_run_where_it_is_asked_to)
{
    if (!knows_holes())
        cr_skip_test("this filesystem does not tell where holes are");
    write_piece("file", 1 * MIB, MIB);
    open_entry("file");
    expect_run(0, 1000, 1000, true);
    expect_run(1000, 2 * MIB, MIB - 1000, true);
    expect_run(MIB + 5, MIB + 10, 5, false);
    expect_run(MIB, MIB, 0, false);
    expect_run(10, 20, 10, true);
}

Test(entry_reader, finds_the_holes_of_small_files_too)
{
    if (!knows_holes())
        cr_skip_test("this filesystem does not tell where holes are");
    cut_file("hole", 100);
    write_piece("data", 0, 100);
    open_entry("hole");
    expect_run(0, UINT64_MAX, 100, true);
    open_entry("data");
    expect_run(0, UINT64_MAX, 100, false);
    cut_file("empty", 0);
    open_entry("empty");
    expect_run(0, UINT64_MAX, 0, false);
}

Test(entry_reader, ends_where_a_growing_file_ended_when_it_was_opened)
{
    playground_file(playground.fd, "log", "first line\n");
    open_entry("log");
    write_piece("log", 11, 5000);
    expect_run(0, UINT64_MAX, 11, false);
    expect_run(11, UINT64_MAX, 0, false);
}

Test(entry_reader, sees_whether_a_file_changed_since)
{
    const struct timespec times[2] = {{0, UTIME_OMIT}, {1000, 0}};
    bool unchanged = false;

    playground_file(playground.fd, "file", "before");
    open_entry("file");
    cr_assert_eq(entry_reader_is_unchanged(reader, &unchanged, &err), SEALIFT_OK);
    cr_assert(unchanged);

    /* Not even a change that puts the time of the last one back. */
    write_piece("file", 0, 6);
    cr_assert_eq(utimensat(playground.fd, "file", times, 0), 0);
    open_entry("file");
    usleep(20000);
    write_piece("file", 0, 6);
    cr_assert_eq(utimensat(playground.fd, "file", times, 0), 0);
    cr_assert_eq(entry_reader_is_unchanged(reader, &unchanged, &err), SEALIFT_OK);
    cr_assert_not(unchanged);

    open_entry("file");
    write_piece("file", 6, 1);
    cr_assert_eq(entry_reader_is_unchanged(reader, &unchanged, &err), SEALIFT_OK);
    cr_assert_not(unchanged);
}

Test(entry_reader, leaves_the_access_time_alone)
{
    const struct timespec times[2] = {{1000, 0}, {2000, 0}}; /* older than mtime: relatime would renew it */
    struct stat stat;
    uint8_t out[16];
    size_t len;

    playground_file(playground.fd, "file", "contents");
    cr_assert_eq(utimensat(playground.fd, "file", times, 0), 0);
    open_entry("file");
    cr_assert_eq(entry_reader_read(reader, 0, sizeof(out), out, &len, &err), SEALIFT_OK);
    cr_assert_eq(fstatat(playground.fd, "file", &stat, 0), 0);
    cr_assert_eq(stat.st_atim.tv_sec, 1000);
}

/* What stands at "file" by the time it is opened is not what the walk saw. */
static void
expect_replaced(struct walk_entry *entry)
{
    cr_assert_eq(entry_reader_open(reader, entry, &err), SEALIFT_NOT_FOUND, "%d: %s", err.status, err.message);
    cr_assert_not_null(strstr(err.message, "file"), "%s", err.message);
    cr_assert_eq(unlinkat(playground.fd, "file", 0), 0);
}

Test(entry_reader, takes_nothing_else_for_the_file_that_the_walk_saw)
{
    SCOPED(walk_entry_free) struct walk_entry *entry = NULL;

    playground_file(playground.fd, "file", "the one");
    playground_file(playground.fd, "other", "another one");
    entry = find("file");
    cr_assert_eq(renameat(playground.fd, "file", playground.fd, "kept"), 0); /* its inode is not used anew */
    cr_assert_eq(entry_reader_open(reader, entry, &err), SEALIFT_NOT_FOUND);
    cr_assert_eq(linkat(playground.fd, "other", playground.fd, "file", 0), 0);
    expect_replaced(entry);
    cr_assert_eq(symlinkat("kept", playground.fd, "file"), 0);
    expect_replaced(entry);
    cr_assert_eq(mknodat(playground.fd, "file", S_IFSOCK | 0600, 0), 0);
    expect_replaced(entry);
    cr_assert_eq(mknodat(playground.fd, "file", S_IFIFO | 0600, 0), 0); /* and does not wait for a writer */
    expect_replaced(entry);
    cr_assert_eq(renameat(playground.fd, "kept", playground.fd, "file"), 0);
    cr_assert_eq(entry_reader_open(reader, entry, &err), SEALIFT_OK, "%s", err.message);
}

Test(entry_reader, takes_no_file_for_a_directory)
{
    SCOPED(walk_entry_free) struct walk_entry *entry = NULL;

    playground_directory(playground.fd, "d");
    entry = find("d");
    cr_assert_eq(renameat(playground.fd, "d", playground.fd, "kept"), 0);
    cr_assert_eq(symlinkat("kept", playground.fd, "d"), 0);
    cr_assert_eq(entry_reader_open(reader, entry, &err), SEALIFT_NOT_FOUND);
}

static int
read_as_ordinary_user(void *argument)
{
    SCOPED(walk_entry_free)
    struct walk_entry *closed = find("closed"), *open = find("open"), *link = find("link"),
                      *directory = find("directory");
    uint8_t out[8];
    size_t len;

    (void)argument;
    /* As the command is: nobody but root may look into its /proc, and it must go on seeing its own
     * descriptors there. */
    PLAYGROUND_CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
    PLAYGROUND_CHECK(closed != NULL && open != NULL && link != NULL && directory != NULL);
    PLAYGROUND_CHECK(entry_reader_open(reader, closed, &err) == SEALIFT_DENIED);
    PLAYGROUND_CHECK(strcmp(err.message, "closed: cannot open: Permission denied") == 0);
    PLAYGROUND_CHECK(entry_reader_open(reader, open, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(entry_reader_read(reader, 0, sizeof(out), out, &len, &err) == SEALIFT_OK && len == 5);
    PLAYGROUND_CHECK(entry_reader_open(reader, link, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(bytes_equal(entry_reader_meta(reader)->target, bytes_of_text("closed")));
    PLAYGROUND_CHECK(entry_reader_open(reader, directory, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(entry_reader_meta(reader)->mode == 0);
    return 0;
}

/* A directory that may not be read still has attributes, and they are kept. */
Test(entry_reader, says_what_an_ordinary_user_may_not_read)
{
    playground_file(playground.fd, "closed", "closed");
    playground_file(playground.fd, "open", "open!");
    playground_directory(playground.fd, "directory");
    cr_assert_eq(symlinkat("closed", playground.fd, "link"), 0);
    cr_assert_eq(fchmodat(playground.fd, "closed", 0, 0), 0);
    cr_assert_eq(fchmodat(playground.fd, "directory", 0, 0), 0);
    cr_assert_eq(playground_as_ordinary_user(read_as_ordinary_user, NULL), 0);
}

Test(entry_reader, stops_when_asked_to)
{
    SCOPED(walk_entry_free) struct walk_entry *entry = NULL;

    playground_file(playground.fd, "file", "");
    entry = find("file");
    atomic_store(&seeded.cancel.asked, true);
    cr_assert_eq(entry_reader_open(reader, entry, &err), SEALIFT_CANCELLED);
}
