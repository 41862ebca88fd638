/* What lies between a directory and what has a name in it: nothing, as a rule. */
#ifndef BORDER_H
#define BORDER_H

#include "inode.h"
#include "walk_directory.h"

enum border {
    BORDER_NONE,
    BORDER_SUBVOLUME,   /* of btrfs: a device number of its own, but the same mount */
    BORDER_LEFT_BEHIND, /* in a snapshot of btrfs: the empty directory that stands for a subvolume below */
    BORDER_MOUNT,       /* a file may be one as well */
    BORDER_AUTOMOUNT,   /* something is mounted here as soon as somebody looks closer */
    BORDER_KERNEL_VIEW, /* a mount that shows the kernel (proc, sysfs ...) rather than what somebody stored */
};

/* `stat` is that of the name. Kernels before 5.8 do not number mounts: there each other device is a mount, and one
 * directory that is mounted in two places goes unseen. */
enum border border_of(const struct walk_directory *directory, const char *name, const struct statx *stat);

#endif
