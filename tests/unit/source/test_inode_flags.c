#include "inode_flags.h"

#include "entry_reader.h"
#include "playground.h"
#include "scoped.h"
#include "seeded_world.h"
#include "tree_flags.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sealift_error err;
static struct seeded_world seeded;
static struct playground playground;

static void
set_up(void)
{
    seeded_world_init(&seeded, 7);
    playground_make(&playground);
}

static void
tear_down(void)
{
    playground_remove(&playground);
}

TestSuite(inode_flags, .init = set_up, .fini = tear_down);

/* Adds flags, as chattr does; skips where this filesystem, or this user, cannot. */
static void
add_flags(const char *name, unsigned flags)
{
    SCOPED(fd_done) int fd = openat(playground.fd, name, O_RDONLY | O_CLOEXEC);
    unsigned room[2] = {0};

    cr_assert_geq(fd, 0);
    if (ioctl(fd, FS_IOC_GETFLAGS, room) != 0)
        cr_skip_test("the filesystem of $TMPDIR has no flags");
    room[0] |= flags;
    if (ioctl(fd, FS_IOC_SETFLAGS, room) != 0)
        cr_skip_test("the filesystem of $TMPDIR, or this user, cannot set these flags");
}

static struct tree_entry
read_of(const char *name)
{
    SCOPED(fd_done) int fd = openat(playground.fd, name, O_RDONLY | O_CLOEXEC);
    struct tree_entry entry = {0};

    cr_assert_eq(inode_flags_read(fd, name, &entry, &err), SEALIFT_OK, "%s", err.message);
    return entry;
}

Test(inode_flags, are_none_where_chattr_set_none)
{
    struct tree_entry entry;

    playground_file(playground.fd, "file", "whose blocks ext4 keeps as extents, and notes that among its flags");
    entry = read_of("file");
    cr_assert_not(entry.has_flags);
    cr_assert_eq(entry.flags, 0);
    cr_assert_not(entry.has_project);
}

Test(inode_flags, are_those_that_chattr_sets_and_no_others)
{
    struct tree_entry entry;

    playground_file(playground.fd, "file", "contents");
    add_flags("file", FS_NODUMP_FL | FS_NOATIME_FL | FS_SYNC_FL);
    entry = read_of("file");
    cr_assert(entry.has_flags);
    cr_assert_eq(entry.flags, TREE_FLAG_NO_DUMP | TREE_FLAG_NO_ATIME | TREE_FLAG_SYNC);
}

Test(inode_flags, of_a_directory_too)
{
    playground_directory(playground.fd, "d");
    add_flags("d", FS_IMMUTABLE_FL | FS_DIRSYNC_FL);
    cr_assert_eq(read_of("d").flags, TREE_FLAG_IMMUTABLE | TREE_FLAG_DIR_SYNC);
}

Test(inode_flags, are_none_of_what_has_no_flags_at_all)
{
    SCOPED(fd_done) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct tree_entry entry = {0};

    cr_assert_eq(inode_flags_read(fd, "null", &entry, &err), SEALIFT_OK);
    cr_assert_not(entry.has_flags);
    fd_done(&fd);
    fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    cr_assert_eq(inode_flags_read(fd, "status", &entry, &err), SEALIFT_OK);
    cr_assert_not(entry.has_flags);
}

/* What the reader gives of the entries of a tree: each with its flags. */
static uint32_t
flags_in_the_tree(const char *path)
{
    const struct walk_options options = {0};
    SCOPED(walk_free) struct walk *walk = NULL;
    SCOPED(entry_reader_free) struct entry_reader *reader = NULL;

    cr_assert_eq(entry_reader_new(&seeded.world, &reader, &err), SEALIFT_OK);
    cr_assert_eq(walk_open(&seeded.world, playground.path, &options, &walk, &err), SEALIFT_OK);
    for (;;) {
        SCOPED(walk_entry_free) struct walk_entry *entry = NULL;

        cr_assert_eq(walk_next(walk, &entry, &err), SEALIFT_OK);
        cr_assert_not_null(entry, "%s is not in the walk", path);
        if (!bytes_equal(entry->meta.path, bytes_of_text(path)))
            continue;
        cr_assert_eq(entry_reader_open(reader, entry, &err), SEALIFT_OK, "%s", err.message);
        return entry_reader_meta(reader)->flags;
    }
}

Test(inode_flags, come_with_every_entry_that_can_have_them)
{
    cr_assert_eq(mknodat(playground.fd, "fifo", S_IFIFO | 0600, 0), 0);
    cr_assert_eq(symlinkat("file", playground.fd, "link"), 0);
    playground_file(playground.fd, "file", "");
    playground_directory(playground.fd, "d");
    add_flags("file", FS_NODUMP_FL);
    add_flags("d", FS_NOATIME_FL);
    add_flags(".", FS_NODUMP_FL);
    cr_assert_eq(flags_in_the_tree("file"), TREE_FLAG_NO_DUMP);
    cr_assert_eq(flags_in_the_tree("d"), TREE_FLAG_NO_ATIME);
    cr_assert_eq(flags_in_the_tree(""), TREE_FLAG_NO_DUMP);
    cr_assert_eq(flags_in_the_tree("fifo"), 0);
    cr_assert_eq(flags_in_the_tree("link"), 0);
}

static int
read_a_directory_without_the_right_to(void *argument)
{
    const struct walk_options options = {0};
    SCOPED(walk_free) struct walk *walk = NULL;
    SCOPED(entry_reader_free) struct entry_reader *reader = NULL;
    SCOPED(walk_entry_free) struct walk_entry *root = NULL, *closed = NULL;

    (void)argument;
    PLAYGROUND_CHECK(entry_reader_new(&seeded.world, &reader, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(walk_open(&seeded.world, playground.path, &options, &walk, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(walk_next(walk, &root, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(walk_next(walk, &closed, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(entry_reader_open(reader, closed, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(entry_reader_meta(reader)->mode == 0300);
    return 0;
}

Test(inode_flags, are_not_asked_of_a_directory_that_may_not_be_read)
{
    playground_directory(playground.fd, "closed");
    cr_assert_eq(fchmodat(playground.fd, "closed", 0300, 0), 0);
    cr_assert_eq(playground_as_ordinary_user(read_a_directory_without_the_right_to, NULL), 0);
}
