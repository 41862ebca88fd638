/* How a filesystem is shown. */
#ifndef FS_VIEW_H
#define FS_VIEW_H

#include "cli.h"

extern const struct column fs_view_columns[]; /* of struct sealift_fs */

/* The filesystem of that name: what adding one answers with. */
enum sealift_status fs_view_show(struct cli *cli, const char *name, struct sealift_error *err);

#endif
