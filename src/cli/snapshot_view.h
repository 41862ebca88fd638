/* How a snapshot is shown: one that the table knows, and one that a bucket holds. */
#ifndef SNAPSHOT_VIEW_H
#define SNAPSHOT_VIEW_H

#include "cli.h"

extern const struct column snapshot_view_columns[];        /* of struct sealift_snapshot */
extern const struct column snapshot_view_bucket_columns[]; /* of struct sealift_bucket_snapshot */

#endif
