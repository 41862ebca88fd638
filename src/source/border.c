#include "border.h"

#include "scoped.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#define MQUEUE_MAGIC 0x19800202 /* not in <linux/magic.h> */

/* The number of an inode that is nowhere on the disk: btrfs makes it up where a subvolume was. */
#define BTRFS_EMPTY_SUBVOLUME 2

static bool
is_left_behind(const struct walk_directory *directory, const struct statx *stat)
{
    struct statfs filesystem;

    return S_ISDIR(stat->stx_mode) && stat->stx_ino == BTRFS_EMPTY_SUBVOLUME &&
           fstatfs(directory->fd, &filesystem) == 0 && filesystem.f_type == BTRFS_SUPER_MAGIC;
}

static bool
is_kernel_view(uint32_t type)
{
    static const uint32_t views[] = {
        PROC_SUPER_MAGIC, SYSFS_MAGIC,   CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC,  TRACEFS_MAGIC,
        SECURITYFS_MAGIC, SELINUX_MAGIC, SMACK_MAGIC,        BPF_FS_MAGIC,        PSTOREFS_MAGIC, EFIVARFS_MAGIC,
        BINFMTFS_MAGIC,   NSFS_MAGIC,    MQUEUE_MAGIC,       DEVPTS_SUPER_MAGIC,
    };

    for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        if (type == views[i])
            return true;
    }
    return false;
}

/* The automounter's mounts are known by their type only: statx() says STATX_ATTR_AUTOMOUNT of those that a network
 * filesystem makes. O_PATH sets neither off. */
static enum border
kind_of_mount(const struct walk_directory *directory, const char *name)
{
    SCOPED(fd_done) int fd = openat(directory->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct statfs filesystem;

    if (fd < 0 || fstatfs(fd, &filesystem) != 0)
        return BORDER_MOUNT;
    if ((uint32_t)filesystem.f_type == AUTOFS_SUPER_MAGIC)
        return BORDER_AUTOMOUNT;
    return is_kernel_view((uint32_t)filesystem.f_type) ? BORDER_KERNEL_VIEW : BORDER_MOUNT;
}

enum border
border_of(const struct walk_directory *directory, const char *name, const struct statx *stat)
{
    bool numbered = directory->has_mount && (stat->stx_mask & STATX_MNT_ID) != 0;
    bool other_device = inode_device(stat) != directory->device;

    if ((stat->stx_attributes & STATX_ATTR_AUTOMOUNT) != 0)
        return BORDER_AUTOMOUNT;
    if (numbered ? stat->stx_mnt_id != directory->mount : other_device)
        return kind_of_mount(directory, name);
    if (is_left_behind(directory, stat))
        return BORDER_LEFT_BEHIND;
    /* overlayfs gives a file the device of the layer that it lies in. */
    return other_device && S_ISDIR(stat->stx_mode) ? BORDER_SUBVOLUME : BORDER_NONE;
}
