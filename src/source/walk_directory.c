#include "walk_directory.h"

#include "descriptors.h"
#include "error.h"
#include "inode.h"
#include "quiet_open.h"
#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* 0, or the reason why it is not the inode. */
static int
check_same(int fd, uint64_t device, uint64_t inode, struct statx *ret_stat)
{
    if (inode_stat(fd, "", ret_stat) != 0)
        return errno;
    return inode_device(ret_stat) == device && ret_stat->stx_ino == inode ? 0 : ESTALE;
}

enum sealift_status
walk_directory_open(int parent, const char *name, uint64_t device, uint64_t inode,
                    struct walk_directory **ret_directory, int *ret_errno, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = quiet_open(parent, name, O_DIRECTORY);
    struct statx stat;
    int error_number = fd < 0 ? errno : check_same(fd, device, inode, &stat);
    struct walk_directory *directory;

    if (error_number != 0) {
        *ret_directory = NULL;
        *ret_errno = error_number;
        return descriptors_check(error_number, err);
    }
    directory = malloc(sizeof(*directory));
    if (directory == NULL)
        return error_no_memory(err);
    directory->fd = fd;
    directory->device = device;
    directory->mount = stat.stx_mnt_id;
    directory->has_mount = (stat.stx_mask & STATX_MNT_ID) != 0;
    fd = -1;
    atomic_init(&directory->holders, 1);
    *ret_directory = directory;
    return SEALIFT_OK;
}

struct walk_directory *
walk_directory_hold(struct walk_directory *directory)
{
    atomic_fetch_add_explicit(&directory->holders, 1, memory_order_relaxed);
    return directory;
}

void
walk_directory_release(struct walk_directory **directory)
{
    struct walk_directory *held = *directory;

    *directory = NULL;
    if (held == NULL || atomic_fetch_sub_explicit(&held->holders, 1, memory_order_acq_rel) > 1)
        return;
    fd_done(&held->fd);
    free(held);
}
