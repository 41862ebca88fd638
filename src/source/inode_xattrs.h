/* The extended attributes of an inode, ACLs among them, as one encoded set (xattr_set.h): sorted by name, values as the
 * kernel gives them. */
#ifndef INODE_XATTRS_H
#define INODE_XATTRS_H

#include "buf.h"

/* The buffers that reading needs, kept for the next inode; the zero value is ready. */
struct inode_xattrs {
    struct buf list; /* names, each with its NUL */
    struct buf value;
    struct buf set; /* what was read */
};
void inode_xattrs_done(struct inode_xattrs *xattrs);

/* Reads those of `fd`, which may be one that was opened with O_PATH, into xattrs->set; empty when the filesystem has
 * none. An attribute that vanishes meanwhile is left out. `name` is for the message. */
enum sealift_status inode_xattrs_read(struct inode_xattrs *xattrs, int fd, bool is_path, const char *name,
                                      struct sealift_error *err);

#endif
