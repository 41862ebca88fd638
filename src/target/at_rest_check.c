#include "at_rest.h"
#include "dir_listing.h"
#include "error.h"
#include "fscrypt.h"
#include "mount_entry.h"
#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What is asked: the directory, or the one that it would be made in. */
struct subject {
    const char *path; /* as the admin named it */
    char *nearest;    /* the part of it that exists */
    int fd;
    struct mount_entry mount;
};

static void
subject_done(struct subject *subject)
{
    free_done(&subject->nearest);
    fd_done(&subject->fd);
    mount_entry_done(&subject->mount);
}

static bool
exists(const struct subject *subject)
{
    return strcmp(subject->nearest, subject->path) == 0;
}

/* "/srv/new/deep" becomes "/srv/new", then "/srv", then "/"; a relative one ends with ".". */
static void
cut_last_name(char *path)
{
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/')
        len--;
    while (len > 0 && path[len - 1] != '/')
        len--;
    while (len > 1 && path[len - 1] == '/')
        len--;
    if (len == 0)
        path[len++] = '.';
    path[len] = '\0';
}

static enum sealift_status
open_nearest(struct subject *subject, struct sealift_error *err)
{
    struct stat link;

    TRY(text_copy(subject->path, &subject->nearest, err));
    while ((subject->fd = open(subject->nearest, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
        if (errno == ENOTDIR)
            return error_set(err, SEALIFT_INVALID,
                             "%s: is no directory; name one that is empty, or that does not exist", subject->nearest);
        if (errno != ENOENT || *subject->path == '\0')
            return error_errno(err, errno, "%s: cannot open this directory", subject->nearest);
        if (lstat(subject->nearest, &link) == 0)
            return error_set(err, SEALIFT_INVALID, "%s: is a symbolic link to nothing; remove it, or make its target",
                             subject->nearest);
        cut_last_name(subject->nearest);
    }
    return mount_entry_of(subject->fd, subject->nearest, &subject->mount, err);
}

/* The filesystem and the kernel. */

struct other_way {
    const char *type;
    const char *way; /* completes "or, where ... protects it" */
};

static const char *
other_way_of(const char *type)
{
    static const struct other_way ways[] = {
        {"zfs", "ZFS's own encryption"},      {"bcachefs", "bcachefs's own encryption"},
        {"nfs", "encryption on the server"},  {"nfs4", "encryption on the server"},
        {"cifs", "encryption on the server"}, {"smb3", "encryption on the server"},
        {"tmpfs", "encrypted swap"},
    };

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (strcmp(type, ways[i].type) == 0)
            return ways[i].way;
    }
    return "dm-crypt (LUKS) beneath it";
}

static bool
type_is(const struct subject *subject, const char *type)
{
    return strcmp(subject->mount.type, type) == 0;
}

static enum sealift_status
refuse_type(const struct subject *subject, struct sealift_error *err)
{
    const struct mount_entry *mount = &subject->mount;

    if (type_is(subject, "ext4") || type_is(subject, "f2fs") || type_is(subject, "ubifs") || type_is(subject, "ceph"))
        return error_set(
            err, SEALIFT_INVALID,
            "%s: this kernel cannot encrypt a directory on %s; that needs Linux 5.4 (CephFS: 6.6) or later",
            subject->path, mount->type);
    return error_set(err, SEALIFT_INVALID,
                     "%s: %s (mounted at %s) has no encryption of directories; choose a directory on ext4 or F2FS made "
                     "with the feature \"encrypt\"; where %s protects it, it need not be encrypted once more",
                     subject->path, mount->type, mount->point, other_way_of(mount->type));
}

/* A kernel without CONFIG_FS_ENCRYPTION answers as for a filesystem whose feature is off; the features that a driver
 * has stand below /sys. */
static bool
kernel_lacks_it(const char *features)
{
    SCOPED(fd_done) int fd = open(features, O_PATH | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 && faccessat(fd, "encryption", F_OK, 0) != 0;
}

/* The kernel may call the device of the root filesystem /dev/root, which nobody made. */
static enum sealift_status
name_device(const struct mount_entry *mount, char **ret_name, struct sealift_error *err)
{
    if (access(mount->source, F_OK) == 0)
        return text_copy(mount->source, ret_name, err);
    return text_format(ret_name, "/dev/block/%u:%u", err, mount->major, mount->minor);
}

static enum sealift_status
refuse_feature(const struct subject *subject, struct sealift_error *err)
{
    const struct mount_entry *mount = &subject->mount;
    bool is_f2fs = type_is(subject, "f2fs");
    SCOPED(free_done) char *device = NULL;

    if (kernel_lacks_it(is_f2fs ? "/sys/fs/f2fs/features" : "/sys/fs/ext4/features"))
        return error_set(err, SEALIFT_INVALID,
                         "%s: this kernel was built without CONFIG_FS_ENCRYPTION; it needs another kernel",
                         subject->path);
    if (!is_f2fs && strncmp(mount->type, "ext", 3) != 0)
        return error_set(err, SEALIFT_INVALID, "%s: the %s mounted at %s does not offer encryption", subject->path,
                         mount->type, mount->point);
    TRY(name_device(mount, &device, err));
    return error_set(
        err, SEALIFT_INVALID, "%s: the filesystem mounted at %s has the feature \"encrypt\" switched off; %s%s",
        subject->path, mount->point,
        is_f2fs ? "unmount it and run: fsck.f2fs -O encrypt " : "switch it on with: tune2fs -O encrypt ", device);
}

static enum sealift_status
check_support(const struct subject *subject, struct sealift_error *err)
{
    struct fscrypt_id id;
    int error_number = fscrypt_read_policy(subject->fd, &id);

    if (error_number == ENODATA)
        return SEALIFT_OK;
    if (error_number == EOPNOTSUPP)
        return refuse_feature(subject, err);
    if (error_number != 0)
        return refuse_type(subject, err);
    if (exists(subject))
        return error_set(err, SEALIFT_CONFLICT,
                         "%s: is encrypted already; name a directory that is empty and not encrypted, or that does not "
                         "exist",
                         subject->path);
    return error_set(err, SEALIFT_CONFLICT,
                     "%s: would lie within %s, which is encrypted already and cannot hold another key", subject->path,
                     subject->nearest);
}

/* The directory. */

static enum sealift_status
check_writable(const struct subject *subject, struct sealift_error *err)
{
    struct statvfs about;

    if (fstatvfs(subject->fd, &about) != 0)
        return error_errno(err, errno, "%s: cannot look at its filesystem", subject->nearest);
    if ((about.f_flag & ST_RDONLY) != 0)
        return error_set(err, SEALIFT_IO,
                         "%s: its filesystem is mounted read-only; remount it for writing, or choose another one",
                         subject->path);
    return SEALIFT_OK;
}

static enum sealift_status
check_may_make(const struct subject *subject, struct sealift_error *err)
{
    if (faccessat(subject->fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
        return error_errno(err, errno, "%s: cannot make this directory in %s", subject->path, subject->nearest);
    return SEALIFT_OK;
}

/* The root keeps what cannot be encrypted: lost+found, quota files. A bind mount of a directory shows it as its root,
 * and may well be encrypted. */
static enum sealift_status
check_not_root(const struct subject *subject, struct sealift_error *err)
{
    struct stat here, top;

    if (strcmp(subject->mount.root, "/") != 0 || stat(subject->mount.point, &top) != 0 ||
        fstat(subject->fd, &here) != 0 || here.st_dev != top.st_dev || here.st_ino != top.st_ino)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_INVALID,
                     "%s: is the root of its filesystem, which cannot be encrypted; name a directory in it, such as "
                     "%s%sdata",
                     subject->path, subject->path, subject->path[strlen(subject->path) - 1] == '/' ? "" : "/");
}

/* O_NOATIME is allowed to whom the kernel allows to encrypt: the owner, and CAP_FOWNER. */
static enum sealift_status
check_owner(const struct subject *subject, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = openat(subject->fd, ".", O_RDONLY | O_DIRECTORY | O_NOATIME | O_CLOEXEC);

    if (fd < 0 && errno == EPERM)
        return error_set(err, SEALIFT_DENIED, "%s: belongs to another user; only its owner, or root, can encrypt it",
                         subject->path);
    return SEALIFT_OK;
}

static enum sealift_status
check_empty(const struct subject *subject, struct sealift_error *err)
{
    SCOPED(dir_listing_done) DIR *listing = dir_listing_open(subject->fd, ".");
    const char *name;

    if (listing == NULL)
        return error_errno(err, errno, "%s: cannot read this directory", subject->path);
    name = dir_listing_next(listing);
    if (name != NULL)
        return error_set(
            err, SEALIFT_CONFLICT,
            "%s: is not empty, it holds \"%s\"; only an empty directory can be encrypted: name one, or one "
            "that does not exist",
            subject->path, name);
    if (errno != 0)
        return error_errno(err, errno, "%s: cannot read this directory", subject->path);
    return SEALIFT_OK;
}

enum sealift_status
at_rest_check(const char *path, struct sealift_error *err)
{
    SCOPED(subject_done) struct subject subject = {.path = path, .fd = -1};

    TRY(open_nearest(&subject, err));
    TRY(check_support(&subject, err));
    TRY(check_writable(&subject, err));
    if (!exists(&subject))
        return check_may_make(&subject, err);
    TRY(check_not_root(&subject, err));
    TRY(check_owner(&subject, err));
    return check_empty(&subject, err);
}
