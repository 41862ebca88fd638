#include "chattr.h"

#include "fixture_degraded.h"
#include "fixture_disk.h"
#include "playground.h"
#include "scoped.h"
#include "seeded_world.h"
#include "target.h"
#include "tree_flags.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sealift_error err;
static struct seeded_world seeded;
static struct disk disk;
static char path[2 * PATH_MAX]; /* the target's */

static void
set_up(void)
{
    seeded_world_init(&seeded, 7);
    degraded[0] = '\0';
}

static void
tear_down(void)
{
    disk_done(&disk);
}

TestSuite(chattr, .init = set_up, .fini = tear_down);

static void
need_disk(const char *const *make)
{
    if (!disk_make(&disk, make))
        cr_skip_test("a filesystem of its own is missing");
    snprintf(path, sizeof(path), "%s", disk_at(&disk, "new"));
}

static const char *const ext4[] = {"mkfs.ext4", "-q", "-F", NULL};
static const char *const btrfs[] = {"mkfs.btrfs", "-q", NULL};
static const char *const xfs[] = {"mkfs.xfs", "-q", "--unsupported", NULL};

static struct target *
target_here(void)
{
    struct target *target = NULL;

    cr_assert_eq(target_open(&seeded.world, path, degraded_note, NULL, &target, &err), SEALIFT_OK, "%s", err.message);
    return target;
}

static struct tree_entry
entry_of(enum tree_type type, const char *name, uint32_t flags)
{
    return (struct tree_entry){.path = bytes_of_text(name),
                               .type = type,
                               .mode = type == TREE_DIRECTORY ? 0755 : 0644,
                               .uid = geteuid(),
                               .gid = getegid(),
                               .mtime_s = 1000000000,
                               .has_flags = flags != 0,
                               .flags = flags};
}

static struct tree_entry
with_project(struct tree_entry entry, uint32_t project)
{
    entry.has_project = true;
    entry.project = project;
    return entry;
}

static enum sealift_status
write_file(struct target *target, const struct tree_entry *entry)
{
    static const struct bytes contents = {(const uint8_t *)"contents", 8};
    struct tree_entry sized = *entry;
    struct target_file *file = NULL;

    sized.size = contents.len;
    TRY(target_file_make(target, &sized, &file, &err));
    if (target_file_write(file, 0, contents, &err) != SEALIFT_OK) {
        target_file_abandon(&file);
        return err.status;
    }
    return target_file_finish(&file, &err);
}

/* Goes through the entries as a download does: once to make them, once more to finish them. */
static enum sealift_status
restore(struct target *target, const struct tree_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(entries[i].type == TREE_FILE ? write_file(target, &entries[i]) : target_make(target, &entries[i], &err));
    for (size_t i = 0; i < count; i++)
        TRY(target_finish_entry(target, &entries[i], &err));
    return target_finish(target, &err);
}

#define RESTORE(entries)                                                                                               \
    do {                                                                                                               \
        SCOPED(target_free) struct target *target = target_here();                                                     \
        cr_assert_eq(restore(target, entries, sizeof(entries) / sizeof(entries[0])), SEALIFT_OK, "%s", err.message);   \
    } while (0)

static int
open_in_target(const char *name)
{
    char full[3 * PATH_MAX];
    int fd;

    snprintf(full, sizeof(full), "%s/%s", path, name);
    fd = open(full, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0, "%s: %s", full, strerror(errno));
    return fd;
}

static uint32_t
all_flags_of(const char *name)
{
    SCOPED(fd_done) int fd = open_in_target(name);
    uint32_t room[2] = {0};

    cr_assert_eq(ioctl(fd, FS_IOC_GETFLAGS, room), 0);
    return room[0];
}

static uint32_t
flags_of(const char *name)
{
    return all_flags_of(name) & TREE_FLAGS;
}

static uint32_t
project_of(const char *name)
{
    SCOPED(fd_done) int fd = open_in_target(name);
    struct fsxattr more;

    cr_assert_eq(ioctl(fd, FS_IOC_FSGETXATTR, &more), 0);
    return more.fsx_projid;
}

static int64_t
mtime_of(const char *name)
{
    SCOPED(fd_done) int fd = open_in_target(name);
    struct stat stat;

    cr_assert_eq(fstat(fd, &stat), 0);
    return stat.st_mtim.tv_sec;
}

Test(chattr, sets_flags_and_leaves_the_filesystems_own)
{
    const struct tree_entry entries[] = {
        entry_of(TREE_DIRECTORY, "", TREE_FLAG_NO_DUMP),
        entry_of(TREE_DIRECTORY, "d", TREE_FLAG_NO_ATIME | TREE_FLAG_DIR_SYNC | TREE_FLAG_TOP_DIR),
        entry_of(TREE_FILE, "f", TREE_FLAG_NO_DUMP | TREE_FLAG_SYNC | TREE_FLAG_ERASE),
    };

    need_disk(ext4);
    RESTORE(entries);
    cr_assert_eq(flags_of("."), entries[0].flags);
    cr_assert_eq(flags_of("d"), entries[1].flags);
    cr_assert_eq(flags_of("f"), entries[2].flags, "%s", degraded);
    cr_assert((all_flags_of("f") & FS_EXTENT_FL) != 0);
    cr_assert_eq(mtime_of("f"), 1000000000);
    cr_assert_str_eq(degraded, "");
}

Test(chattr, makes_immutable_what_has_all_its_names)
{
    const struct tree_entry file = entry_of(TREE_FILE, "d/a", TREE_FLAG_IMMUTABLE);
    struct tree_entry later = entry_of(TREE_HARD_LINK, "e", 0);
    const struct tree_entry entries[] = {
        entry_of(TREE_DIRECTORY, "", TREE_FLAG_IMMUTABLE),
        entry_of(TREE_DIRECTORY, "d", TREE_FLAG_APPEND),
        file,
        entry_of(TREE_FILE, "d/log", TREE_FLAG_APPEND | TREE_FLAG_NO_DUMP),
        (later.target = file.path, later),
    };
    struct stat stat;

    need_disk(ext4);
    RESTORE(entries);
    cr_assert_eq(flags_of("."), TREE_FLAG_IMMUTABLE);
    cr_assert_eq(flags_of("d"), TREE_FLAG_APPEND);
    cr_assert_eq(flags_of("e"), TREE_FLAG_IMMUTABLE);
    cr_assert_eq(flags_of("d/log"), TREE_FLAG_APPEND | TREE_FLAG_NO_DUMP);
    cr_assert_eq(mtime_of("d/a"), 1000000000);
    cr_assert_eq(mtime_of("d"), 1000000000);
    cr_assert_eq(mtime_of("."), 1000000000);
    cr_assert_eq(lstat(disk_at(&disk, "new/e"), &stat), 0);
    cr_assert_eq(stat.st_nlink, 2);
    cr_assert_str_eq(degraded, "");
}

Test(chattr, sets_what_only_an_empty_file_takes_before_its_contents)
{
    const struct tree_entry entries[] = {
        entry_of(TREE_DIRECTORY, "", 0),
        entry_of(TREE_DIRECTORY, "images", TREE_FLAG_NO_COW),
        entry_of(TREE_FILE, "images/disk", TREE_FLAG_NO_COW),
        entry_of(TREE_FILE, "images/ordinary", 0),
        entry_of(TREE_FILE, "packed", TREE_FLAG_COMPRESS),
        entry_of(TREE_FILE, "unpacked", TREE_FLAG_NO_COMPRESS),
    };

    need_disk(btrfs);
    RESTORE(entries);
    cr_assert_eq(flags_of("images"), TREE_FLAG_NO_COW);
    cr_assert_eq(flags_of("images/disk"), TREE_FLAG_NO_COW);
    cr_assert_eq(flags_of("images/ordinary"), 0);
    cr_assert_eq(flags_of("packed"), TREE_FLAG_COMPRESS);
    cr_assert_eq(flags_of("unpacked"), TREE_FLAG_NO_COMPRESS);
    cr_assert_str_eq(degraded, "");
}

Test(chattr, sets_project_ids)
{
    const struct tree_entry entries[] = {
        with_project(entry_of(TREE_DIRECTORY, "", 0), 7),
        with_project(entry_of(TREE_DIRECTORY, "d", TREE_FLAG_PROJ_INHERIT), 42),
        entry_of(TREE_FILE, "d/none", 0),
        with_project(entry_of(TREE_FILE, "d/own", TREE_FLAG_NO_DUMP), 4294967294),
    };

    need_disk(xfs);
    RESTORE(entries);
    cr_assert_eq(project_of("."), 7);
    cr_assert_eq(project_of("d"), 42);
    cr_assert_eq(flags_of("d"), TREE_FLAG_PROJ_INHERIT);
    cr_assert_eq(project_of("d/none"), 0);
    cr_assert_eq(project_of("d/own"), 4294967294);
    cr_assert_eq(flags_of("d/own"), TREE_FLAG_NO_DUMP);
    cr_assert_str_eq(degraded, "");
}

Test(chattr, says_which_flags_this_filesystem_does_not_keep_and_sets_the_others)
{
    const struct tree_entry entries[] = {
        entry_of(TREE_DIRECTORY, "", TREE_FLAG_CASE_FOLD),
        with_project(entry_of(TREE_FILE, "a", 0), 42),
        entry_of(TREE_FILE, "b", TREE_FLAG_NO_COW | TREE_FLAG_NO_DUMP),
        /* ext4 takes this one and drops it. */
        entry_of(TREE_FILE, "c", TREE_FLAG_NO_COMPRESS | TREE_FLAG_NO_ATIME),
        entry_of(TREE_FILE, "d", 0x00080000 | TREE_FLAG_NO_DUMP),
        entry_of(TREE_FIFO, "e", TREE_FLAG_NO_DUMP),
    };

    need_disk(ext4);
    RESTORE(entries);
    cr_assert_eq(flags_of("b"), TREE_FLAG_NO_DUMP);
    cr_assert_eq(flags_of("c"), TREE_FLAG_NO_ATIME);
    cr_assert_eq(flags_of("d"), TREE_FLAG_NO_DUMP);
    cr_assert_str_eq(degraded, ": its flags F (as lsattr shows them) could not be set: Operation not supported\n"
                               "a: its project id 42 could not be set: Operation not supported\n"
                               "b: its flags C (as lsattr shows them) could not be set: Operation not supported\n"
                               "c: its flags m (as lsattr shows them) could not be set: Operation not supported\n"
                               "d: its flags 0x80000 were left out: they are unknown to this version of sealift\n"
                               "e: its flags and project id were left out: only files and directories have them\n");
}

static int
restore_without_rights(void *argument)
{
    struct tree_entry entries[] = {
        entry_of(TREE_DIRECTORY, "", 0),
        entry_of(TREE_FILE, "closed", TREE_FLAG_IMMUTABLE),
        entry_of(TREE_FILE, "open", TREE_FLAG_APPEND | TREE_FLAG_NO_DUMP),
    };
    SCOPED(target_free) struct target *target = NULL;

    (void)argument;
    entries[1].mode = 0;
    PLAYGROUND_CHECK(target_open(&seeded.world, path, degraded_note, NULL, &target, &err) == SEALIFT_OK);
    PLAYGROUND_CHECK(restore(target, entries, 3) == SEALIFT_OK);
    PLAYGROUND_CHECK(flags_of("open") == TREE_FLAG_NO_DUMP);
    PLAYGROUND_CHECK(strstr(degraded, "closed: it could not be made immutable or append-only") != NULL);
    PLAYGROUND_CHECK(strstr(degraded, "open: its flags a (as lsattr shows them) could not be set: ") != NULL);
    return 0;
}

Test(chattr, says_what_an_ordinary_user_may_not_set)
{
    need_disk(ext4);
    cr_assert_eq(mkdir(disk_at(&disk, "theirs"), 0777), 0);
    cr_assert_eq(chmod(disk_at(&disk, "theirs"), 0777), 0);
    snprintf(path, sizeof(path), "%s", disk_at(&disk, "theirs/new"));
    cr_assert_eq(playground_as_ordinary_user(restore_without_rights, NULL), 0);
}
