/* Lists of extents: which pieces of which frames make a file. A short list stands in the entry (level 0). A longer one
 * goes to extents frames, and the entry has a list of those (level 1); and so on, so that a file of any size is a small
 * entry. docs/FORMAT.md, "Lists of extents". */
#ifndef TREE_LIST_H
#define TREE_LIST_H

#include "tree_cutter.h"

/* At level 0 the items are extents. Above, each stands for an extents frame one level below: its reference, the length
 * that it covers. */
struct tree_list {
    unsigned level;
    const struct extent *items;
    size_t count;
    uint64_t length; /* of all together */
};

/* The most bytes that an item and its reference take in a frame. */
#define TREE_LIST_ITEM_MAX (TREE_REF_MAX + 3 + 3 + 3 + CHUNK_ID_SIZE)

/* Appends the items to *out, their references to the frame's tables. */
enum sealift_status tree_list_encode(const struct tree_list *list, struct tree_frame_builder *frame, struct buf *out,
                                     struct sealift_error *err);

/* Takes extents one by one, sends extents frames to the sink when there are too many. Used for one file after the
 * other. */
struct tree_list_writer;

enum sealift_status tree_list_writer_new(struct tree_cutter *cutter, tree_sink *sink, void *context,
                                         struct tree_list_writer **ret_writer, struct sealift_error *err);
void tree_list_writer_free(struct tree_list_writer **writer);
void tree_list_writer_begin(struct tree_list_writer *writer);
enum sealift_status tree_list_writer_add(struct tree_list_writer *writer, const struct extent *extent,
                                         struct sealift_error *err);
/* What the entry is to hold: at most TREE_INLINE_MAX items, which last until the next begin. */
enum sealift_status tree_list_writer_end(struct tree_list_writer *writer, struct tree_list *ret_list,
                                         struct sealift_error *err);

/* Reads a list, whatever its level, as extents. Embedded; the zero value is an empty list. */
struct tree_list_cursor {
    tree_fetch *fetch;
    void *context;
    const struct tree_frame *home; /* the frame of the entry, ... */
    struct bytes items;            /* ... and what is left of the list in it */
    unsigned level, at;            /* of that list; of the frame that is being read: at == level is the list itself */
    bool is_sized;
    uint64_t left[TREE_MAX_LEVEL + 1]; /* what the list (of each level) has still to cover */
    struct tree_frame below[TREE_MAX_LEVEL];
};

void tree_list_cursor_done(struct tree_list_cursor *cursor);
/* `home` and `items` must outlive the reading. `size`: what the extents must add up to; NULL when nobody said. */
void tree_list_cursor_begin(struct tree_list_cursor *cursor, const struct tree_frame *home, unsigned level,
                            struct bytes items, const uint64_t *size);
enum sealift_status tree_list_cursor_next(struct tree_list_cursor *cursor, struct extent *ret_extent, bool *ret_end,
                                          struct sealift_error *err);

#endif
