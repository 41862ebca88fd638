/* Snapshots that are made here: where the filesystem can, when one is added; removed when it is uploaded. */
#ifndef NATIVE_SNAPSHOT_H
#define NATIVE_SNAPSHOT_H

#include "handle.h"

/* Makes one of `fs`, which the row then says; a row that says nothing of it is a live read, where none can be made.
 * INVALID: none can be made, and it was to be kept. */
enum sealift_status native_snapshot_make(struct sealift *sealift, const struct table_fs *fs, bool keep,
                                         struct table_snapshot *row, struct sealift_error *err);
/* Nothing came of the row. What remains is logged. */
void native_snapshot_take_back(struct sealift *sealift, const struct table_snapshot *row);

/* Removes it, where the row says that one was made and is still there; one that is gone, or whose filesystem is not
 * mounted, is logged. */
enum sealift_status native_snapshot_remove(struct sealift *sealift, const struct table_snapshot *row,
                                           struct sealift_error *err);

/* That it can be read. */
enum sealift_status native_snapshot_check(const struct table_snapshot *row, struct sealift_error *err);

/* Removes those of the filesystem that are uploaded: the one at hand, and any that an earlier upload had to leave. What
 * cannot be removed is logged, for the snapshots are safe. */
void native_snapshot_sweep(struct sealift *sealift, const struct uuid *fs);

#endif
