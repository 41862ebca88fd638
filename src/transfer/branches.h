/* The branches of a tree that are wanted, out of all: paths, in the tree's order, none of which lies below another. */
#ifndef BRANCHES_H
#define BRANCHES_H

#include "tree_path.h"

struct branches;

/* Copies the paths, which are valid; those that come twice, or lie below others, are left out. */
enum sealift_status branches_new(const struct bytes *paths, size_t count, struct branches **ret_branches,
                                 struct sealift_error *err);
void branches_free(struct branches **branches);

size_t branches_count(const struct branches *branches);
struct bytes branches_at(const struct branches *branches, size_t index);

/* Whether the path is a branch, or lies below one. */
bool branches_hold(const struct branches *branches, struct bytes path);

#endif
