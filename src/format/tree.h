/* The tree: what a snapshot holds. Entries in depth-first order, siblings by name bytes, in sealed frames of tree
 * segments; an index above. DESIGN.md section 4.2; docs/FORMAT.md, "Tree".
 *
 * A tree frame's plain bytes: u8 kind (entries, index, extents), u8 level, the segments and the frames that it refers
 * to, then its items. Integers are LEB128 varints, signed ones zigzag. This header has the nouns; tree_writer.h makes
 * frames, tree_reader.h reads them. */
#ifndef TREE_H
#define TREE_H

#include "segment.h"
#include "tree_path.h"

#define TREE_XATTRS_MAX ((size_t)64 << 10) /* inline; a larger set is stored as data and referred to */
#define TREE_TARGET_MAX 4095               /* of a symlink: what symlink(2) takes */
#define TREE_INLINE_MAX 1024               /* extents in an entry; a longer list goes to extents frames */
#define TREE_MAX_LEVEL  8

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

/* "file", "directory", "symlink", "fifo", "socket", "character-device", "block-device", "hard-link". */
const char *tree_type_name(enum tree_type type);

/* A run of a file's bytes: a hole, or a piece of a frame. Runs follow each other from offset 0 and add
 * up to the size. */
struct extent {
    uint64_t length;
    bool hole;
    struct frame_ref frame;
    uint32_t offset; /* in the frame's plain bytes */
    uint8_t id[CHUNK_ID_SIZE];
};

/* Views point into the reader's (or the caller's) memory. */
struct tree_entry {
    struct bytes
        path; /* below the root, no slash at either end; the root itself is the empty path and the first entry */
    enum tree_type type;
    uint32_t mode; /* 07777 */
    uint32_t uid, gid;
    int64_t mtime_s;
    uint32_t mtime_ns;
    uint64_t size;         /* files */
    uint64_t links;        /* of the inode, when it was read */
    uint32_t major, minor; /* devices */
    struct bytes target;   /* symlinks, hard links */
    struct bytes xattrs; /* encoded set (xattr_set.h), ACLs among them; empty when there is none or it is referred to */
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

/* Where a tree, or one of its parts, begins. */
struct tree_root {
    struct frame_ref frame;
    uint32_t level; /* 0: the frame holds entries; else it is an index frame of that level */
};

/* Seals `plain` into a tree segment and says where it is. */
typedef enum sealift_status tree_sink(void *context, struct bytes plain, struct frame_ref *ret_ref,
                                      struct sealift_error *err);
/* Fetches and opens a frame: its plain bytes replace what *out holds. */
typedef enum sealift_status tree_fetch(void *context, const struct frame_ref *ref, struct buf *out,
                                       struct sealift_error *err);

#endif
