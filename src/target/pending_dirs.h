/* The directories whose attributes wait until the tree has moved past their descendants: each lies in the one before
 * it. */
#ifndef PENDING_DIRS_H
#define PENDING_DIRS_H

#include "attributes.h"

/* The zero value is empty. */
struct pending_dirs {
    struct buf path;    /* of the deepest one */
    struct buf records; /* for each: its xattrs, then the rest */
};
void pending_dirs_done(struct pending_dirs *pending);

bool pending_dirs_is_empty(const struct pending_dirs *pending);
/* `path` lies in the deepest one, unless there is none yet. Copies what it needs. NO_MEMORY when a tree nests more
 * attributes than the memory ceiling of a buffer allows. */
enum sealift_status pending_dirs_push(struct pending_dirs *pending, struct bytes path,
                                      const struct attributes *attributes, struct sealift_error *err);
/* Views of the deepest one, good until the next push. */
void pending_dirs_deepest(const struct pending_dirs *pending, struct bytes *ret_path,
                          struct attributes *ret_attributes);
void pending_dirs_pop(struct pending_dirs *pending);

#endif
