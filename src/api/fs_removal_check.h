/* What forbids that the table forgets a filesystem: work under way, an encrypted directory that nobody could lock any
 * more, and the loss of the last copy of a key that is needed. */
#ifndef FS_REMOVAL_CHECK_H
#define FS_REMOVAL_CHECK_H

#include "handle.h"

struct fs_removal_check {
    struct sealift *sealift;
    const struct sealift_fs_remove_spec *spec;
    const struct table_fs *row;
    struct store *store; /* NULL: the filesystem has none, or it cannot be opened */

    /* What is found: */
    uint64_t snapshots, uploaded; /* of the table; those of them that are in a bucket */
    const char *key_record;       /* "yes", "no", "unknown": whether the bucket has what it can be recovered from */
};

/* CONFLICT, saying what to do. */
enum sealift_status fs_removal_check(struct fs_removal_check *check, struct sealift_error *err);

#endif
