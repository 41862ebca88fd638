/* What `sealift fs snapshot upload` answers with. */
#ifndef CMD_SNAPSHOT_UPLOAD_H
#define CMD_SNAPSHOT_UPLOAD_H

#include "output.h"

extern const struct column cmd_snapshot_upload_columns[]; /* of struct sealift_upload_result */

#endif
