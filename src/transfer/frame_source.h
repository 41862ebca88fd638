/* Fetches single frames and opens them. The frames of a tree lie in the order in which they are read: whoever asks for
 * one after the other gets more and more of them at once, whoever jumps just the frame. One thread. */
#ifndef FRAME_SOURCE_H
#define FRAME_SOURCE_H

#include "segment.h"
#include "store.h"
#include "tree_reader.h"

struct frame_source;

/* `read_ahead`: the most bytes to fetch at once; 0: just the frame. */
enum sealift_status frame_source_new(struct store *store, const struct secret *fs_key, const struct uuid *fs,
                                     size_t read_ahead, struct frame_source **ret_source, struct sealift_error *err);
void frame_source_free(struct frame_source **source);

/* A tree_fetch: the frame's plain bytes replace what *out holds. */
enum sealift_status frame_source_fetch(void *source, const struct frame_ref *ref, struct buf *out,
                                       struct sealift_error *err);

/* Bytes that came from the store, and how often it was asked. */
uint64_t frame_source_fetched(const struct frame_source *source);
uint64_t frame_source_requests(const struct frame_source *source);

/* Brings in the entry's extended attributes when their set was too large for the tree: entry->xattrs is then a view of
 * `memory`. `reader` stands at the entry. */
enum sealift_status frame_source_xattrs(struct frame_source *source, struct tree_reader *reader,
                                        struct tree_entry *entry, struct buf *memory, struct sealift_error *err);

#endif
