#include "mount_entry.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <fcntl.h>

static struct sealift_error err;

Test(mount_entry, reads_a_line_of_mountinfo)
{
    SCOPED(mount_entry_done) struct mount_entry entry = {0};

    cr_assert(mount_entry_parse(
        "36 35 253:7 /part /mnt/data rw,noatime shared:1 master:2 - ext4 /dev/sda1 rw,errors=x\n", &entry));
    cr_assert_eq(entry.id, 36);
    cr_assert_eq(entry.major, 253);
    cr_assert_eq(entry.minor, 7);
    cr_assert_str_eq(entry.root, "/part");
    cr_assert_str_eq(entry.point, "/mnt/data");
    cr_assert_str_eq(entry.type, "ext4");
    cr_assert_str_eq(entry.source, "/dev/sda1");
}

Test(mount_entry, reads_blanks_and_backslashes_in_paths)
{
    SCOPED(mount_entry_done) struct mount_entry entry = {0};

    cr_assert(mount_entry_parse("1 0 0:1 /a\\040b /c\\134040\\011 rw - fuse.x y\\04", &entry));
    cr_assert_str_eq(entry.root, "/a b");
    cr_assert_str_eq(entry.point, "/c\\040\t");
    cr_assert_str_eq(entry.source, "y\\04", "this is no such escape");
}

Test(mount_entry, refuses_what_is_no_line_of_mountinfo)
{
    static const char *const lines[] = {"",
                                        "\n",
                                        " - ",
                                        "36 35 98:0 / /mnt rw",
                                        "36 35 98 / /mnt rw - ext4 /dev/sda1",
                                        "36 35 98:0 /mnt - ext4",
                                        "x 35 98:0 / /mnt rw - ext4 /dev/sda1"};
    struct mount_entry entry;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        cr_assert_not(mount_entry_parse(lines[i], &entry), "%s", lines[i]);
}

Test(mount_entry, finds_the_mount_of_an_open_file)
{
    SCOPED(mount_entry_done) struct mount_entry entry = {0};
    SCOPED(fd_done) int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

    cr_assert_eq(mount_entry_of(fd, "/proc/self/status", &entry, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(entry.type, "proc");
    cr_assert_str_eq(entry.point, "/proc");
}

Test(mount_entry, says_when_there_is_no_such_file)
{
    struct mount_entry entry;

    cr_assert_eq(mount_entry_of(-1, "nothing", &entry, &err), SEALIFT_NOT_FOUND);
}
