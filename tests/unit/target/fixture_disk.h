/* A disk that can hold encrypted directories, and keys for them. */
#ifndef FIXTURE_DISK_H
#define FIXTURE_DISK_H

#include "disk.h"
#include "secret.h"

/* ext4 with the feature "encrypt"; false, aloud, also where the kernel has no fscrypt. */
bool disk_make_encryptable(struct disk *disk);

/* An at-rest key; another number, another key. */
struct secret *disk_key(unsigned number);

#endif
