/* A path in a snapshot, as people write it. */
#ifndef INNER_PATH_H
#define INNER_PATH_H

#include "tree_path.h"

/* Appends the path as the tree has it: of "/a//b/./c/" it is "a/b/c", of "/" and NULL the empty path of the root.
 * INVALID: "..", or names that are too long. */
enum sealift_status inner_path_append(const char *text, struct buf *out, struct sealift_error *err);

#endif
