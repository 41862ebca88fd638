/* A set of extended attributes as bytes: for each, by name order, varint name length, name, varint value length, value.
 * ACLs are in it as the kernel gives them (system.posix_acl_access, system.posix_acl_default). */
#ifndef XATTR_SET_H
#define XATTR_SET_H

#include "buf.h"

/* Puts it where it belongs by name, whatever order they come in: equal sets are equal bytes. INVALID when the name is
 * empty, longer than 255 bytes, or there already. */
enum sealift_status xattr_set_add(struct buf *set, const char *name, struct bytes value, struct sealift_error *err);
/* Cuts the first attribute off *set. CORRUPT when it is malformed; the name has no NUL and is at most 255 bytes. */
enum sealift_status xattr_set_cut(struct bytes *set, char ret_name[256], struct bytes *ret_value,
                                  struct sealift_error *err);
/* CORRUPT unless all of it can be cut, and the names ascend. */
enum sealift_status xattr_set_check(struct bytes set, struct sealift_error *err);

#endif
