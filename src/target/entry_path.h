/* The parts of an entry's path (tree.h): no slash at either end; the root is the empty path. */
#ifndef ENTRY_PATH_H
#define ENTRY_PATH_H

#include "buf.h"

#include <limits.h>

struct bytes entry_path_parent(struct bytes path);
/* The last component; the path must be valid (tree_path_is_valid) and not the root. */
void entry_path_name(struct bytes path, char ret_name[NAME_MAX + 1]);
/* Whether `path` is `directory` itself or lies anywhere below it. */
bool entry_path_is_within(struct bytes path, struct bytes directory);

#endif
