/* The last stage: writes the tree. It takes the batches in the walk's order, whichever worker finished first. */
#include "error.h"
#include "file_parts.h"
#include "item_reader.h"
#include "lost_links.h"
#include "scoped.h"
#include "tree_writer.h"

struct scribe {
    struct upload *upload;
    struct segment_filler *filler;
    struct tree_writer *writer;
    struct lost_links *lost;
    bool skipping; /* the current entry: it, or one of its parts, could not be read */
    bool changed;  /* the current file, in some part */
    uint64_t size; /* of the current file */

    /* For hard links that become files of their own; made when the first of them comes. */
    struct item_reader *reader;
    struct entry_reader *measurer;
};

static void
scribe_done(struct scribe *scribe)
{
    entry_reader_free(&scribe->measurer);
    item_reader_free(&scribe->reader);
    lost_links_free(&scribe->lost);
    tree_writer_free(&scribe->writer);
    segment_filler_free(&scribe->filler);
}

static enum sealift_status
seal_frame(void *context, struct bytes plain, struct frame_ref *ret_ref, struct sealift_error *err)
{
    return segment_filler_add(context, plain, ret_ref, err);
}

/* --- entries --- */

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
    manifest_count(&totals->size, scribe->size);
    if (!scribe->changed)
        return;
    atomic_fetch_add(&scribe->upload->changed, 1);
    progress_notice(scribe->upload->progress, SEALIFT_NOTICE_CHANGED, item->entry->meta.path,
                    "changed while it was read: what the snapshot holds of it may mix old and new");
}

/* The entry is not in the tree; later names of its inode will find that out. */
static enum sealift_status
leave_out(struct scribe *scribe, const struct batch_item *item, struct sealift_error *err)
{
    scribe->skipping = true;
    return item->entry->meta.links > 1 ? lost_links_add(scribe->lost, item->entry->meta.path, err) : SEALIFT_OK;
}

/* A directory that could not be read stays, with what the walk saw of it: other entries may lie below. */
static enum sealift_status
begin_entry(struct scribe *scribe, const struct batch_item *item, struct sealift_error *err)
{
    bool is_directory = item->entry->meta.type == TREE_DIRECTORY;
    struct tree_entry entry = item->outcome == ITEM_READ ? item->meta : item->entry->meta;

    scribe->skipping = false;
    scribe->changed = false;
    scribe->size = 0;
    if (item->outcome != ITEM_READ && !is_directory)
        return leave_out(scribe, item, err);
    entry.xattr_extents = item->xattr_extents.items;
    entry.xattr_extent_count = item->xattr_extents.count;
    return tree_writer_begin(scribe->writer, &entry, err);
}

/* A later part of a large file that cannot be read takes the whole file with it: half a file must not look like one. */
static enum sealift_status
abandon_entry(struct scribe *scribe, const struct batch_item *item, struct sealift_error *err)
{
    tree_writer_abandon(scribe->writer);
    return leave_out(scribe, item, err);
}

static enum sealift_status
write_entry(struct scribe *scribe, const struct batch_item *item, struct sealift_error *err)
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

/* --- hard links whose first name is not in the tree --- */

static enum sealift_status
need_readers(struct scribe *scribe, struct sealift_error *err)
{
    if (scribe->reader == NULL)
        TRY(item_reader_new(scribe->upload, &scribe->reader, err));
    if (scribe->measurer == NULL)
        TRY(entry_reader_new(scribe->upload->world, &scribe->measurer, err));
    return SEALIFT_OK;
}

/* What it holds is sealed before anybody is waited for: workers may wait for the same chunks. */
static enum sealift_status
read_and_write(struct scribe *scribe, struct batch_item *item, struct sealift_error *err)
{
    TRY(world_check_cancel(scribe->upload->world, err));
    TRY(item_reader_read(scribe->reader, item, err));
    TRY(item_reader_flush(scribe->reader, err));
    return write_entry(scribe, item, err);
}

static enum sealift_status
write_part(void *context, struct batch **part, struct sealift_error *err)
{
    return read_and_write(context, &(*part)->items[0], err);
}

/* The item becomes an entry in its own right. */
static enum sealift_status
write_heir(struct scribe *scribe, struct batch_item *item, struct sealift_error *err)
{
    struct walk_entry *entry = item->entry;

    TRY(need_readers(scribe, err));
    TRY(item_reader_promote(scribe->reader, item, err));
    if (item->outcome != ITEM_READ || entry->meta.type != TREE_FILE || entry->meta.size <= PART_BYTES)
        return read_and_write(scribe, item, err);
    TRY(large_file_new(entry, &item->large, err)); /* which owns the entry from now on */
    return file_parts_cut(scribe->upload, scribe->measurer, item->large, write_part, scribe, err);
}

static enum sealift_status
write_hard_link(struct scribe *scribe, struct batch_item *item, struct sealift_error *err)
{
    struct bytes first = item->entry->meta.target;
    struct bytes heir;
    enum link_fate fate;

    TRY(lost_links_find(scribe->lost, first, &fate, &heir, err));
    if (fate == LINK_LOST) {
        TRY(write_heir(scribe, item, err));
        return scribe->skipping ? SEALIFT_OK : lost_links_inherit(scribe->lost, first, item->entry->meta.path, err);
    }
    if (fate == LINK_INHERITED)
        item->meta.target = heir;
    return write_entry(scribe, item, err);
}

/* --- batches --- */

/* A doomed upload only looks on, so that every path that is missing is told. Workers do not open hard links. */
static enum sealift_status
look_at(struct scribe *scribe, struct batch_item *item, struct sealift_error *err)
{
    if (item->entry->meta.type != TREE_HARD_LINK)
        return SEALIFT_OK;
    TRY(need_readers(scribe, err));
    return item_reader_promote(scribe->reader, item, err);
}

static enum sealift_status
write_item(struct scribe *scribe, struct batch_item *item, struct sealift_error *err)
{
    if (atomic_load(&scribe->upload->doomed))
        return look_at(scribe, item, err);
    if (item->entry->meta.type == TREE_HARD_LINK)
        return write_hard_link(scribe, item, err);
    return write_entry(scribe, item, err);
}

static enum sealift_status
write_batches(struct scribe *scribe, struct sealift_error *err)
{
    struct upload *upload = scribe->upload;
    struct batch *next;

    while ((next = sequence_next(upload->finished)) != NULL) {
        SCOPED(batch_free) struct batch *batch = next;

        for (size_t i = 0; i < batch->count; i++)
            TRY(write_item(scribe, &batch->items[i], err));
    }
    atomic_store(&upload->counted_enough, true);
    return sequence_is_broken(upload->finished) ? error_set(err, SEALIFT_CANCELLED, "the upload was stopped")
                                                : SEALIFT_OK;
}

static enum sealift_status
finish(struct scribe *scribe, struct sealift_error *err)
{
    struct upload *upload = scribe->upload;

    if (!atomic_load(&upload->doomed))
        TRY(tree_writer_finish(scribe->writer, &upload->root, &upload->totals.entries, err));
    if (scribe->reader != NULL)
        TRY(item_reader_finish(scribe->reader, err));
    TRY(segment_filler_finish(scribe->filler, err));
    upload_producer_done(upload);
    return SEALIFT_OK;
}

enum sealift_status
upload_tree(void *argument, struct sealift_error *err)
{
    SCOPED(scribe_done) struct scribe scribe = {.upload = argument};
    const struct upload_request *request = scribe.upload->request;

    TRY(lost_links_new(scribe.upload->world, request->budget.walk, &scribe.lost, err));
    TRY(segment_filler_new(scribe.upload, SEGMENT_TREE, &scribe.filler, err));
    TRY(tree_writer_new(request->fs_key, seal_frame, scribe.filler, &scribe.writer, err));
    TRY(write_batches(&scribe, err));
    return finish(&scribe, err);
}
