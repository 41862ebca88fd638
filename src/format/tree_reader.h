/* Reads a tree in order. One thread; constant memory: one frame a level.
 *
 * Whoever made the tree may hold the key and mean harm, so everything that can be checked in passing is: kinds, levels,
 * counts, bounds of references, paths and their order, that each entry lies in a directory that came before, which
 * fields a type has, that extents add up. Of a hard link's target it is certain only that it is a valid path, sorts
 * before the link, and is none of its parents: that something is there, and no link leads away from it, is for whoever
 * restores. */
#ifndef TREE_READER_H
#define TREE_READER_H

#include "tree.h"

struct tree_reader;

enum sealift_status tree_reader_new(const struct tree_root *root, tree_fetch *fetch, void *context,
                                    struct tree_reader **ret_reader, struct sealift_error *err);
void tree_reader_free(struct tree_reader **reader);

/* The next entry; *ret_end true (and no entry) behind the last. The entry's views last until the next call. CORRUPT
 * names the entry, or the frame. */
enum sealift_status tree_reader_next(struct tree_reader *reader, struct tree_entry *ret_entry, bool *ret_end,
                                     struct sealift_error *err);

/* The extents of the entry that tree_reader_next() gave last; may be called until the next tree_reader_next(). The sum
 * of the lengths is the entry's size, checked. */
enum sealift_status tree_reader_extent(struct tree_reader *reader, struct extent *ret_extent, bool *ret_end,
                                       struct sealift_error *err);
/* The same for the entry's xattr_list (a large set of extended attributes). */
enum sealift_status tree_reader_xattr_extent(struct tree_reader *reader, struct extent *ret_extent, bool *ret_end,
                                             struct sealift_error *err);

#endif
