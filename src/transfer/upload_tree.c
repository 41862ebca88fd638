/* The last stage: writes the tree. It takes the batches in the walk's order, whichever worker finished first. */
#include "error.h"
#include "file_parts.h"
#include "item_reader.h"
#include "lost_links.h"
#include "scoped.h"
#include "tree_writer.h"

/* How often a name is looked at once more that belongs to another inode each time. */
#define LOOKS 5

struct scribe {
    struct upload *upload;
    struct segment_filler *filler;
    struct tree_writer *writer;
    struct lost_links *lost;
    bool skipping; /* the current entry: it, or one of its parts, could not be read */
    bool changed;  /* the current file, in some part */
    bool gone;     /* what was looked at once more, again */
    uint64_t size; /* of the current file */

    /* For what is looked at once more; made when the first of it comes. */
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

/* Later names of its inode will find out that the entry is not in the tree. */
static enum sealift_status
leave_out(struct scribe *scribe, const struct walk_entry *entry, struct sealift_error *err)
{
    scribe->skipping = true;
    return entry->meta.links > 1 ? lost_links_add(scribe->lost, entry->meta.path, err) : SEALIFT_OK;
}

/* A directory that could not be read stays, with what the walk saw of it: other entries may lie below. */
static enum sealift_status
begin_entry(struct scribe *scribe, const struct batch_item *item, struct sealift_error *err)
{
    struct tree_entry entry = item->outcome == ITEM_READ ? item->meta : item->entry->meta;

    scribe->skipping = false;
    scribe->changed = false;
    scribe->size = 0;
    if (item->outcome != ITEM_READ && entry.type != TREE_DIRECTORY)
        return leave_out(scribe, item->entry, err);
    entry.xattr_extents = item->xattr_extents.items;
    entry.xattr_extent_count = item->xattr_extents.count;
    return tree_writer_begin(scribe->writer, &entry, err);
}

static enum sealift_status
end_entry(struct scribe *scribe, const struct batch_item *item, struct sealift_error *err)
{
    TRY(tree_writer_end(scribe->writer, err));
    count_entry(scribe, item);
    return SEALIFT_OK;
}

/* A later part of a large file that cannot be read takes the whole file with it: half a file must not look like one. */
static enum sealift_status
write_entry(struct scribe *scribe, const struct batch_item *item, struct sealift_error *err)
{
    if (item->first)
        TRY(begin_entry(scribe, item, err));
    if (scribe->skipping)
        return SEALIFT_OK;
    if (item->outcome != ITEM_READ && item->entry->meta.type != TREE_DIRECTORY) {
        tree_writer_abandon(scribe->writer);
        return leave_out(scribe, item->entry, err);
    }
    scribe->changed = scribe->changed || item->changed;
    for (size_t i = 0; i < item->extents.count; i++) {
        scribe->size += item->extents.items[i].length;
        TRY(tree_writer_extent(scribe->writer, &item->extents.items[i], err));
    }
    return item->last ? end_entry(scribe, item, err) : SEALIFT_OK;
}

/* --- entries that are looked at once more --- */

static enum sealift_status
need_readers(struct scribe *scribe, struct sealift_error *err)
{
    if (scribe->reader == NULL)
        TRY(item_reader_new(scribe->upload, &scribe->reader, err));
    if (scribe->measurer == NULL)
        TRY(entry_reader_new(scribe->upload->world, &scribe->measurer, err));
    return SEALIFT_OK;
}

/* What the reader holds is sealed before anybody is waited for: workers may wait for the same chunks. */
static enum sealift_status
write_part(void *context, struct batch **part, struct sealift_error *err)
{
    struct scribe *scribe = context;
    struct batch_item *item = &(*part)->items[0];

    TRY(world_check_cancel(scribe->upload->world, err));
    TRY(item_reader_read(scribe->reader, item, err));
    TRY(item_reader_flush(scribe->reader, err));
    scribe->gone = scribe->gone || item->outcome == ITEM_GONE;
    return write_entry(scribe, item, err);
}

/* Takes the entry over, as the planner and a worker would. */
static enum sealift_status
write_fresh(struct scribe *scribe, struct walk_entry **entry, struct sealift_error *err)
{
    SCOPED(large_file_release) struct large_file *large = NULL;
    SCOPED(batch_free) struct batch *batch = NULL;

    TRY(need_readers(scribe, err));
    if ((*entry)->meta.type != TREE_FILE || (*entry)->meta.size <= PART_BYTES) {
        TRY(batch_new(1, &batch, err));
        batch_add(batch, entry);
        return write_part(scribe, &batch, err);
    }
    TRY(large_file_new(*entry, &large, err));
    *entry = NULL;
    return file_parts_cut(scribe->upload, scribe->measurer, large, write_part, scribe, err);
}

/* Nothing has the entry's name now, or what has cannot be looked at. */
static enum sealift_status
give_up(struct scribe *scribe, const struct walk_entry *entry, const struct sealift_error *reason,
        struct sealift_error *err)
{
    scribe->skipping = true;
    if (!upload_is_about_the_path(reason->status)) {
        *err = *reason;
        return err->status;
    }
    if (reason->status == SEALIFT_NOT_FOUND)
        upload_vanished(scribe->upload, entry->meta.path, "was deleted while the upload ran: left out");
    else
        upload_missing(scribe->upload, entry->meta.path, reason->message);
    return SEALIFT_OK;
}

/* Reads what has the entry's name now. *ret_same: that is the inode that the walk saw. When it cannot be had, that is
 * told, and scribe->skipping. */
static enum sealift_status
write_again(struct scribe *scribe, const struct walk_entry *entry, bool *ret_same, struct sealift_error *err)
{
    *ret_same = false;
    for (int i = 0; i < LOOKS; i++) {
        SCOPED(walk_entry_free) struct walk_entry *fresh = NULL;
        struct sealift_error reason;

        if (walk_entry_again(entry, &fresh, &reason) != SEALIFT_OK)
            return give_up(scribe, entry, &reason, err);
        *ret_same = fresh->device == entry->device && fresh->meta.inode == entry->meta.inode;
        scribe->gone = false;
        TRY(write_fresh(scribe, &fresh, err));
        if (!scribe->gone)
            return SEALIFT_OK;
    }
    upload_vanished(scribe->upload, entry->meta.path, "was replaced again and again while the upload ran: left out");
    return SEALIFT_OK;
}

/* A live tree: the name may belong to another inode by now, as it does when a program saves a file by renaming a new
 * one over it. Other names of the old inode must not become links to the new one. */
static enum sealift_status
write_gone(struct scribe *scribe, const struct batch_item *item, struct sealift_error *err)
{
    bool same;

    if (item->entry->meta.type == TREE_DIRECTORY) {
        upload_vanished(scribe->upload, item->entry->meta.path,
                        "was deleted or replaced while the upload ran: the snapshot holds what was seen of it");
        return write_entry(scribe, item, err);
    }
    TRY(write_entry(scribe, item, err)); /* drops what was begun */
    TRY(write_again(scribe, item->entry, &same, err));
    scribe->skipping = !item->last; /* parts of the old one may follow */
    return SEALIFT_OK;
}

/* A hard link whose first name is not in the tree takes its place. */
static enum sealift_status
write_hard_link(struct scribe *scribe, struct batch_item *item, struct sealift_error *err)
{
    const struct walk_entry *entry = item->entry;
    struct bytes heir;
    enum link_fate fate;
    bool same;

    TRY(lost_links_find(scribe->lost, entry->meta.target, &fate, &heir, err));
    if (fate == LINK_LOST) {
        TRY(write_again(scribe, entry, &same, err));
        return same && !scribe->skipping ? lost_links_inherit(scribe->lost, entry->meta.target, entry->meta.path, err)
                                         : SEALIFT_OK;
    }
    if (fate == LINK_INHERITED)
        item->meta.target = heir;
    return write_entry(scribe, item, err);
}

/* --- batches --- */

/* A doomed upload only looks on, so that every path that is missing is told. Workers do not open hard links. */
static enum sealift_status
look_at(struct scribe *scribe, const struct batch_item *item, struct sealift_error *err)
{
    SCOPED(walk_entry_free) struct walk_entry *fresh = NULL;
    SCOPED(batch_free) struct batch *batch = NULL;

    if (item->entry->meta.type != TREE_HARD_LINK)
        return SEALIFT_OK;
    if (walk_entry_again(item->entry, &fresh, err) != SEALIFT_OK)
        return upload_is_about_the_path(err->status) ? SEALIFT_OK : err->status;
    TRY(need_readers(scribe, err));
    TRY(batch_new(1, &batch, err));
    batch_add(batch, &fresh);
    return item_reader_read(scribe->reader, &batch->items[0], err);
}

static enum sealift_status
write_item(struct scribe *scribe, struct batch_item *item, struct sealift_error *err)
{
    if (atomic_load(&scribe->upload->doomed))
        return look_at(scribe, item, err);
    if (item->entry->meta.type == TREE_HARD_LINK)
        return write_hard_link(scribe, item, err);
    if (item->outcome == ITEM_GONE && (item->first || !scribe->skipping))
        return write_gone(scribe, item, err);
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
