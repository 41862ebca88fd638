/* Keys for the encrypted directories of a disk. */
#ifndef FIXTURE_DISK_H
#define FIXTURE_DISK_H

#include "disk.h"
#include "secret.h"

/* An at-rest key; another number, another key. */
struct secret *disk_key(unsigned number);

#endif
