/* Paths of a tree: bytes, components divided by '/', none at either end; the root is the empty path. */
#ifndef TREE_PATH_H
#define TREE_PATH_H

#include "buf.h"

#define TREE_PATH_MAX ((size_t)256 << 10) /* depth 1,000 with names of 255 bytes */
#define TREE_NAME_MAX ((size_t)255)

/* Compares paths by component: "a/b" before "a-b"; < 0, 0, > 0. */
int tree_path_compare(struct bytes a, struct bytes b);

/* A path that may be restored: no empty component, ".", "..", or NUL; at most TREE_PATH_MAX bytes, components at most
 * TREE_NAME_MAX. The empty path (the root) is valid. */
bool tree_path_is_valid(struct bytes path);

/* What stands before the last '/'; empty for the root's children, and for the root itself. */
struct bytes tree_path_parent(struct bytes path);
/* Whether `path` is `folder` or lies somewhere below it. */
bool tree_path_is_within(struct bytes path, struct bytes folder);

/* The next step on the way from `folder` down to `path`, which lies below it: of "a" and "a/b/c" it is "a/b". */
struct bytes tree_path_step(struct bytes folder, struct bytes path);
/* Appends what is next in the order behind all that lies in the folder: not itself a path that could be. The root has
 * nothing behind it. */
enum sealift_status tree_path_append_behind(struct bytes folder, struct buf *out, struct sealift_error *err);

/* For messages: printf("%s", tree_path_show(path, room)). Long paths are cut in the middle, control characters are left
 * to the message. */
#define TREE_PATH_SHOWN 256
const char *tree_path_show(struct bytes path, char room[TREE_PATH_SHOWN]);

#endif
