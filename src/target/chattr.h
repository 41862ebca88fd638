/* What an inode gets by ioctl: flags, as chattr(1) sets them, and its project id. Flags are only added: those that a
 * directory hands down to what is made in it stay. */
#ifndef CHATTR_H
#define CHATTR_H

#include "attributes.h"

enum chattr_moment {
    CHATTR_EMPTY,    /* what must be there before its contents: no copy on write, compression, the project */
    CHATTR_COMPLETE, /* all that does not stand in the way of the times, or of further names */
    CHATTR_LAST,     /* immutable, append only: nothing can be done to the inode after that, nor a link be made to it */
};

/* Whether there is anything to be set at that moment. */
bool chattr_has(const struct attributes *attributes, enum chattr_moment moment);

/* Sets it on `fd`, a file or directory that is open. What this user may not set, or this filesystem does not keep, is
 * reported as degraded. */
enum sealift_status chattr_set(const struct attributes *attributes, enum chattr_moment moment, int fd,
                               struct bytes path, const struct report *report, struct sealift_error *err);

#endif
