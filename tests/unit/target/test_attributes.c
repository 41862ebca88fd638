#include "attributes.h"

#include "disk.h"
#include "fixture_degraded.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sealift_error err;
static struct disk disk;

static void
tear_down(void)
{
    disk_done(&disk);
}

TestSuite(attributes, .fini = tear_down);

/* On a file of that name, new on the disk; its time afterwards. */
static struct timespec
set_time(const char *name, int64_t seconds, uint32_t nanoseconds)
{
    const struct report report = {.root = "/target", .degraded = degraded_note};
    const struct attributes attributes = {.type = TREE_FILE,
                                          .mode = 0600,
                                          .uid = geteuid(),
                                          .gid = getegid(),
                                          .mtime_s = seconds,
                                          .mtime_ns = nanoseconds};
    SCOPED(fd_done) int fd = open(disk_at(&disk, name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat stat;

    cr_assert_geq(fd, 0);
    cr_assert_eq(attributes_set(&attributes, fd, false, bytes_of_text(name), &report, &err), SEALIFT_OK, "%s",
                 err.message);
    cr_assert_eq(fstat(fd, &stat), 0);
    return stat.st_mtim;
}

Test(attributes, say_which_times_this_filesystem_does_not_keep)
{
    static const char *const small_inodes[] = {"mkfs.ext4", "-q", "-F", "-I", "128", NULL};

    if (!disk_make(&disk, small_inodes))
        cr_skip_test("a filesystem of its own is missing");
    cr_assert_eq(set_time("whole", -1, 0).tv_sec, -1);
    cr_assert_eq(set_time("fraction", 1700000000, 500000000).tv_sec, 1700000000);
    set_time("later", 4102444800, 1);
    cr_assert_str_eq(degraded,
                     "fraction: its time of modification is not kept to the nanosecond here\n"
                     "later: its time of modification, 4102444800 s since 1970, is beyond what this filesystem has\n");
}

Test(attributes, keep_every_time_where_the_filesystem_does)
{
    static const char *const btrfs[] = {"mkfs.btrfs", "-q", NULL};

    if (!disk_make(&disk, btrfs))
        cr_skip_test("a filesystem of its own is missing");
    cr_assert_eq(set_time("early", -5000000000, 999999999).tv_nsec, 999999999);
    cr_assert_eq(set_time("late", 20000000000, 1).tv_sec, 20000000000);
    cr_assert_str_eq(degraded, "");
}
