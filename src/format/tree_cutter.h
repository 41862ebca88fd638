/* Where frames of the tree are cut: by what stands there, so that the same run of entries gives the same frames in
 * every snapshot, and keyed, so that nobody who names files can foresee it. docs/FORMAT.md, "Where frames are cut",
 * which readers need not know. */
#ifndef TREE_CUTTER_H
#define TREE_CUTTER_H

#include "key_schedule.h"
#include "tree_frame.h"

/* Entries and index frames: no cut below the floor; above it one byte in TREE_CUT_TARGET ends the frame, so frames have
 * 80 KiB on average and, after a change, fall into step again within one or two frames; what would make a frame larger
 * than the ceiling begins the next one. */
#define TREE_CUT_FLOOR   ((size_t)16 << 10)
#define TREE_CUT_TARGET  ((size_t)64 << 10)
#define TREE_CUT_CEILING ((size_t)512 << 10)

/* Lists of extents are cut by the number of items, and no list that an entry can hold ever is. Even if each item
 * referred to a segment of its own, the most of them would fit in a frame. */
#define TREE_CUT_LIST_FLOOR  TREE_INLINE_MAX
#define TREE_CUT_LIST_TARGET 2048
#define TREE_CUT_LIST_MAX    8192

struct tree_cutter; /* one thread */

enum sealift_status tree_cutter_new(const struct secret *fs_key, struct tree_cutter **ret_cutter,
                                    struct sealift_error *err);
void tree_cutter_free(struct tree_cutter **cutter);

/* Whether the frame ends behind the item that was just added: `key` tells it from others of its kind and level (a path,
 * a chunk's name), `item_size` of the frame's `size` bytes are its own. */
enum sealift_status tree_cutter_cuts(struct tree_cutter *cutter, const struct tree_frame_builder *frame,
                                     struct bytes key, size_t item_size, bool *ret_cut, struct sealift_error *err);
enum sealift_status tree_cutter_cuts_list(struct tree_cutter *cutter, unsigned level, size_t item_count,
                                          struct bytes key, bool *ret_cut, struct sealift_error *err);

#endif
