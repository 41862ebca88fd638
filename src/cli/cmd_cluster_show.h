/* What a cluster is: `sealift cluster`. */
#ifndef CMD_CLUSTER_SHOW_H
#define CMD_CLUSTER_SHOW_H

#include "output.h"

extern const struct column cmd_cluster_show_columns[]; /* of struct sealift_cluster */

#endif
