/* The tree of a snapshot, as it lies in a store, opened for reading. One thread. */
#ifndef SNAPSHOT_TREE_H
#define SNAPSHOT_TREE_H

#include "frame_source.h"
#include "manifest.h"

/* The zero value is closed. */
struct snapshot_tree {
    struct frame_source *frames;
    struct tree_reader *reader;
};

/* The manifest is authenticated; INVALID when a later sealift made it of several parts. Nothing is fetched yet. */
enum sealift_status snapshot_tree_open(struct store *store, const struct secret *fs_key,
                                       const struct manifest *manifest, struct snapshot_tree *ret_tree,
                                       struct sealift_error *err);
void snapshot_tree_done(struct snapshot_tree *tree);

/* The entry at that path, which is valid; the reader stands behind it. NOT_FOUND. */
enum sealift_status snapshot_tree_find(struct snapshot_tree *tree, struct bytes path, struct tree_entry *ret_entry,
                                       struct sealift_error *err);

#endif
