/* What the kernel says of an inode, as a tree entry says it. */
#ifndef INODE_H
#define INODE_H

#include "link_map.h"
#include "tree.h"

#include <sys/stat.h>

/* statx() of `name` in `parent` ("" : of `parent` itself), following nothing and mounting nothing. 0,
 * or -1 and errno. */
int inode_stat(int parent, const char *name, struct statx *ret_stat);

uint64_t inode_device(const struct statx *stat); /* st_dev */

struct link_identity inode_identity(const struct statx *stat);

/* 0: a type that no tree has. */
enum tree_type inode_type(const struct statx *stat);
/* Type, mode, owner, times, size of a file, links, device numbers, inode, ctime. */
void inode_describe(const struct statx *stat, struct tree_entry *entry);

#endif
