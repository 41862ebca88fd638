#include "target_root.h"

#include "beneath.h"
#include "dir_listing.h"
#include "error.h"
#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

enum sealift_status
target_root_make(const char *path, struct sealift_error *err)
{
    SCOPED(free_done) char *prefix = NULL;

    TRY(text_copy(path, &prefix, err));
    for (char *slash = strchr(prefix + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(prefix, 0777) != 0 && errno != EEXIST)
            return error_errno(err, errno, "%s: cannot make this directory", prefix);
        *slash = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return error_errno(err, errno, "%s: cannot make this directory", path);
    return SEALIFT_OK;
}

static enum sealift_status
open_or_make(const char *path, int *ret_fd, struct sealift_error *err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    int fd = open(path, flags);

    if (fd < 0 && errno == ENOENT && *path != '\0') {
        TRY(target_root_make(path, err));
        fd = open(path, flags);
    }
    if (fd < 0 && errno == ENOTDIR)
        return error_set(err, SEALIFT_INVALID, "%s: is no directory; name one that is empty, or that does not exist",
                         path);
    if (fd < 0)
        return error_errno(err, errno, "%s: cannot open this directory", path);
    *ret_fd = fd;
    return SEALIFT_OK;
}

static enum sealift_status
check_empty(const char *path, int fd, struct sealift_error *err)
{
    SCOPED(dir_listing_done) DIR *listing = dir_listing_open(fd, ".");
    const char *name;

    if (listing == NULL)
        return error_errno(err, errno, "%s: cannot read this directory", path);
    do {
        name = dir_listing_next(listing);
    } while (name != NULL && strcmp(name, TARGET_LOST_AND_FOUND) == 0);
    if (name != NULL)
        return error_set(err, SEALIFT_CONFLICT,
                         "%s: is not empty, it holds \"%s\"; name a directory that is empty, or that does not exist",
                         path, name);
    if (errno != 0)
        return error_errno(err, errno, "%s: cannot read this directory", path);
    return SEALIFT_OK;
}

static enum sealift_status
check_writable(const char *path, int fd, struct sealift_error *err)
{
    struct statvfs stat;

    if (fstatvfs(fd, &stat) != 0)
        return error_errno(err, errno, "%s: cannot look at its filesystem", path);
    if ((stat.f_flag & ST_RDONLY) != 0)
        return error_set(err, SEALIFT_IO,
                         "%s: its filesystem is mounted read-only; remount it for writing, or choose another one",
                         path);
    return SEALIFT_OK;
}

/* Without openat2() a path could lead outside, and without /proc links and devices would get no attributes. */
static enum sealift_status
check_machine(const char *path, int fd, struct sealift_error *err)
{
    SCOPED(fd_done) int beneath = beneath_open(fd, ".", O_PATH | O_DIRECTORY, 0);

    if (beneath < 0 && errno == ENOSYS)
        return error_set(err, SEALIFT_INVALID, "restoring safely needs openat2(), which Linux has since version 5.6");
    if (beneath < 0 && errno == EPERM)
        return error_set(
            err, SEALIFT_DENIED,
            "restoring safely needs openat2(), which something forbids here; look at the container's seccomp profile");
    if (beneath < 0)
        return error_errno(err, errno, "%s: cannot open this directory", path);
    if (access("/proc/self/fd", F_OK) != 0)
        return error_set(err, SEALIFT_INVALID, "restoring needs /proc; mount it here");
    return SEALIFT_OK;
}

/* While it fills nobody else may look or rename in it, and an ACL must not be inherited. Where this is not ours to
 * change it stays as it is: the tree's own attributes come last in any case. */
static void
claim(int fd)
{
    if (fchown(fd, geteuid(), (gid_t)-1) == 0)
        fchmod(fd, 0700);
    fremovexattr(fd, "system.posix_acl_default");
    fremovexattr(fd, "system.posix_acl_access");
}

enum sealift_status
target_root_open_shared(const struct report *report, int *ret_fd, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = -1;

    TRY(open_or_make(report->root, &fd, err));
    TRY(check_machine(report->root, fd, err));
    TRY(check_writable(report->root, fd, err));
    *ret_fd = fd;
    fd = -1;
    return SEALIFT_OK;
}

enum sealift_status
target_root_open(const struct report *report, int *ret_fd, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = -1;

    TRY(target_root_open_shared(report, &fd, err));
    TRY(check_empty(report->root, fd, err));
    claim(fd);
    *ret_fd = fd;
    fd = -1;
    return SEALIFT_OK;
}
