/* How a new key of a filesystem is shown. */
#ifndef CMD_FS_REKEY_H
#define CMD_FS_REKEY_H

#include "output.h"

extern const struct column cmd_fs_rekey_columns[]; /* of struct sealift_rekey_result */

#endif
