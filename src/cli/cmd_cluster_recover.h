/* What became of a filesystem: a line of `sealift cluster recover`. */
#ifndef CMD_CLUSTER_RECOVER_H
#define CMD_CLUSTER_RECOVER_H

#include "output.h"

extern const struct column cmd_cluster_recover_columns[]; /* of struct sealift_recovered */

#endif
