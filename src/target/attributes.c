#include "attributes.h"

#include "chattr.h"
#include "error.h"
#include "scoped.h"
#include "shown_path.h"
#include "xattr_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SET_ID_BITS (S_ISUID | S_ISGID)
#define CAPABILITY  "security.capability"
#define ACCESS_ACL  "system.posix_acl_access"

/* An inode whose attributes are being set, and how that fared. What the f-calls refuse, a descriptor that O_PATH gave,
 * is reached by its name in /proc: the link there leads to the inode itself, also when that is a symbolic link, and to
 * nothing else. */
struct subject {
    const struct attributes *attributes;
    int fd;
    bool is_path;
    char link[32];
    struct bytes path;
    const struct report *report;
    bool is_owned;
    bool lacks_acl; /* it should have one, and does not */
};

struct attributes
attributes_of(const struct tree_entry *entry)
{
    return (struct attributes){
        .type = entry->type,
        .mode = entry->mode & 07777,
        .uid = entry->uid,
        .gid = entry->gid,
        .mtime_s = entry->mtime_s,
        .mtime_ns = entry->mtime_ns,
        .xattrs = entry->xattrs,
        .flags = entry->flags,
        .has_project = entry->has_project,
        .project = entry->project,
    };
}

/* ext4 answers ENOSPC also when attributes outgrow the room that an inode has for them. */
static bool
is_full(const struct subject *subject)
{
    struct statvfs stat;

    return fstatvfs(subject->fd, &stat) != 0 || stat.f_bavail == 0;
}

/* 0, or the reason why not. To chown() the highest number means "leave it": it is nobody's. */
static int
change_owner(const struct subject *subject)
{
    uid_t uid = subject->attributes->uid;
    gid_t gid = subject->attributes->gid;

    if (uid == (uid_t)-1 || gid == (gid_t)-1)
        return EINVAL;
    if ((subject->is_path ? chown(subject->link, uid, gid) : fchown(subject->fd, uid, gid)) != 0)
        return errno;
    return 0;
}

static enum sealift_status
set_owner(struct subject *subject, struct sealift_error *err)
{
    int error_number = change_owner(subject);

    subject->is_owned = error_number == 0;
    if (subject->is_owned)
        return SEALIFT_OK;
    if (!report_is_refusal(error_number))
        return report_failure(subject->report, error_number, subject->path, "set the owner of", err);
    report_degraded(subject->report, subject->path, "its owner %u:%u could not be set: %s", subject->attributes->uid,
                    subject->attributes->gid, strerrordesc_np(error_number));
    return SEALIFT_OK;
}

static enum sealift_status
set_xattr(struct subject *subject, const char *name, struct bytes value, struct sealift_error *err)
{
    int result = subject->is_path ? setxattr(subject->link, name, value.data, value.len, 0)
                                  : fsetxattr(subject->fd, name, value.data, value.len, 0);

    if (result == 0)
        return SEALIFT_OK;
    if (!report_is_refusal(errno) && (errno != ENOSPC || is_full(subject)))
        return report_failure(subject->report, errno, subject->path, "set an extended attribute of", err);
    if (strcmp(name, ACCESS_ACL) == 0)
        subject->lacks_acl = true;
    report_degraded(subject->report, subject->path, "its extended attribute %s could not be set: %s", name,
                    errno == ENOSPC ? "this filesystem has no room for more in one inode" : strerrordesc_np(errno));
    return SEALIFT_OK;
}

/* All but the capability, which is handed back: it must come after the owner and the mode. */
static enum sealift_status
set_xattrs(struct subject *subject, struct bytes *ret_capability, struct sealift_error *err)
{
    struct bytes set = subject->attributes->xattrs;
    struct bytes capability = {NULL, 0};

    while (set.len > 0) {
        char name[256];
        struct bytes value;

        if (xattr_set_cut(&set, name, &value, err) != SEALIFT_OK)
            return error_prefix(err, "%s", shown_path(subject->path).text);
        if (strcmp(name, CAPABILITY) == 0)
            capability = value;
        else
            TRY(set_xattr(subject, name, value, err));
    }
    *ret_capability = capability;
    return SEALIFT_OK;
}

/* The mode without what would give away more than the source did. */
static mode_t
safe_mode(const struct subject *subject)
{
    mode_t mode = subject->attributes->mode;

    if (!subject->is_owned)
        mode &= ~(mode_t)SET_ID_BITS;
    /* Beside an ACL the group bits are its mask: the most that anybody named in it may do, not what the group may. */
    if (subject->lacks_acl)
        mode &= ~(mode_t)S_IRWXG;
    return mode;
}

static enum sealift_status
set_mode(const struct subject *subject, struct sealift_error *err)
{
    mode_t mode = safe_mode(subject);
    int result;

    if (subject->attributes->type == TREE_SYMLINK)
        return SEALIFT_OK;
    result = subject->is_path ? chmod(subject->link, mode) : fchmod(subject->fd, mode);
    if (result == 0)
        return SEALIFT_OK;
    if (!report_is_refusal(errno))
        return report_failure(subject->report, errno, subject->path, "set the mode of", err);
    report_degraded(subject->report, subject->path, "its mode %04o could not be set: %s", (unsigned)mode,
                    strerrordesc_np(errno));
    return SEALIFT_OK;
}

/* A program that would run with rights of a user whom it does not belong to is worse than one that lacks them. */
static enum sealift_status
set_capability(struct subject *subject, struct bytes capability, struct sealift_error *err)
{
    bool has_set_id = (subject->attributes->mode & SET_ID_BITS) != 0;

    if (!subject->is_owned && (has_set_id || capability.len > 0))
        report_degraded(
            subject->report, subject->path,
            "its set-user-ID and set-group-ID bits and file capabilities were left out, since it has another owner");
    if (!subject->is_owned || capability.len == 0)
        return SEALIFT_OK;
    return set_xattr(subject, CAPABILITY, capability, err);
}

/* A filesystem takes any time and keeps what it can, without a word: ext4's inodes of 128 bytes whole seconds, and each
 * kind none before its first or after its last moment. */
static void
look_at_time(const struct subject *subject)
{
    struct stat stat;

    if (fstat(subject->fd, &stat) != 0)
        return;
    if (stat.st_mtim.tv_sec != subject->attributes->mtime_s)
        report_degraded(subject->report, subject->path,
                        "its time of modification, %lld s since 1970, is beyond what this filesystem has",
                        (long long)subject->attributes->mtime_s);
    else if (stat.st_mtim.tv_nsec != subject->attributes->mtime_ns)
        report_degraded(subject->report, subject->path, "its time of modification is not kept to the nanosecond here");
}

/* The access time of the source is not kept: the best guess is that nobody has read it since it was written. */
static enum sealift_status
set_times(const struct subject *subject, struct sealift_error *err)
{
    struct timespec mtime = {.tv_sec = subject->attributes->mtime_s, .tv_nsec = subject->attributes->mtime_ns};
    struct timespec times[2] = {mtime, mtime};
    int result = subject->is_path ? utimensat(AT_FDCWD, subject->link, times, 0) : futimens(subject->fd, times);

    if (result == 0) {
        look_at_time(subject);
        return SEALIFT_OK;
    }
    if (!report_is_refusal(errno))
        return report_failure(subject->report, errno, subject->path, "set the times of", err);
    report_degraded(subject->report, subject->path, "its times could not be set: %s", strerrordesc_np(errno));
    return SEALIFT_OK;
}

enum sealift_status
attributes_set(const struct attributes *attributes, int fd, bool is_path, struct bytes path,
               const struct report *report, struct sealift_error *err)
{
    struct subject subject = {.attributes = attributes, .fd = fd, .is_path = is_path, .path = path, .report = report};
    struct bytes capability;

    if (is_path)
        snprintf(subject.link, sizeof(subject.link), "/proc/self/fd/%d", fd);
    /* In this order, since a change of owner clears set-user-ID bits and capabilities, and an ACL changes the mode. */
    TRY(set_owner(&subject, err));
    TRY(set_xattrs(&subject, &capability, err));
    TRY(set_mode(&subject, err));
    TRY(set_capability(&subject, capability, err));
    TRY(chattr_set(attributes, CHATTR_COMPLETE, fd, path, report, err));
    return set_times(&subject, err);
}
