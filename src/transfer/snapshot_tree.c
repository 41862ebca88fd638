#include "snapshot_tree.h"

#include "error.h"
#include "scoped.h"
#include "shown_path.h"

/* Where one frame follows the other, so much is fetched at a time. */
#define READ_AHEAD ((size_t)1 << 20)

enum sealift_status
snapshot_tree_open(struct store *store, const struct secret *fs_key, const struct manifest *manifest,
                   struct snapshot_tree *ret_tree, struct sealift_error *err)
{
    SCOPED(snapshot_tree_done) struct snapshot_tree tree = {0};

    if (manifest->part_count != 1)
        return error_set(
            err, SEALIFT_INVALID,
            "the snapshot's tree has %zu parts, as later versions of sealift may write it: upgrade this one",
            manifest->part_count);
    TRY(frame_source_new(store, fs_key, &manifest->fs, READ_AHEAD, &tree.frames, err));
    TRY(tree_reader_new(&manifest->parts[0], frame_source_fetch, tree.frames, &tree.reader, err));
    *ret_tree = tree;
    tree = (struct snapshot_tree){0};
    return SEALIFT_OK;
}

void
snapshot_tree_done(struct snapshot_tree *tree)
{
    tree_reader_free(&tree->reader);
    frame_source_free(&tree->frames);
}

enum sealift_status
snapshot_tree_find(struct snapshot_tree *tree, struct bytes path, struct tree_entry *ret_entry,
                   struct sealift_error *err)
{
    struct tree_entry entry;
    bool end;

    TRY(tree_reader_seek(tree->reader, path, err));
    TRY(tree_reader_next(tree->reader, &entry, &end, err));
    if (end || !bytes_equal(entry.path, path))
        return error_set(err, SEALIFT_NOT_FOUND, "%s: is not in this snapshot", shown_path(path).text);
    *ret_entry = entry;
    return SEALIFT_OK;
}
