#include "btrfs.h"

#include "buf.h"
#include "error.h"
#include "scoped.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SUBVOLUME_ROOT 256 /* the inode of each subvolume's root, and of nothing else (BTRFS_FIRST_FREE_OBJECTID) */

enum sealift_status
btrfs_look(const char *path, enum btrfs_place *ret_place, struct sealift_error *err)
{
    struct statfs filesystem;
    struct stat found;

    if (statfs(path, &filesystem) != 0 || stat(path, &found) != 0)
        return error_errno(err, errno, "%s: cannot be looked at", path);
    if (filesystem.f_type != BTRFS_SUPER_MAGIC)
        *ret_place = BTRFS_NOT_HERE;
    else if (found.st_ino != SUBVOLUME_ROOT)
        *ret_place = BTRFS_INSIDE;
    else if (access(path, W_OK) != 0 && errno == EROFS)
        *ret_place = BTRFS_UNCHANGEABLE;
    else
        *ret_place = BTRFS_SUBVOLUME;
    return SEALIFT_OK;
}

enum sealift_status
btrfs_snapshot_path(const char *subvolume, const struct uuid *name, char **ret_snapshot, struct sealift_error *err)
{
    char text[UUID_TEXT_SIZE];

    uuid_format(name, text);
    return text_format(ret_snapshot, "%s/" BTRFS_SNAPSHOT_FOLDER "/%s", err, subvolume, text);
}

/* --- the folder --- */

/* A snapshot's path, taken apart: the subvolume, the folder at its root, the name in that. */
struct place {
    char *path; /* of the subvolume */
    const char *name;
    int subvolume, folder;
};

static void
place_done(struct place *place)
{
    free_done(&place->path);
    fd_done(&place->subvolume);
    fd_done(&place->folder);
}

static enum sealift_status
open_subvolume(const char *snapshot, struct place *place, struct sealift_error *err)
{
    static const char between[] = "/" BTRFS_SNAPSHOT_FOLDER "/";
    const char *slash = strrchr(snapshot, '/');
    size_t len = slash != NULL ? (size_t)(slash + 1 - snapshot) : 0;

    if (len < sizeof(between) - 1 || memcmp(snapshot + len - (sizeof(between) - 1), between, sizeof(between) - 1) != 0)
        return error_set(err, SEALIFT_INVALID, "%s: is no snapshot that sealift made", snapshot);
    place->name = slash + 1;
    TRY(text_format(&place->path, "%.*s", err, (int)(len - (sizeof(between) - 1)), snapshot));
    place->subvolume = open(place->path[0] != '\0' ? place->path : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->subvolume < 0)
        return error_errno(err, errno, "%s: cannot be opened", place->path);
    return SEALIFT_OK;
}

/* Who may write to the subvolume's root could have put another folder, or a link, where ours belongs. */
static enum sealift_status
open_folder(struct place *place, struct sealift_error *err)
{
    struct stat found;

    place->folder = openat(place->subvolume, BTRFS_SNAPSHOT_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (place->folder < 0 || fstat(place->folder, &found) != 0)
        return error_errno(err, errno, "%s/" BTRFS_SNAPSHOT_FOLDER ": cannot be opened", place->path);
    if (found.st_uid != geteuid() || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return error_set(err, SEALIFT_DENIED,
                         "%s/" BTRFS_SNAPSHOT_FOLDER ": belongs to another user, or others may write to it; snapshots "
                         "are made in a folder of one's own: move this one away",
                         place->path);
    return SEALIFT_OK;
}

/* The folder comes and goes without moving the times of the subvolume's root, which are among what a snapshot holds.
 * They are the owner's to set; for others they move. */
static void
put_times_back(const struct place *place, const struct stat *before)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, before->st_mtim};

    (void)futimens(place->subvolume, times);
}

static enum sealift_status
need_folder(struct place *place, struct sealift_error *err)
{
    struct stat before;

    if (fstat(place->subvolume, &before) != 0)
        return error_errno(err, errno, "%s: cannot be looked at", place->path);
    if (mkdirat(place->subvolume, BTRFS_SNAPSHOT_FOLDER, 0700) == 0)
        put_times_back(place, &before);
    else if (errno != EEXIST)
        return error_errno(err, errno, "%s/" BTRFS_SNAPSHOT_FOLDER ": cannot be made", place->path);
    return open_folder(place, err);
}

/* Unless there is another snapshot in it. */
static void
drop_folder(const struct place *place)
{
    struct stat before;

    if (fstat(place->subvolume, &before) == 0 && unlinkat(place->subvolume, BTRFS_SNAPSHOT_FOLDER, AT_REMOVEDIR) == 0)
        put_times_back(place, &before);
}

/* --- the snapshot --- */

/* 0, or -1 and errno, as of the next two. */
static int
create(const struct place *place)
{
    struct btrfs_ioctl_vol_args_v2 arguments = {.fd = place->subvolume, .flags = BTRFS_SUBVOL_RDONLY};

    snprintf(arguments.name, sizeof(arguments.name), "%s", place->name);
    return ioctl(place->folder, BTRFS_IOC_SNAP_CREATE_V2, &arguments);
}

static int
destroy(const struct place *place)
{
    struct btrfs_ioctl_vol_args arguments = {0};

    snprintf(arguments.name, sizeof(arguments.name), "%s", place->name);
    return ioctl(place->folder, BTRFS_IOC_SNAP_DESTROY, &arguments);
}

static int
create_empty(const struct place *place)
{
    struct btrfs_ioctl_vol_args_v2 arguments = {0};

    snprintf(arguments.name, sizeof(arguments.name), "%s", place->name);
    return ioctl(place->folder, BTRFS_IOC_SUBVOL_CREATE_V2, &arguments);
}

static enum sealift_status
cannot_make(const struct place *place, int error_number, struct sealift_error *err)
{
    return error_errno(err, error_number, "%s: a btrfs snapshot of it cannot be made", place->path);
}

/* Tried with an empty subvolume, since no question would tell: it depends on capabilities, and on a mount option. An
 * empty one can be removed by its owner as a directory. */
static enum sealift_status
check_removable(const struct place *place, struct sealift_error *err)
{
    int error_number;

    if (create_empty(place) != 0)
        return cannot_make(place, errno, err);
    if (destroy(place) == 0)
        return SEALIFT_OK;
    error_number = errno;
    unlinkat(place->folder, place->name, AT_REMOVEDIR);
    if (error_errno(err, error_number, "%s: a btrfs snapshot of it could be made, but not removed after its upload",
                    place->path) == SEALIFT_DENIED)
        return error_hint(err, "removing takes root, or the mount option user_subvol_rm_allowed");
    return err->status;
}

static enum sealift_status
make(const struct place *place, bool to_be_removed, struct sealift_error *err)
{
    if (to_be_removed)
        TRY(check_removable(place, err));
    return create(place) == 0 ? SEALIFT_OK : cannot_make(place, errno, err);
}

enum sealift_status
btrfs_snapshot_make(const char *snapshot, bool to_be_removed, struct sealift_error *err)
{
    SCOPED(place_done) struct place place = {.subvolume = -1, .folder = -1};

    TRY(open_subvolume(snapshot, &place, err));
    TRY(need_folder(&place, err));
    if (make(&place, to_be_removed, err) != SEALIFT_OK) {
        drop_folder(&place);
        return err->status;
    }
    return SEALIFT_OK;
}

/* What has the name in the folder, to be read in place of the subvolume or to be destroyed, is what we made. */
static enum sealift_status
open_made(const struct place *place, const char *snapshot, int *ret_fd, struct sealift_error *err)
{
    SCOPED(fd_done) int fd = openat(place->folder, place->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat found;
    __u64 flags = 0;

    if (fd < 0 || fstat(fd, &found) != 0)
        return error_errno(err, errno, "%s: cannot be opened", snapshot);
    if (found.st_ino != SUBVOLUME_ROOT || ioctl(fd, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) != 0 ||
        (flags & BTRFS_SUBVOL_RDONLY) == 0)
        return error_set(err, SEALIFT_INVALID, "%s: is no read-only snapshot (any more)", snapshot);
    *ret_fd = fd;
    fd = -1;
    return SEALIFT_OK;
}

enum sealift_status
btrfs_snapshot_check(const char *snapshot, struct sealift_error *err)
{
    SCOPED(place_done) struct place place = {.subvolume = -1, .folder = -1};
    SCOPED(fd_done) int fd = -1;

    TRY(open_subvolume(snapshot, &place, err));
    TRY(open_folder(&place, err));
    return open_made(&place, snapshot, &fd, err);
}

/* To an ordinary user, unlike to root, a read-only subvolume is one that cannot be removed: EROFS. */
static int
destroy_made(const struct place *place, int fd)
{
    __u64 read_only = BTRFS_SUBVOL_RDONLY, writable = 0;
    int error_number;

    if (destroy(place) == 0)
        return 0;
    if (errno != EROFS || ioctl(fd, BTRFS_IOC_SUBVOL_SETFLAGS, &writable) != 0)
        return -1;
    if (destroy(place) == 0)
        return 0;
    error_number = errno;
    ioctl(fd, BTRFS_IOC_SUBVOL_SETFLAGS, &read_only);
    errno = error_number;
    return -1;
}

enum sealift_status
btrfs_snapshot_remove(const char *snapshot, struct sealift_error *err)
{
    SCOPED(place_done) struct place place = {.subvolume = -1, .folder = -1};
    SCOPED(fd_done) int fd = -1;

    TRY(open_subvolume(snapshot, &place, err));
    TRY(open_folder(&place, err));
    TRY(open_made(&place, snapshot, &fd, err));
    if (destroy_made(&place, fd) != 0)
        return error_errno(err, errno, "%s: cannot be removed", snapshot);
    drop_folder(&place);
    return SEALIFT_OK;
}
