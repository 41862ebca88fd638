#include "chattr.h"

#include "scoped.h"
#include "tree_flags.h"

#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

static const struct {
    char letter;
    uint32_t flag;
    enum chattr_moment of_file, of_directory;
} known[] = {
    {'s', TREE_FLAG_ERASE, CHATTR_COMPLETE, CHATTR_COMPLETE},
    {'u', TREE_FLAG_UNDELETE, CHATTR_COMPLETE, CHATTR_COMPLETE},
    {'c', TREE_FLAG_COMPRESS, CHATTR_EMPTY, CHATTR_COMPLETE},
    {'S', TREE_FLAG_SYNC, CHATTR_COMPLETE, CHATTR_COMPLETE},
    {'i', TREE_FLAG_IMMUTABLE, CHATTR_LAST, CHATTR_LAST},
    {'a', TREE_FLAG_APPEND, CHATTR_LAST, CHATTR_LAST},
    {'d', TREE_FLAG_NO_DUMP, CHATTR_COMPLETE, CHATTR_COMPLETE},
    {'A', TREE_FLAG_NO_ATIME, CHATTR_COMPLETE, CHATTR_COMPLETE},
    {'m', TREE_FLAG_NO_COMPRESS, CHATTR_EMPTY, CHATTR_COMPLETE},
    {'j', TREE_FLAG_JOURNAL_DATA, CHATTR_COMPLETE, CHATTR_COMPLETE},
    {'t', TREE_FLAG_NO_TAIL, CHATTR_COMPLETE, CHATTR_COMPLETE},
    {'D', TREE_FLAG_DIR_SYNC, CHATTR_COMPLETE, CHATTR_COMPLETE},
    {'T', TREE_FLAG_TOP_DIR, CHATTR_COMPLETE, CHATTR_COMPLETE},
    {'C', TREE_FLAG_NO_COW, CHATTR_EMPTY, CHATTR_COMPLETE},
    {'x', TREE_FLAG_DAX, CHATTR_COMPLETE, CHATTR_COMPLETE},
    {'P', TREE_FLAG_PROJ_INHERIT, CHATTR_COMPLETE, CHATTR_COMPLETE},
    {'F', TREE_FLAG_CASE_FOLD, CHATTR_EMPTY, CHATTR_EMPTY},
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

/* Those of the flags whose moment it is. */
static uint32_t
flags_at(const struct attributes *attributes, enum chattr_moment moment)
{
    uint32_t flags = 0;

    for (size_t i = 0; i < KNOWN; i++) {
        if (moment == (attributes->type == TREE_DIRECTORY ? known[i].of_directory : known[i].of_file))
            flags |= attributes->flags & known[i].flag;
    }
    return flags;
}

/* Of a file, so that its contents are counted where they belong. */
static bool
sets_project(const struct attributes *attributes, enum chattr_moment moment)
{
    return attributes->has_project && moment == (attributes->type == TREE_DIRECTORY ? CHATTR_COMPLETE : CHATTR_EMPTY);
}

bool
chattr_has(const struct attributes *attributes, enum chattr_moment moment)
{
    return flags_at(attributes, moment) != 0 || sets_project(attributes, moment);
}

/* 0, or the reason. The request is numbered as if it took a long, and it takes an int: room for both. */
static int
get_flags(int fd, uint32_t *ret_flags)
{
    uint32_t room[sizeof(long) / sizeof(uint32_t)] = {0};

    if (ioctl(fd, FS_IOC_GETFLAGS, room) != 0)
        return errno;
    *ret_flags = room[0];
    return 0;
}

/* The filesystem's own flags stay as they are. */
static int
add_flags(int fd, uint32_t flags)
{
    uint32_t room[sizeof(long) / sizeof(uint32_t)] = {0};
    int error_number = get_flags(fd, &room[0]);

    if (error_number != 0 || (room[0] & flags) == flags)
        return error_number;
    room[0] |= flags;
    return ioctl(fd, FS_IOC_SETFLAGS, room) != 0 ? errno : 0;
}

/* One that is refused makes the kernel refuse all; and there are some that it takes and drops. *ret_missing: what is
 * not there afterwards. 0, or the reason for it. */
static int
add_what_can_be(int fd, uint32_t flags, uint32_t *ret_missing)
{
    int error_number = add_flags(fd, flags);
    uint32_t now = 0;

    for (size_t i = 0; i < KNOWN && report_is_refusal(error_number); i++) {
        if ((flags & known[i].flag) != 0)
            add_flags(fd, known[i].flag);
    }
    get_flags(fd, &now);
    *ret_missing = flags & ~now;
    if (*ret_missing == 0)
        return 0;
    return error_number != 0 ? error_number : EOPNOTSUPP;
}

static void
list_letters(uint32_t flags, char ret_letters[KNOWN + 1])
{
    for (size_t i = 0; i < KNOWN; i++) {
        if ((flags & known[i].flag) != 0)
            *ret_letters++ = known[i].letter;
    }
    *ret_letters = '\0';
}

static enum sealift_status
set_flags(uint32_t flags, int fd, struct bytes path, const struct report *report, struct sealift_error *err)
{
    char letters[KNOWN + 1];
    uint32_t missing;
    int error_number = add_what_can_be(fd, flags, &missing);

    if (error_number == 0)
        return SEALIFT_OK;
    if (!report_is_refusal(error_number))
        return report_failure(report, error_number, path, "set the flags of", err);
    list_letters(missing, letters);
    report_degraded(report, path, "its flags %s (as lsattr shows them) could not be set: %s", letters,
                    strerrordesc_np(error_number));
    return SEALIFT_OK;
}

static enum sealift_status
set_project(uint32_t project, int fd, struct bytes path, const struct report *report, struct sealift_error *err)
{
    struct fsxattr more;
    bool done = ioctl(fd, FS_IOC_FSGETXATTR, &more) == 0;

    if (done) {
        more.fsx_projid = project;
        done = ioctl(fd, FS_IOC_FSSETXATTR, &more) == 0;
    }
    if (done)
        return SEALIFT_OK;
    if (!report_is_refusal(errno))
        return report_failure(report, errno, path, "set the project of", err);
    report_degraded(report, path, "its project id %u could not be set: %s", (unsigned)project, strerrordesc_np(errno));
    return SEALIFT_OK;
}

/* The kernel lets nobody set them on what is neither file nor directory. */
static enum sealift_status
leave_out(const struct attributes *attributes, enum chattr_moment moment, struct bytes path,
          const struct report *report)
{
    if (moment == CHATTR_COMPLETE && (attributes->flags != 0 || attributes->has_project))
        report_degraded(report, path, "its flags and project id were left out: only files and directories have them");
    return SEALIFT_OK;
}

enum sealift_status
chattr_set(const struct attributes *attributes, enum chattr_moment moment, int fd, struct bytes path,
           const struct report *report, struct sealift_error *err)
{
    bool can_have = attributes->type == TREE_FILE || attributes->type == TREE_DIRECTORY;
    uint32_t flags = flags_at(attributes, moment);

    if (moment == CHATTR_COMPLETE && (attributes->flags & ~(uint32_t)TREE_FLAGS) != 0)
        report_degraded(report, path, "its flags %#x were left out: they are unknown to this version of sealift",
                        (unsigned)(attributes->flags & ~(uint32_t)TREE_FLAGS));
    if (!can_have)
        return leave_out(attributes, moment, path, report);
    if (sets_project(attributes, moment))
        TRY(set_project(attributes->project, fd, path, report, err));
    return flags != 0 ? set_flags(flags, fd, path, report, err) : SEALIFT_OK;
}
