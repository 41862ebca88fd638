/* The directory that a tree is written into: made when it does not exist, empty, and ours alone while it fills. */
#ifndef TARGET_ROOT_H
#define TARGET_ROOT_H

#include "report.h"

/* What mkfs leaves in a fresh filesystem: it does not count. */
#define TARGET_LOST_AND_FOUND "lost+found"

/* The directory and what is missing of the way to it: 0700 itself, its parents what the umask leaves. One that is there
 * already is a success. */
enum sealift_status target_root_make(const char *path, struct sealift_error *err);

/* report->root is its path. INVALID: this machine cannot restore safely; CONFLICT: not empty; IO: read-only. */
enum sealift_status target_root_open(const struct report *report, int *ret_fd, struct sealift_error *err);
/* The same for a directory that may hold other things, and whose owner, mode and ACL stay as they are. */
enum sealift_status target_root_open_shared(const struct report *report, int *ret_fd, struct sealift_error *err);

#endif
