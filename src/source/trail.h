/* The directories from the root to where the walk stands. Only the nearest ones (and the root) are held open, however
 * deep the walk is; coming back to one that was closed, the trail opens it again, by name from the root, and makes sure
 * that it is the same inode. One thread. */
#ifndef TRAIL_H
#define TRAIL_H

#include "buf.h"
#include "walk_directory.h"

struct trail;

enum sealift_status trail_new(struct trail **ret_trail, struct sealift_error *err); /* empty */
void trail_free(struct trail **trail);

/* Steps into a directory of the one on top (the first is the root, whose name is ""). Takes the directory over, also
 * when it fails. */
enum sealift_status trail_push(struct trail *trail, const char *name, uint64_t device, uint64_t inode,
                               struct walk_directory **directory, struct sealift_error *err);
void trail_pop(struct trail *trail);
bool trail_is_empty(const struct trail *trail);

/* The path of the directory on top, below the root; a view until the next push. */
struct bytes trail_path(const struct trail *trail);
/* The directory on top, not for the caller to release. NULL, and the reason in *ret_errno, when it can no longer be
 * reached. */
enum sealift_status trail_directory(struct trail *trail, struct walk_directory **ret_directory, int *ret_errno,
                                    struct sealift_error *err);

#endif
