/* What an inode gets when its contents are complete: owner, extended attributes and ACLs, mode, flags, times. */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include "report.h"

struct attributes {
    enum tree_type type;
    uint32_t mode;
    uint32_t uid, gid;
    int64_t mtime_s;
    uint32_t mtime_ns;
    struct bytes xattrs; /* encoded; somebody else's memory */
    uint32_t flags;
    bool has_project;
    uint32_t project;
};

struct attributes attributes_of(const struct tree_entry *entry);

/* Sets them on `fd`, which may be of the kind that O_PATH gives. What this user or this filesystem cannot set is
 * reported as degraded; without its owner an inode gets neither set-user-ID and set-group-ID bits nor file
 * capabilities, without its ACL nothing for the group. What stands in the way of further names (immutable, append
 * only) is set later, by chattr_set(). */
enum sealift_status attributes_set(const struct attributes *attributes, int fd, bool is_path, struct bytes path,
                                   const struct report *report, struct sealift_error *err);

#endif
