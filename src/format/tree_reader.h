/* Reads a tree in order, from its beginning or from any path on. One thread; constant memory: one frame a level.
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

/* Goes where `path` (a valid one, or what is behind one: tree_path_append_behind()) would stand, forwards or backwards:
 * what tree_reader_next() gives then, and all that follows, is not less. The index leads there: a frame a level is
 * fetched, unless it is the one that is held already, and as many for each directory above `path` that was not passed
 * on the way here, since an entry is given only when the directories that it lies in were seen.
 *
 * All that is read is checked as if the whole tree were, but what was not read is not known: where somebody who holds
 * the key made a tree that tree_reader_next() would refuse further on, an entry may be overlooked. */
enum sealift_status tree_reader_seek(struct tree_reader *reader, struct bytes path, struct sealift_error *err);

/* The extents of the entry that tree_reader_next() gave last; may be called until the next tree_reader_next(). The sum
 * of the lengths is the entry's size, checked. */
enum sealift_status tree_reader_extent(struct tree_reader *reader, struct extent *ret_extent, bool *ret_end,
                                       struct sealift_error *err);
/* The same for the entry's xattr_list (a large set of extended attributes). */
enum sealift_status tree_reader_xattr_extent(struct tree_reader *reader, struct extent *ret_extent, bool *ret_end,
                                             struct sealift_error *err);

#endif
