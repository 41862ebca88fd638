#include "directory_root.h"

#include "error.h"
#include "io.h"
#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int
directory_root_step(int folder, const char *name, int flags)
{
    struct open_how how = {
        .flags = (uint64_t)flags | O_CLOEXEC | O_NONBLOCK, /* a FIFO in the way must not hold us up */
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };

    return (int)syscall(SYS_openat2, folder, name, &how, sizeof(how));
}

int
directory_root_descend(const struct directory_root *root, const char *name, int flags)
{
    return directory_root_step(root->fd, name[0] != '\0' ? name : ".", flags);
}

DIR *
directory_root_read(const struct directory_root *root, const char *name)
{
    SCOPED(fd_done) int fd = directory_root_descend(root, name, O_RDONLY | O_DIRECTORY);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

    if (dir != NULL)
        fd = -1; /* it is the stream's now */
    return dir;
}

void
directory_root_read_done(DIR **dir)
{
    if (*dir != NULL)
        closedir(*dir);
    *dir = NULL;
}

void
directory_root_done(struct directory_root *root)
{
    fd_done(&root->fd);
    free_done(&root->path);
}

/* Seccomp profiles that do not know openat2() let it fail with either. */
static enum sealift_status
check_openat2(const struct directory_root *root, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = directory_root_descend(root, "", O_RDONLY | O_DIRECTORY);

    if (fd >= 0)
        return SEALIFT_OK;
    if (errno == ENOSYS || errno == EPERM)
        return error_set(
            err, SEALIFT_INVALID,
            "%s: the system call openat2() is not allowed here; a directory store needs Linux 5.6 or later, and "
            "in a container a seccomp profile that knows the call",
            root->path);
    return error_errno(err, errno, "%s: cannot open", root->path);
}

static enum sealift_status
explain_missing_root(int error_number, const char *path, struct sealift_error *err)
{
    enum sealift_status status;

    if (error_number == ENOTDIR)
        return error_set(err, SEALIFT_INVALID, "%s: is no folder, and a directory store needs one", path);
    status = error_errno(err, error_number, "%s: cannot open the folder of the object store", path);
    if (status == SEALIFT_NOT_FOUND)
        return error_hint(err, "make it, or mount the file system that it is on");
    return status;
}

enum sealift_status
directory_root_open(const char *path, struct directory_root *ret_root, struct sealift_error *err)
{
    SCOPED(directory_root_done) struct directory_root root = {.fd = -1};
    struct stat about;

    TRY(text_copy(path, &root.path, err));
    root.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root.fd < 0 || fstat(root.fd, &about) != 0)
        return explain_missing_root(errno, path, err);
    TRY(check_openat2(&root, err));
    root.mode = about.st_mode & 0777;
    *ret_root = root;
    root = (struct directory_root){.fd = -1};
    return SEALIFT_OK;
}

enum sealift_status
directory_root_check(const struct directory_root *root, struct sealift_error *err)
{
    struct stat about;

    if (fstat(root->fd, &about) == 0 && about.st_nlink > 0)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_IO, "the folder %s has been removed; bring it back, then run the command again",
                     root->path);
}

static enum sealift_status
add_way_out(const struct directory_root *root, int error_number, struct sealift_error *err)
{
    switch (error_number) {
    case ENOSPC:
    case EDQUOT:
        return error_hint(err, "free some space for %s, then run the command again", root->path);
    case EROFS:
        return error_hint(err, "mount the file system of %s for writing, or use another object store", root->path);
    case EACCES:
    case EPERM:
        return error_hint(err, "let user id %u do that in %s, or run as its owner", (unsigned)geteuid(), root->path);
    case EXDEV:
        return error_hint(err, "everything below %s must be on one file system", root->path);
    case EIO:
    case ESTALE:
        return error_hint(err, "the disk or the server below %s fails: the kernel's log says more", root->path);
    case EMFILE:
        return error_hint(err, "raise the limit of open files (ulimit -n)");
    default:
        return err->status;
    }
}

enum sealift_status
directory_root_explain(const struct directory_root *root, int error_number, const char *act, struct sealift_error *err,
                       ...)
{
    char what[STORE_NAME_MAX + 64];
    va_list arguments;

    va_start(arguments, err);
    vsnprintf(what, sizeof(what), act, arguments);
    va_end(arguments);

    if (error_number == ENOENT) {
        TRY(directory_root_check(root, err));
        return error_set(err, SEALIFT_NOT_FOUND, "there is no such object");
    }
    if (error_number == ELOOP)
        return error_set(err, SEALIFT_CORRUPT,
                         "cannot %s: a symbolic link is in the way, which an object store never holds; remove it",
                         what);
    if (error_number == ENOTDIR || error_number == EISDIR)
        return error_set(err, SEALIFT_CONFLICT,
                         "cannot %s: an object is in the way of a folder, or a folder of an object", what);
    (void)error_errno(err, error_number, "cannot %s", what);
    return add_way_out(root, error_number, err);
}
