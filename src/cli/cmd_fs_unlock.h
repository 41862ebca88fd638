/* What became of a filesystem: a line of `sealift fs unlock`. */
#ifndef CMD_FS_UNLOCK_H
#define CMD_FS_UNLOCK_H

#include "output.h"

extern const struct column cmd_fs_unlock_columns[]; /* of struct sealift_unlocked */

#endif
