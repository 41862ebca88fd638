/* What `sealift fs remove` answers with. */
#ifndef CMD_FS_REMOVE_H
#define CMD_FS_REMOVE_H

#include "output.h"

extern const struct column cmd_fs_remove_columns[];         /* of struct sealift_fs_removal */
extern const struct column cmd_fs_remove_removed_columns[]; /* of struct sealift_removed */

#endif
