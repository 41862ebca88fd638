/* An entry as bytes: its path, as far as it differs from the one before, its type, and tagged fields. docs/FORMAT.md,
 * "Entry". */
#ifndef TREE_ENTRY_H
#define TREE_ENTRY_H

#include "tree_list.h"

/* The most bytes that it can add to a frame. */
size_t tree_entry_bound(const struct tree_entry *entry, const struct tree_list *content);

/* Appends the entry to the frame's items. `before` is the path of the entry before it in the same frame, empty for the
 * first. A file's size is what its content covers. */
enum sealift_status tree_entry_append(const struct tree_entry *entry, const struct tree_list *content,
                                      struct bytes before, struct tree_frame_builder *frame, struct sealift_error *err);

/* A file's list of extents, as it stands in the entry. */
struct tree_content {
    unsigned level;
    struct bytes items;
};

/* Cuts the next entry off the frame's items. Its path is put together in *path, which must not be the memory of
 * `before`; all its views point there or into the frame. CORRUPT when anything in it is malformed, or does not fit its
 * type; INVALID when it says something that a reader must understand and this one does not. Where it stands in the tree
 * is for the caller to check. */
enum sealift_status tree_entry_cut(struct tree_frame *frame, struct bytes before, struct buf *path,
                                   struct tree_entry *ret_entry, struct tree_content *ret_content,
                                   struct sealift_error *err);

#endif
