/* What `sealift fs download` answers with. */
#ifndef CMD_FS_DOWNLOAD_H
#define CMD_FS_DOWNLOAD_H

#include "output.h"

extern const struct column cmd_fs_download_columns[]; /* of struct sealift_download_result */

#endif
