/* Mounts, as /proc/PID/mountinfo lists them (proc(5)). */
#ifndef MOUNT_ENTRY_H
#define MOUNT_ENTRY_H

#include <sealift/status.h>
#include <stdbool.h>

struct mount_entry {
    int id;
    unsigned major, minor;
    char *root;   /* what of its filesystem is mounted: "/" for all of it */
    char *point;  /* where */
    char *type;   /* "ext4" */
    char *source; /* "/dev/sda1" */
};

/* False, and nothing to be freed, for what is no line of this kind. */
bool mount_entry_parse(const char *line, struct mount_entry *ret_entry);

/* The mount that an open file lies in; NOT_FOUND where /proc does not list it. `path` is for messages. */
enum sealift_status mount_entry_of(int fd, const char *path, struct mount_entry *ret_entry, struct sealift_error *err);
void mount_entry_done(struct mount_entry *entry);

#endif
