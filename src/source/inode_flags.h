/* What ioctls tell of an inode beyond statx(): chattr's flags and the project id. */
#ifndef INODE_FLAGS_H
#define INODE_FLAGS_H

#include "tree.h"

/* Reads those of `fd`, a file or directory that is open (O_PATH will not do), into the entry: only what is there and
 * would mean something elsewhere (tree_flags.h). A filesystem that has none, or a sandbox that lets nobody ask, is
 * none. `name` is for the message. */
enum sealift_status inode_flags_read(int fd, const char *name, struct tree_entry *entry, struct sealift_error *err);

#endif
