#include "inode.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

int
inode_stat(int parent, const char *name, struct statx *ret_stat)
{
    int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (*name == '\0' ? AT_EMPTY_PATH : 0);

    return statx(parent, name, flags, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, ret_stat);
}

uint64_t
inode_device(const struct statx *stat)
{
    return makedev(stat->stx_dev_major, stat->stx_dev_minor);
}

struct link_identity
inode_identity(const struct statx *stat)
{
    struct link_identity identity = {.device = inode_device(stat), .inode = stat->stx_ino};

    if ((stat->stx_mask & STATX_BTIME) != 0)
        identity.birth = (uint64_t)stat->stx_btime.tv_sec * NS_PER_S + stat->stx_btime.tv_nsec;
    return identity;
}

enum tree_type
inode_type(const struct statx *stat)
{
    switch (stat->stx_mode & S_IFMT) {
    case S_IFREG:
        return TREE_FILE;
    case S_IFDIR:
        return TREE_DIRECTORY;
    case S_IFLNK:
        return TREE_SYMLINK;
    case S_IFIFO:
        return TREE_FIFO;
    case S_IFSOCK:
        return TREE_SOCKET;
    case S_IFCHR:
        return TREE_CHARACTER_DEVICE;
    case S_IFBLK:
        return TREE_BLOCK_DEVICE;
    default:
        return 0;
    }
}

void
inode_describe(const struct statx *stat, struct tree_entry *entry)
{
    enum tree_type type = inode_type(stat);
    bool is_device = type == TREE_CHARACTER_DEVICE || type == TREE_BLOCK_DEVICE;

    entry->type = type;
    entry->mode = stat->stx_mode & 07777;
    entry->uid = stat->stx_uid;
    entry->gid = stat->stx_gid;
    entry->mtime_s = stat->stx_mtime.tv_sec;
    entry->mtime_ns = stat->stx_mtime.tv_nsec;
    entry->size = type == TREE_FILE ? stat->stx_size : 0;
    entry->links = stat->stx_nlink;
    entry->major = is_device ? stat->stx_rdev_major : 0;
    entry->minor = is_device ? stat->stx_rdev_minor : 0;
    entry->inode = stat->stx_ino;
    entry->ctime_s = stat->stx_ctime.tv_sec;
    entry->ctime_ns = stat->stx_ctime.tv_nsec;
}
