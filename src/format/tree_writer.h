/* Makes a tree: entries go in, in order; frames come out through a sink; last, the root. One thread;
 * constant memory. */
#ifndef TREE_WRITER_H
#define TREE_WRITER_H

#include "tree.h"

struct tree_writer;

/* `fs_key` keys the boundaries of frames ("chunker"). */
enum sealift_status tree_writer_new(const struct secret *fs_key, tree_sink *sink, void *context,
                                    struct tree_writer **ret_writer, struct sealift_error *err);
void tree_writer_free(struct tree_writer **writer);

/* Begins an entry, which must sort after the last one (else INTERNAL). Its extents follow in order, then the end. The
 * entry's views need to last only for this call. entry->size may still be corrected at the end: a file is what was read
 * of it. */
enum sealift_status tree_writer_begin(struct tree_writer *writer, const struct tree_entry *entry,
                                      struct sealift_error *err);
enum sealift_status tree_writer_extent(struct tree_writer *writer, const struct extent *extent,
                                       struct sealift_error *err);
enum sealift_status tree_writer_end(struct tree_writer *writer,
                                    struct sealift_error *err); /* size = sum of the extents */

/* Drops the entry that was begun, as if it had never been: what stands behind it in the order may follow. */
void tree_writer_abandon(struct tree_writer *writer);

/* Writes what is left. A tree has at least its root entry. */
enum sealift_status tree_writer_finish(struct tree_writer *writer, struct tree_root *ret_root, uint64_t *ret_entries,
                                       struct sealift_error *err);

#endif
