/* A file being written. It lies in a folder of its own, `.tmp`, which no listing shows: no object's name begins with a
 * dot. */
#ifndef DIRECTORY_TEMPORARY_H
#define DIRECTORY_TEMPORARY_H

#include "directory_root.h"

/* Its writer holds a lock on it: whoever finds it unlocked knows that the writer is dead. */
struct directory_temporary {
    int folder;
    int fd;
    char name[17]; /* random; empty when there is nothing to remove (any more) */
};

enum sealift_status directory_temporary_create(const struct directory_root *root, const struct world *world,
                                               struct directory_temporary *ret_temporary, struct sealift_error *err);
void directory_temporary_done(struct directory_temporary *temporary); /* removes it */

/* Writes and syncs. */
enum sealift_status directory_temporary_fill(const struct directory_root *root,
                                             const struct directory_temporary *temporary, struct bytes data,
                                             struct sealift_error *err);

/* Removes what dead processes left behind. Nothing depends on it: what cannot be removed stays until another time. */
void directory_temporary_sweep(const struct directory_root *root);

#endif
