/* A filesystem of a test's own: an image in a playground, mounted through a loop device. */
#ifndef DISK_H
#define DISK_H

#include "playground.h"

struct disk {
    struct playground playground;
    char mount[PATH_MAX + 16]; /* where it is mounted */
};

/* `make` is mkfs and its options without the image, NULL at the end. False, aloud, where this user cannot mount, or
 * where there is no such mkfs. */
bool disk_make(struct disk *disk, const char *const *make);
/* ext4 with the feature "encrypt"; false, aloud, also where the kernel has no fscrypt. */
bool disk_make_encryptable(struct disk *disk);
void disk_done(struct disk *disk);

/* Mounts it again read-only. */
void disk_make_read_only(struct disk *disk);

/* Runs a program to its end; whether it exits with 0. */
bool disk_run(const char *const *words);

/* "MOUNT/name"; valid until the eighth call after it. */
const char *disk_at(const struct disk *disk, const char *name);

#endif
