/* A snapshot that is to be removed: where it is, and what the table knows of it. */
#ifndef REMOVED_SNAPSHOT_H
#define REMOVED_SNAPSHOT_H

#include "handle.h"
#include "names.h"

/* The zero value holds nothing. */
struct removed_snapshot {
    struct store *store;    /* NULL: there is nothing of it in a bucket, or nothing of ours */
    struct locator locator; /* in that store */
    struct table_fs fs;     /* zero: the table does not know it */
    bool has_row;
    struct table_snapshot row;
};

void removed_snapshot_done(struct removed_snapshot *snapshot);

/* By filesystem and name, or by locator and store; what is in that store is not looked at. A locator's row is found
 * when its filesystem uploads to that very store. */
enum sealift_status removed_snapshot_find(struct sealift *sealift, const struct sealift_snapshot_remove_spec *spec,
                                          struct removed_snapshot *ret_snapshot, struct sealift_error *err);

#endif
