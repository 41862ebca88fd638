#include "report.h"

#include "descriptors.h"
#include "error.h"
#include "scoped.h"
#include "shown_path.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/statvfs.h>

struct sentence {
    int error_number;
    enum sealift_status status;
    const char *reason;
    const char *way_out;
};

#define RUN_AGAIN "then remove what was restored so far and run it again"

static const struct sentence sentences[] = {
    {ENOSPC, SEALIFT_IO, "no space left on the target", "free some, " RUN_AGAIN},
    {EDQUOT, SEALIFT_IO, "the disk quota is used up", "raise it or free some space, " RUN_AGAIN},
    {EROFS, SEALIFT_IO, "the target is mounted read-only", "remount it for writing, or choose another one"},
    {EEXIST, SEALIFT_CONFLICT, "it is there already: someone else made it, or this filesystem takes two names for one",
     "find out which, " RUN_AGAIN},
    {ELOOP, SEALIFT_CONFLICT, "a symbolic link stands in the way, and nothing is written through one",
     "find out who made it, " RUN_AGAIN},
    {ENOTDIR, SEALIFT_CONFLICT, "something that is no directory stands in the way", "find out who made it, " RUN_AGAIN},
    {ENOKEY, SEALIFT_KEY, "the key that it is encrypted under was taken from the kernel", "unlock it, " RUN_AGAIN},
    {EXDEV, SEALIFT_CONFLICT, "another filesystem is mounted there", "unmount it, " RUN_AGAIN},
};

/* ENOSPC too, and freeing bytes would not help. */
static const struct sentence no_inodes = {
    ENOSPC, SEALIFT_IO, "no space left on the target for another name: all its inodes are taken",
    "make a filesystem that has more of them (mkfs.ext4 -N), or choose another one"};

static bool
has_no_inodes(const struct report *report)
{
    struct statvfs stat;

    return statvfs(report->root, &stat) == 0 && stat.f_files > 0 && stat.f_favail == 0;
}

/* NULL: there is none for it. */
static const struct sentence *
find_sentence(const struct report *report, int error_number)
{
    if (error_number == ENOSPC && has_no_inodes(report))
        return &no_inodes;
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        if (sentences[i].error_number == error_number)
            return &sentences[i];
    }
    return NULL;
}

enum sealift_status
report_failure(const struct report *report, int error_number, struct bytes path, const char *act,
               struct sealift_error *err)
{
    struct shown_path root = shown_path(bytes_of_text(report->root));
    struct shown_path shown = shown_path(path);

    const struct sentence *sentence = find_sentence(report, error_number);

    TRY(descriptors_check(error_number, err));
    if (sentence == NULL)
        return error_errno(err, error_number, "%s: cannot %s %s", root.text, act, shown.text);
    return error_set(err, sentence->status, "%s: cannot %s %s: %s; %s", root.text, act, shown.text, sentence->reason,
                     sentence->way_out);
}

bool
report_is_refusal(int error_number)
{
    switch (error_number) {
    case EPERM:
    case EACCES:
    case EOPNOTSUPP:
    case ENOTTY:
    case ENOSYS:
    case EINVAL: /* a user that this user namespace does not know */
    case E2BIG:
    case ERANGE:
        return true;
    default:
        return false;
    }
}

void
report_degraded(const struct report *report, struct bytes path, const char *format, ...)
{
    char what[512];
    va_list arguments;

    if (report->degraded == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    report->degraded(report->context, path, what);
}
