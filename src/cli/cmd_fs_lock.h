/* A process that keeps files of a filesystem open: a line of `sealift fs lock`. */
#ifndef CMD_FS_LOCK_H
#define CMD_FS_LOCK_H

#include "output.h"

extern const struct column cmd_fs_lock_columns[]; /* of struct sealift_holder */

#endif
