/* How a removal is shown: {"listing":[...],"removed":{...}}; for people what was removed, and then the list. */
#ifndef REMOVAL_VIEW_H
#define REMOVAL_VIEW_H

#include "cli.h"
#include "listing.h"

/* Before the listing's first row. */
void removal_view_begin(const struct cli *cli);
/* `removal` NULL: nothing came of it. */
void removal_view_end(struct cli *cli, struct listing *listing, const struct column *columns, const void *removal);

/* Tells people what deleting means in this bucket: each "yes", "no", "unknown". */
void removal_view_say_versions(struct cli *cli, const char *versioning, const char *object_lock);

#endif
