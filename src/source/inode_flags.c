#include "inode_flags.h"

#include "error.h"
#include "scoped.h"
#include "tree_flags.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

static bool
is_unsupported(int error_number)
{
    return error_number == ENOTTY || error_number == EOPNOTSUPP || error_number == ENOSYS || error_number == EINVAL ||
           error_number == EPERM || error_number == EACCES;
}

/* *ret_supported: whether there is an answer. */
static enum sealift_status
ask(int fd, unsigned long request, void *out, const char *name, bool *ret_supported, struct sealift_error *err)
{
    *ret_supported = ioctl(fd, request, out) == 0;
    if (*ret_supported || is_unsupported(errno))
        return SEALIFT_OK;
    return error_errno(err, errno, "%s: cannot read its flags", name);
}

/* The request is numbered as if the answer were a long, and it is an int: room for both. */
enum sealift_status
inode_flags_read(int fd, const char *name, struct tree_entry *entry, struct sealift_error *err)
{
    unsigned flags[sizeof(long) / sizeof(unsigned)] = {0};
    struct fsxattr more = {0};
    bool supported;

    TRY(ask(fd, FS_IOC_GETFLAGS, flags, name, &supported, err));
    entry->flags = flags[0] & TREE_FLAGS;
    entry->has_flags = entry->flags != 0;
    if (supported) /* what has no flags has no projects */
        TRY(ask(fd, FS_IOC_FSGETXATTR, &more, name, &supported, err));
    entry->project = more.fsx_projid;
    entry->has_project = entry->project != 0;
    return SEALIFT_OK;
}
