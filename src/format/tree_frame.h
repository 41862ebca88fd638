/* A frame of the tree, taken apart: what segments and frames it refers to, and its items. The tables make it
 * self-contained: to follow a reference one needs this frame and the FS key, nothing else. docs/FORMAT.md, "Tree
 * frame". */
#ifndef TREE_FRAME_H
#define TREE_FRAME_H

#include "tree.h"

enum tree_frame_kind { TREE_FRAME_ENTRIES = 1, TREE_FRAME_INDEX = 2, TREE_FRAME_EXTENTS = 3 };

/* The most that one reference adds to a frame's tables: a segment of its own, a frame of its own. */
#define TREE_REF_MAX ((size_t)68)

/* A frame in the making. Begin with tree_frame_builder_begin() on a zero value. */
struct tree_frame_builder {
    enum tree_frame_kind kind;
    unsigned level;
    struct buf items;    /* the caller appends to it ... */
    uint64_t item_count; /* ... and counts */

    /* The tables as they will stand in the frame, and what is in them, to find it again. */
    struct buf segment_table, frame_table;
    struct segment_id *segments;
    size_t segment_count, segment_capacity;
    struct tree_frame_known *frames;
    size_t frame_count, frame_capacity;
    uint32_t *slots; /* hash table: index into frames + 1, 0 is free */
};

void tree_frame_builder_done(struct tree_frame_builder *builder);
enum sealift_status tree_frame_builder_begin(struct tree_frame_builder *builder, enum tree_frame_kind kind,
                                             unsigned level, struct sealift_error *err);
/* The number by which items of this frame refer to `ref`: the same for the same frame. */
enum sealift_status tree_frame_refer(struct tree_frame_builder *builder, const struct frame_ref *ref,
                                     uint32_t *ret_index, struct sealift_error *err);
/* At least as many bytes as the frame would have now. */
size_t tree_frame_size(const struct tree_frame_builder *builder);
/* The plain bytes; at most FRAME_MAX_PLAIN, which is for the caller to see to. */
enum sealift_status tree_frame_encode(const struct tree_frame_builder *builder, struct buf *out,
                                      struct sealift_error *err);

/* A frame that was fetched. The zero value is none. */
struct tree_frame {
    struct buf plain;
    struct segment_id *segments;
    size_t segment_count;
    struct tree_frame_place *frames;
    size_t frame_count;

    struct bytes items;  /* the rest of them: whoever reads one cuts it off ... */
    uint64_t items_left; /* ... and counts down */

    struct bytes all_items;
    uint64_t item_count;
};

void tree_frame_done(struct tree_frame *frame);
/* Fetches it and checks all but its items: CORRUPT when it is of another kind or level, empty, or refers to what cannot
 * be. */
enum sealift_status tree_frame_load(struct tree_frame *frame, tree_fetch *fetch, void *context,
                                    const struct frame_ref *ref, enum tree_frame_kind kind, unsigned level,
                                    struct sealift_error *err);
/* Back to its first item. */
void tree_frame_rewind(struct tree_frame *frame);
/* CORRUPT when the frame has no such reference, or it leads to a segment of another kind. */
enum sealift_status tree_frame_follow(const struct tree_frame *frame, uint64_t index, enum segment_kind kind,
                                      struct frame_ref *ret_ref, struct sealift_error *err);
/* Whether all items have been read; CORRUPT when their number and their bytes do not end together. */
enum sealift_status tree_frame_is_read(const struct tree_frame *frame, bool *ret_end, struct sealift_error *err);

/* "tree frame 3 of segment 12 of upload 018f..." before the message. */
enum sealift_status tree_frame_prefix(const struct frame_ref *ref, struct sealift_error *err);

#endif
