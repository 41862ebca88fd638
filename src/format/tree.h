/* The tree: what a snapshot holds. Entries in depth-first order, siblings by name bytes, in sealed frames of tree segments; an index above.
 * DESIGN.md section 4.2; docs/FORMAT.md, "Tree".
 *
 * A tree frame's plain bytes: u8 kind (entries, index, extents), u8 level, the segments and the frames that it refers to, then its items.
 * Integers are LEB128 varints, signed ones zigzag. This header has the nouns; tree_writer.h makes frames, tree_reader.h reads them. */
#ifndef TREE_H
#define TREE_H

#include "segment.h"

#define TREE_PATH_MAX     ((size_t)256 << 10) /* depth 1,000 with names of 255 bytes */
#define TREE_XATTRS_MAX   ((size_t)64 << 10)  /* inline; a larger set is stored as data and referred to */
#define TREE_EXTENTS_MAX  ((size_t)64 << 10)  /* inline, encoded; a longer list goes to extents frames */
#define TREE_FRAME_TARGET ((size_t)64 << 10)
#define TREE_FRAME_SOFT   ((size_t)512 << 10) /* an entry that would make the frame larger begins the next one */
#define TREE_MAX_LEVEL    8

enum tree_type {
    TREE_FILE = 1,
    TREE_DIRECTORY,
    TREE_SYMLINK,
    TREE_FIFO,
    TREE_SOCKET,
    TREE_CHARACTER_DEVICE,
    TREE_BLOCK_DEVICE,
    TREE_HARD_LINK, /* a later name of an entry that came before: `target` is that entry's path */
};

/* A run of a file's bytes: a hole, or a piece of a frame. Runs follow each other from offset 0 and add up to the size. */
struct extent {
    uint64_t length;
    bool hole;
    struct frame_ref frame;
    uint32_t offset; /* in the frame's plain bytes */
    uint8_t id[CHUNK_ID_SIZE];
};

/* Views point into the reader's (or the caller's) memory. */
struct tree_entry {
    struct bytes path; /* below the root, no slash at either end; the root itself is the empty path and the first entry */
    enum tree_type type;
    uint32_t mode; /* 07777 */
    uint32_t uid, gid;
    int64_t mtime_s;
    uint32_t mtime_ns;
    uint64_t size;          /* files */
    uint64_t links;         /* of the inode, when it was read */
    uint32_t major, minor;  /* devices */
    struct bytes target;    /* symlinks, hard links */
    struct bytes xattrs;    /* encoded set (xattr_set.h), ACLs among them; empty when there is none or it is referred to */
    const struct extent *xattr_extents; /* writer: where a larger set was stored */
    size_t xattr_extent_count;
    struct bytes xattr_list; /* reader: the encoded list, read with extent_cursor */

    /* What an incremental upload compares; not needed to restore. */
    uint64_t inode;
    int64_t ctime_s;
    uint32_t ctime_ns;

    bool has_flags, has_project;
    uint32_t flags;   /* chattr's, FS_IOC_GETFLAGS */
    uint32_t project; /* FS_IOC_FSGETXATTR */
};

/* Compares paths by component: "a/b" before "a-b"; < 0, 0, > 0. */
int tree_path_compare(struct bytes a, struct bytes b);

/* A path that may be restored: no empty component, ".", "..", or NUL; at most TREE_PATH_MAX bytes, components at most 255. The empty path (the root) is
 * valid. */
bool tree_path_is_valid(struct bytes path);

/* Where a tree, or one of its parts, begins. */
struct tree_root {
    struct frame_ref frame;
    uint32_t level; /* 0: the frame holds entries; else it is an index frame of that level */
};

#endif
