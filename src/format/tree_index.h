/* The index above the entries: for each frame, where it is and the first path in it; in frames that are themselves in
 * an index, until one frame is left: the root. docs/FORMAT.md, "Index". */
#ifndef TREE_INDEX_H
#define TREE_INDEX_H

#include "tree_cutter.h"

/* A key is the first path below, cut to this many bytes: not larger than that path, and not smaller than the last path
 * of the frame before. */
#define TREE_KEY_MAX ((size_t)512)

struct bytes tree_key_of(struct bytes path);

/* Takes the frames of entries in their order, sends index frames to the sink. */
struct tree_index_writer;

enum sealift_status tree_index_writer_new(struct tree_cutter *cutter, tree_sink *sink, void *context,
                                          struct tree_index_writer **ret_writer, struct sealift_error *err);
void tree_index_writer_free(struct tree_index_writer **writer);
enum sealift_status tree_index_writer_add(struct tree_index_writer *writer, struct bytes first_path,
                                          const struct frame_ref *ref, struct sealift_error *err);
/* At least one frame must have been added. */
enum sealift_status tree_index_writer_finish(struct tree_index_writer *writer, struct tree_root *ret_root,
                                             struct sealift_error *err);

/* Reading: cuts the next item off an index frame. */
enum sealift_status tree_index_cut(struct tree_frame *frame, struct bytes *ret_key, struct frame_ref *ret_ref,
                                   struct sealift_error *err);

#endif
