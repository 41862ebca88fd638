/* A tree with everything that a filesystem can hold, read by the source and written by the target, is the same tree. */
#include "entry_reader.h"
#include "playground.h"
#include "scoped.h"
#include "seeded_world.h"
#include "target.h"
#include "walk.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MIB ((uint64_t)1 << 20)

static struct sealift_error err;
static struct seeded_world seeded;
static struct playground playground;
static char source_path[PATH_MAX + 16], target_path[PATH_MAX + 16];

/* What was told on the way: nothing is expected. */
static char told[4096];

static void
note_missing(void *context, enum walk_notice notice, struct bytes path, const char *reason)
{
    (void)context;
    (void)notice;
    snprintf(told + strlen(told), sizeof(told) - strlen(told), "%.*s: %s\n", (int)path.len, (const char *)path.data,
             reason);
}

static void
note_degraded(void *context, struct bytes path, const char *what)
{
    note_missing(context, WALK_MISSING, path, what);
}

static const struct walk_options options = {.notify = note_missing};

/* The tree. */

static void
set_attributes(int fd, const char *name, mode_t mode, int64_t seconds)
{
    const struct timespec times[2] = {{seconds, 1}, {seconds, (long)(seeded_world_draw(&seeded) % 1000000000)}};

    cr_assert_eq(fchmodat(fd, name, mode, 0), 0);
    cr_assert_eq(utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void
make_contents(int fd)
{
    static const struct {
        const char *name;
        uint64_t pieces[3]; /* offsets of data; 0 ends them */
        uint64_t size;
    } sparse[] = {{"hole-first", {3 * MIB}, 4 * MIB},
                  {"hole-last", {4096}, 64 * MIB},
                  {"holes-between", {1 * MIB, 5 * MIB, 9 * MIB}, 9 * MIB + 65536},
                  {"all-hole", {0}, 512 * MIB},
                  {"small-hole", {0}, 1}};
    static char piece[65536];

    seeded_world_fill(&seeded.entropy, piece, sizeof(piece));
    playground_file(fd, "empty", "");
    playground_file(fd, "text", "the quick brown fox\n");
    for (size_t i = 0; i < sizeof(sparse) / sizeof(sparse[0]); i++) {
        SCOPED(fd_done) int file = openat(fd, sparse[i].name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        for (size_t at = 0; at < 3 && sparse[i].pieces[at] != 0; at++)
            cr_assert_eq(pwrite(file, piece, sizeof(piece), (off_t)sparse[i].pieces[at]), (ssize_t)sizeof(piece));
        cr_assert_eq(ftruncate(file, (off_t)sparse[i].size), 0);
        set_attributes(fd, sparse[i].name, 0600, 1700000000);
    }
}

static void
make_names(int fd)
{
    for (int byte = 1; byte < 256; byte++) {
        char name[] = {'n', (char)byte, 0}, inner[] = {'d', (char)byte, '/', (char)byte, '~', 0};

        if (byte == '/')
            continue;
        playground_file(fd, name, name);
        inner[2] = 0;
        playground_directory(fd, inner);
        inner[2] = '/';
        playground_file(fd, inner, "");
    }
}

static void
make_links(int fd)
{
    playground_file(fd, "linked", "by three names");
    playground_directory(fd, "far");
    cr_assert_eq(linkat(fd, "linked", fd, "a-name", 0), 0);
    cr_assert_eq(linkat(fd, "linked", fd, "far/name", 0), 0);
    cr_assert_eq(symlinkat("linked", fd, "symlink"), 0);
    cr_assert_eq(linkat(fd, "symlink", fd, "symlink-too", 0), 0);
    cr_assert_eq(symlinkat("far", fd, "to-a-directory"), 0);
    cr_assert_eq(symlinkat("\xff/../nowhere\n", fd, "dangling"), 0);
    cr_assert_eq(mknodat(fd, "fifo", S_IFIFO | 0600, 0), 0);
    cr_assert_eq(linkat(fd, "fifo", fd, "far/fifo", 0), 0);
    cr_assert_eq(mknodat(fd, "socket", S_IFSOCK | 0755, 0), 0);
    set_attributes(fd, "fifo", 0622, -1);
    if (geteuid() != 0)
        return;
    cr_assert_eq(mknodat(fd, "character", S_IFCHR | 0620, makedev(5, 1)), 0);
    cr_assert_eq(mknodat(fd, "block", S_IFBLK | 0660, makedev(259, 70000)), 0);
    cr_assert_eq(linkat(fd, "block", fd, "block-too", 0), 0);
    cr_assert_eq(fchownat(fd, "symlink", 1234, 4321, AT_SYMLINK_NOFOLLOW), 0);
}

static void
set_xattr_where_possible(int fd, const char *name, const char *attribute, const void *value, size_t len)
{
    char link[64 + NAME_MAX];

    snprintf(link, sizeof(link), "/proc/self/fd/%d/%s", fd, name);
    if (lsetxattr(link, attribute, value, len, 0) != 0)
        fprintf(stderr, "this user or filesystem has no %s: the round trip goes without\n", attribute);
}

static void
set_flags_where_possible(int fd, const char *name, unsigned flags)
{
    SCOPED(fd_done) int inode = openat(fd, name, O_RDONLY | O_CLOEXEC);
    unsigned room[2] = {0};

    if (ioctl(inode, FS_IOC_GETFLAGS, room) == 0) {
        room[0] |= flags;
        if (ioctl(inode, FS_IOC_SETFLAGS, room) == 0)
            return;
    }
    fprintf(stderr, "this user or filesystem cannot set the flags %#x: the round trip goes without\n", flags);
}

static void
make_flags(int fd)
{
    playground_directory(fd, "flags");
    playground_file(fd, "flags/not-dumped", "text");
    playground_file(fd, "flags/immutable", "text");
    cr_assert_eq(linkat(fd, "flags/immutable", fd, "flags/later-name", 0), 0);
    set_flags_where_possible(fd, "flags/not-dumped", FS_NODUMP_FL | FS_NOATIME_FL);
    set_flags_where_possible(fd, "flags/immutable", FS_IMMUTABLE_FL);
    set_flags_where_possible(fd, "flags", FS_NODUMP_FL | FS_APPEND_FL);
}

static void
make_metadata(int fd)
{
    static const mode_t modes[] = {0400, 0444, 0700, 0777, 01644, 02755, 04711, 06755, 07777};
    static const int64_t moments[] = {0, -1, -86400 * 365, 1000000000, 4102444800};
    static const uint8_t acl[] = {2, 0,   0,   0,   1,   0,   7,  0, 255, 255, 255, 255, 2,   0,  5,
                                  0, 210, 4,   0,   0,   4,   0,  1, 0,   255, 255, 255, 255, 16, 0,
                                  5, 0,   255, 255, 255, 255, 32, 0, 0,   0,   255, 255, 255, 255};
    char name[32];

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        snprintf(name, sizeof(name), "file-%04o", modes[i]);
        playground_file(fd, name, name);
        if (geteuid() == 0)
            cr_assert_eq(fchownat(fd, name, 1000 + (uid_t)i, 4000000000 + (gid_t)i, 0), 0);
        set_attributes(fd, name, modes[i], moments[i % 5]);
        snprintf(name, sizeof(name), "directory-%04o", modes[i]);
        playground_directory(fd, name);
        set_attributes(fd, name, modes[i] | 0500, moments[i % 5]);
    }
    playground_file(fd, "attributed", "");
    playground_directory(fd, "attributed-too");
    for (int i = 0; i < 2; i++) {
        const char *of = i == 0 ? "attributed" : "attributed-too";

        set_xattr_where_possible(fd, of, "user.empty", "", 0);
        set_xattr_where_possible(fd, of, "user.binary", "\0\xff\n", 3);
        set_xattr_where_possible(fd, of, "trusted.by-root", "yes", 3);
        set_xattr_where_possible(fd, of, "system.posix_acl_access", acl, sizeof(acl));
    }
    set_xattr_where_possible(fd, "attributed-too", "system.posix_acl_default", acl, sizeof(acl));
    playground_file(fd, "attributed-too/inherits", "");
    make_flags(fd);
}

static void
make_deep(int fd)
{
    char name[202];

    fd = dup(fd);
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (int level = 0; level < 150; level++) {
        int deeper;

        playground_directory(fd, name);
        playground_file(fd, "z-after", "");
        deeper = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = deeper;
    }
    close(fd);
}

static void
make_tree(int root)
{
    static const struct {
        const char *name;
        void (*fill)(int fd);
    } parts[] = {{"contents", make_contents}, {"names", make_names}, {"links", make_links},
                 {"metadata", make_metadata}, {"deep", make_deep},   {"closed", make_contents}};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        SCOPED(fd_done) int fd = -1;

        playground_directory(root, parts[i].name);
        fd = openat(root, parts[i].name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        parts[i].fill(fd);
    }
    set_attributes(root, "closed", 0500, 1234567890);
    set_attributes(root, ".", 0751, 987654321);
}

/* The round trip. */

static enum sealift_status
copy_contents(struct entry_reader *reader, struct target_file *file)
{
    static uint8_t buffer[100000];
    uint64_t at = 0, length;
    bool hole;

    for (;;) {
        size_t len;

        TRY(entry_reader_run(reader, at, at + MIB, &length, &hole, &err));
        if (length == 0)
            return SEALIFT_OK;
        if (hole) {
            at += length;
            continue;
        }
        TRY(entry_reader_read(reader, at, length < sizeof(buffer) ? length : sizeof(buffer), buffer, &len, &err));
        TRY(target_file_write(file, at, (struct bytes){buffer, len}, &err));
        at += len;
    }
}

static enum sealift_status
copy_entry(struct entry_reader *reader, struct target *target, const struct walk_entry *entry)
{
    const struct tree_entry *meta = &entry->meta;
    struct target_file *file = NULL;

    if (meta->type != TREE_HARD_LINK) {
        TRY(entry_reader_open(reader, entry, &err));
        meta = entry_reader_meta(reader);
    }
    if (meta->type != TREE_FILE)
        return target_make(target, meta, &err);
    TRY(target_file_make(target, meta, &file, &err));
    if (copy_contents(reader, file) != SEALIFT_OK) {
        target_file_abandon(&file);
        return err.status;
    }
    return target_file_finish(&file, &err);
}

static enum sealift_status
finish_entry(struct entry_reader *reader, struct target *target, const struct walk_entry *entry)
{
    if (entry->meta.type == TREE_HARD_LINK)
        return SEALIFT_OK;
    TRY(entry_reader_open(reader, entry, &err));
    return target_finish_entry(target, entry_reader_meta(reader), &err);
}

typedef enum sealift_status step(struct entry_reader *reader, struct target *target, const struct walk_entry *entry);

static enum sealift_status
for_each(step *act, struct entry_reader *reader, struct target *target)
{
    SCOPED(walk_free) struct walk *walk = NULL;

    TRY(walk_open(&seeded.world, source_path, &options, &walk, &err));
    for (;;) {
        SCOPED(walk_entry_free) struct walk_entry *entry = NULL;

        TRY(walk_next(walk, &entry, &err));
        if (entry == NULL)
            return SEALIFT_OK;
        TRY(act(reader, target, entry));
    }
}

static enum sealift_status
copy_tree(void)
{
    SCOPED(entry_reader_free) struct entry_reader *reader = NULL;
    SCOPED(target_free) struct target *target = NULL;

    TRY(entry_reader_new(&seeded.world, &reader, &err));
    TRY(target_open(&seeded.world, target_path, note_degraded, NULL, &target, &err));
    TRY(for_each(copy_entry, reader, target));
    TRY(for_each(finish_entry, reader, target));
    return target_finish(target, &err);
}

/* The comparison. */

static bool
same_contents(struct entry_reader *a, struct entry_reader *b)
{
    static uint8_t in_a[MIB], in_b[MIB];
    uint64_t at = 0, length_a, length_b;
    bool hole_a, hole_b;
    size_t len_a, len_b;

    for (;; at += length_a) {
        if (entry_reader_run(a, at, at + MIB, &length_a, &hole_a, &err) != SEALIFT_OK ||
            entry_reader_run(b, at, at + MIB, &length_b, &hole_b, &err) != SEALIFT_OK || length_a != length_b)
            return false;
        if (length_a == 0)
            return true;
        if (hole_a != hole_b)
            return false;
        if (hole_a)
            continue;
        if (entry_reader_read(a, at, length_a, in_a, &len_a, &err) != SEALIFT_OK ||
            entry_reader_read(b, at, length_b, in_b, &len_b, &err) != SEALIFT_OK || len_a != len_b ||
            memcmp(in_a, in_b, len_a) != 0)
            return false;
    }
}

static bool
same_meta(const struct tree_entry *a, const struct tree_entry *b)
{
    return bytes_equal(a->path, b->path) && a->type == b->type && a->mode == b->mode && a->uid == b->uid &&
           a->gid == b->gid && a->mtime_s == b->mtime_s && a->mtime_ns == b->mtime_ns && a->size == b->size &&
           (a->type == TREE_DIRECTORY || a->links == b->links) && a->major == b->major && a->minor == b->minor &&
           bytes_equal(a->target, b->target) && bytes_equal(a->xattrs, b->xattrs) && a->flags == b->flags &&
           a->project == b->project;
}

static bool
same_entry(struct entry_reader *a, struct entry_reader *b, const struct walk_entry *in_a, const struct walk_entry *in_b)
{
    if (in_a->meta.type == TREE_HARD_LINK || in_b->meta.type == TREE_HARD_LINK)
        return in_a->meta.type == in_b->meta.type && bytes_equal(in_a->meta.path, in_b->meta.path) &&
               bytes_equal(in_a->meta.target, in_b->meta.target);
    return entry_reader_open(a, in_a, &err) == SEALIFT_OK && entry_reader_open(b, in_b, &err) == SEALIFT_OK &&
           same_meta(entry_reader_meta(a), entry_reader_meta(b)) &&
           (in_a->meta.type != TREE_FILE || same_contents(a, b));
}

/* How many entries are the same; 0 when one is not. */
static size_t
compare_trees(void)
{
    SCOPED(walk_free) struct walk *walk_a = NULL, *walk_b = NULL;
    SCOPED(entry_reader_free) struct entry_reader *a = NULL, *b = NULL;

    if (entry_reader_new(&seeded.world, &a, &err) != SEALIFT_OK ||
        entry_reader_new(&seeded.world, &b, &err) != SEALIFT_OK ||
        walk_open(&seeded.world, source_path, &options, &walk_a, &err) != SEALIFT_OK ||
        walk_open(&seeded.world, target_path, &options, &walk_b, &err) != SEALIFT_OK)
        return 0;
    for (size_t count = 0;; count++) {
        SCOPED(walk_entry_free) struct walk_entry *in_a = NULL, *in_b = NULL;

        if (walk_next(walk_a, &in_a, &err) != SEALIFT_OK || walk_next(walk_b, &in_b, &err) != SEALIFT_OK)
            return 0;
        if (in_a == NULL && in_b == NULL)
            return count;
        if (in_a == NULL || in_b == NULL || !same_entry(a, b, in_a, in_b)) {
            const struct walk_entry *shown = in_a != NULL ? in_a : in_b;

            fprintf(stderr, "%.*s differs\n", (int)shown->meta.path.len, (const char *)shown->meta.path.data);
            return 0;
        }
    }
}

static int
go_there_and_back(void *argument)
{
    SCOPED(fd_done) int root = -1;

    (void)argument;
    PLAYGROUND_CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
    umask(022);
    PLAYGROUND_CHECK(mkdirat(playground.fd, "common/source", 0755) == 0);
    root = open(source_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    PLAYGROUND_CHECK(root >= 0);
    make_tree(root);
    if (copy_tree() != SEALIFT_OK)
        fprintf(stderr, "%s\n", err.message);
    fputs(told, stderr);
    PLAYGROUND_CHECK(err.message[0] == '\0');
    PLAYGROUND_CHECK(told[0] == '\0');
    PLAYGROUND_CHECK(compare_trees() > 1000);
    return 0;
}

static void
set_up(void)
{
    seeded_world_init(&seeded, 7);
    playground_make(&playground);
    playground_directory(playground.fd, "common");
    cr_assert_eq(fchmodat(playground.fd, "common", 0777, 0), 0);
    snprintf(source_path, sizeof(source_path), "%s/common/source", playground.path);
    snprintf(target_path, sizeof(target_path), "%s/common/target", playground.path);
}

static void
tear_down(void)
{
    playground_remove(&playground);
}

TestSuite(round_trip, .init = set_up, .fini = tear_down);

Test(round_trip, changes_nothing)
{
    cr_assert_eq(go_there_and_back(NULL), 0);
}

Test(round_trip, changes_nothing_for_an_ordinary_user)
{
    cr_assert_eq(playground_as_ordinary_user(go_there_and_back, NULL), 0);
}
