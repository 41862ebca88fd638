/* Moving the keys of filesystems, one after another: rewrap() of each, then its row of the table in one transaction,
 * then what came of it is told. One that fails does not keep the others from it. */
#ifndef KEY_MOVES_H
#define KEY_MOVES_H

#include "handle.h"

#include <sealift/keys.h>

struct key_moves {
    struct sealift *sealift;
    sealift_each_rewrapped *each; /* NULL: nobody is told */
    void *context;
    bool dry_run;

    uint64_t failed;
    struct sealift_error first; /* of those that failed */
    struct buf names;           /* theirs, a few */

    struct store *store; /* that of the last filesystem: the next may well be in the same */
    char obs[TABLE_NAME_MAX];
};
void key_moves_done(struct key_moves *moves);

/* Of one filesystem of the table. */
struct key_move {
    const struct table_fs *row;
    struct kms *target;
    int64_t least_version; /* as in rewrap.h */
    const char *own_key;   /* JSON, that its row is to have with the new wrapping; NULL: as it is */
    bool alone;            /* which KMS is in force was not held still: whether it is moving stays as it is */

    /* Sets `target` and `least_version` of `move` to what goes with the row. Another process may give the filesystem
     * another key, or the cluster another KMS, so this is done whenever the row was read. NULL: the target is the same
     * whatever the row says. */
    enum sealift_status (*find_target)(void *finder, const struct table_fs *row, struct key_move *move,
                                       struct sealift_error *err);
    void *finder;
};

/* That it fails is told and counted. What is returned ends the whole: Ctrl-C, no memory, what `each` wants. That
 * another process changed its key meanwhile is not a failure: it is read again. */
enum sealift_status key_moves_one(struct key_moves *moves, const struct key_move *move, struct sealift_error *err);

/* Why it cannot even be tried: told and counted as a failure. */
enum sealift_status key_moves_refuse(struct key_moves *moves, const struct table_fs *row,
                                     const struct sealift_error *reason, struct sealift_error *err);

/* One that the table does not know, or that has this bucket besides its own. */
struct key_move_in_bucket {
    struct uuid fs;
    struct store *store;
    struct kms *target;
    int64_t least_version;
};
/* As key_moves_one(), without a row to change. */
enum sealift_status key_moves_in_bucket(struct key_moves *moves, const struct key_move_in_bucket *move,
                                        struct sealift_error *err);

/* OK when none failed; else the failure that names them, with the status of the first. `hint`: what to do next. */
enum sealift_status key_moves_end(const struct key_moves *moves, const char *hint, struct sealift_error *err);

#endif
