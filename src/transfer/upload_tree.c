/* The last stage: writes the tree. It takes the batches in the walk's order, whichever worker finished first. */
#include "error.h"
#include "scoped.h"
#include "tree_writer.h"
#include "upload_stages.h"

#include <stdlib.h>

/* An inode whose first name is not in the tree: its later names must not be either. */
struct lost_inode {
    uint64_t device, inode;
};

struct scribe {
    struct upload *upload;
    struct segment_filler *filler;
    struct tree_writer *writer;
    bool skipping; /* the current large file: its first part could not be read */
    bool changed;  /* the current file, in some part */
    uint64_t size; /* of the current file */
    struct lost_inode *lost;
    size_t lost_count, lost_capacity;
};

static void
scribe_done(struct scribe *scribe)
{
    tree_writer_free(&scribe->writer);
    segment_filler_free(&scribe->filler);
    free(scribe->lost);
}

static enum sealift_status
seal_frame(void *context, struct bytes plain, struct frame_ref *ret_ref, struct sealift_error *err)
{
    return segment_filler_add(context, plain, ret_ref, err);
}

static enum sealift_status
remember_lost(struct scribe *scribe, const struct walk_entry *entry, struct sealift_error *err)
{
    if (entry->meta.links < 2)
        return SEALIFT_OK;
    if (scribe->lost_count == scribe->lost_capacity) {
        size_t capacity = scribe->lost_capacity != 0 ? scribe->lost_capacity * 2 : 16;
        struct lost_inode *lost = realloc(scribe->lost, capacity * sizeof(*lost));

        if (lost == NULL)
            return error_no_memory(err);
        scribe->lost = lost;
        scribe->lost_capacity = capacity;
    }
    scribe->lost[scribe->lost_count++] = (struct lost_inode){entry->device, entry->meta.inode};
    return SEALIFT_OK;
}

static bool
is_lost(const struct scribe *scribe, const struct walk_entry *entry)
{
    for (size_t i = 0; i < scribe->lost_count; i++)
        if (scribe->lost[i].inode == entry->meta.inode && scribe->lost[i].device == entry->device)
            return true;
    return false;
}

static void
count_entry(struct scribe *scribe, const struct batch_item *item)
{
    struct manifest_totals *totals = &scribe->upload->totals;

    if (item->entry->meta.type == TREE_FILE)
        totals->files++;
    else if (item->entry->meta.type == TREE_DIRECTORY)
        totals->directories++;
    else
        totals->others++;
    totals->size += scribe->size;
    if (!scribe->changed)
        return;
    atomic_fetch_add(&scribe->upload->changed, 1);
    progress_notice(scribe->upload->progress, SEALIFT_NOTICE_CHANGED, item->entry->meta.path,
                    "changed while it was read: what the snapshot holds of it may mix old and new");
}

/* What the tree will hold of an entry that is there, or NULL when it is left out. A directory that could not be read
 * stays, with what the walk saw of it: other entries may lie below. */
static enum sealift_status
choose_meta(struct scribe *scribe, struct batch_item *item, const struct tree_entry **ret_meta,
            struct sealift_error *err)
{
    *ret_meta = &item->meta;
    if (item->entry->meta.type == TREE_HARD_LINK && is_lost(scribe, item->entry)) {
        upload_missing(scribe->upload, item->entry->meta.path, "is another name of a file that could not be read");
        *ret_meta = NULL;
    } else if (item->outcome != ITEM_READ && item->entry->meta.type == TREE_DIRECTORY) {
        *ret_meta = &item->entry->meta;
    } else if (item->outcome != ITEM_READ) {
        *ret_meta = NULL;
        TRY(remember_lost(scribe, item->entry, err));
    }
    return SEALIFT_OK;
}

static enum sealift_status
begin_entry(struct scribe *scribe, struct batch_item *item, struct sealift_error *err)
{
    const struct tree_entry *meta;
    struct tree_entry entry;

    TRY(choose_meta(scribe, item, &meta, err));
    scribe->skipping = meta == NULL;
    scribe->changed = false;
    scribe->size = 0;
    if (scribe->skipping)
        return SEALIFT_OK;
    entry = *meta;
    entry.xattr_extents = item->xattr_extents.items;
    entry.xattr_extent_count = item->xattr_extents.count;
    return tree_writer_begin(scribe->writer, &entry, err);
}

/* A later part of a large file that cannot be read takes the whole file with it: half a file must not look like one. */
static enum sealift_status
abandon_entry(struct scribe *scribe, const struct batch_item *item, struct sealift_error *err)
{
    tree_writer_abandon(scribe->writer);
    scribe->skipping = true;
    return remember_lost(scribe, item->entry, err);
}

static enum sealift_status
write_item(struct scribe *scribe, struct batch_item *item, struct sealift_error *err)
{
    if (item->first)
        TRY(begin_entry(scribe, item, err));
    else if (item->outcome != ITEM_READ && !scribe->skipping)
        TRY(abandon_entry(scribe, item, err));
    if (scribe->skipping)
        return SEALIFT_OK;
    scribe->changed = scribe->changed || item->changed;
    for (size_t i = 0; i < item->extents.count; i++) {
        scribe->size += item->extents.items[i].length;
        TRY(tree_writer_extent(scribe->writer, &item->extents.items[i], err));
    }
    if (!item->last)
        return SEALIFT_OK;
    TRY(tree_writer_end(scribe->writer, err));
    count_entry(scribe, item);
    return SEALIFT_OK;
}

static enum sealift_status
write_batch(struct scribe *scribe, struct batch *batch, struct sealift_error *err)
{
    /* A doomed upload only looks on, so that every path that is missing is told; its contents were not read. */
    if (atomic_load(&scribe->upload->doomed))
        return SEALIFT_OK;
    for (size_t i = 0; i < batch->count; i++)
        TRY(write_item(scribe, &batch->items[i], err));
    return SEALIFT_OK;
}

static enum sealift_status
write_batches(struct scribe *scribe, struct sealift_error *err)
{
    struct upload *upload = scribe->upload;
    struct batch *batch;

    while ((batch = sequence_next(upload->finished)) != NULL) {
        enum sealift_status status = write_batch(scribe, batch, err);

        batch_free(&batch);
        if (status != SEALIFT_OK)
            return status;
    }
    atomic_store(&upload->counted_enough, true);
    if (sequence_is_broken(upload->finished))
        return error_set(err, SEALIFT_CANCELLED, "the upload was stopped");
    if (!atomic_load(&upload->doomed))
        TRY(tree_writer_finish(scribe->writer, &upload->root, &upload->totals.entries, err));
    return segment_filler_finish(scribe->filler, err);
}

enum sealift_status
upload_tree(void *argument, struct sealift_error *err)
{
    SCOPED(scribe_done) struct scribe scribe = {.upload = argument};

    TRY(segment_filler_new(scribe.upload, SEGMENT_TREE, &scribe.filler, err));
    TRY(tree_writer_new(scribe.upload->request->fs_key, seal_frame, scribe.filler, &scribe.writer, err));
    return write_batches(&scribe, err);
}
