/* What `sealift fs snapshot remove` answers with. */
#ifndef CMD_SNAPSHOT_REMOVE_H
#define CMD_SNAPSHOT_REMOVE_H

#include "output.h"

extern const struct column cmd_snapshot_remove_columns[];        /* of struct sealift_snapshot_removal */
extern const struct column cmd_snapshot_remove_unused_columns[]; /* of struct sealift_unused */

#endif
