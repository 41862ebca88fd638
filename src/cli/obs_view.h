/* How an object store of the table is shown. */
#ifndef OBS_VIEW_H
#define OBS_VIEW_H

#include "cli.h"

extern const struct column obs_view_columns[]; /* of struct sealift_obs */

/* The store of that name: what adding and changing one answers with. */
enum sealift_status obs_view_show(struct cli *cli, const char *name, struct sealift_error *err);

#endif
