/* What `sealift fs snapshot get` answers with. */
#ifndef CMD_SNAPSHOT_GET_H
#define CMD_SNAPSHOT_GET_H

#include "output.h"

extern const struct column cmd_snapshot_get_columns[]; /* of struct sealift_get_result */

#endif
