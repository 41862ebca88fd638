/* The tags of an entry's fields. A reader must understand the odd ones, and may skip the even ones. */
#ifndef TREE_ENTRY_FIELDS_H
#define TREE_ENTRY_FIELDS_H

enum tree_tag {
    TAG_MODE = 1,
    TAG_IDENTITY = 2, /* inode, links, ctime: for incremental uploads, not for restoring */
    TAG_OWNER = 3,
    TAG_MTIME = 5,
    TAG_SIZE = 7,
    TAG_CONTENT = 9,
    TAG_XATTRS = 11,
    TAG_XATTR_LIST = 13,
    TAG_TARGET = 15,
    TAG_DEVICE = 17,
    TAG_FLAGS = 19,
    TAG_PROJECT = 21,
};

#endif
