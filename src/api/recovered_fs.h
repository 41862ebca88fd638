/* A filesystem on its way from a bucket back into the table: first all that the bucket tells of it, then its rows, in
 * one transaction. */
#ifndef RECOVERED_FS_H
#define RECOVERED_FS_H

#include "handle.h"
#include "recovery.h"
#include "spill.h"

/* The zero value holds nothing. */
struct recovered_fs {
    struct table_fs row;
    bool is_known; /* the table has it: the row is the table's, but for the last sequence */
    struct envelope envelope;
    struct kms_hint by;      /* the key that opened it; before: where it claims to be wrapped */
    struct kms_hint moved;   /* where a newer record says that it is wrapped by now; without a type: nowhere else */
    struct spill *snapshots; /* struct table_snapshot, in the order of time */
    uint64_t passed_over;    /* manifests that were not authentic */
    struct uuid newest;      /* of what its names are from: a key record, or an upload */
    bool selects_otherwise;  /* its newest snapshot left out something else than its key record says */
};

void recovered_fs_done(struct recovered_fs *fs);

/* Reads and opens; nothing is written. What the table knows of it is not asked of the bucket: then only snapshots are
 * looked for. `fs` keeps what was found out also when it fails. */
enum sealift_status recovered_fs_gather(struct sealift *sealift, const struct recovery *recovery, bool skip_unopened,
                                        struct recovered_fs *fs, struct sealift_error *err);

/* Whether a newer record names another key than the table has, of what the table knows. */
enum sealift_status recovered_fs_compare(const struct recovery *recovery, struct recovered_fs *fs,
                                         struct sealift_error *err);

/* Writes it, as table_recover() does. */
enum sealift_status recovered_fs_store(struct sealift *sealift, const struct recovered_fs *fs, bool dry_run,
                                       uint64_t *ret_snapshots, struct sealift_error *err);

#endif
