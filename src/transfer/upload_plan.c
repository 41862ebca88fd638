/* The first stage: walks the tree in order, gathers small entries into batches, and cuts large files into parts. */
#include "error.h"
#include "file_parts.h"
#include "scoped.h"
#include "upload_stages.h"

struct planner {
    struct upload *upload;
    struct walk *walk;
    struct entry_reader *reader; /* finds the holes of large files */
    struct batch *batch;         /* being filled; NULL: none */
    uint64_t bytes;              /* of contents in it */
    size_t directories;          /* that its entries hold open */
};

/* Takes a ticket, so that the tree gets the batches in this order, and hands the batch to the workers. */
static enum sealift_status
hand_out(struct planner *planner, struct batch **batch, struct sealift_error *err)
{
    struct upload *upload = planner->upload;

    if (!sequence_ticket(upload->finished, &(*batch)->ticket) || !queue_push(upload->planned, *batch))
        return error_set(err, SEALIFT_CANCELLED, "the upload was stopped");
    *batch = NULL;
    return SEALIFT_OK;
}

static enum sealift_status
flush(struct planner *planner, struct sealift_error *err)
{
    planner->bytes = planner->directories = 0;
    return planner->batch != NULL ? hand_out(planner, &planner->batch, err) : SEALIFT_OK;
}

/* A batch holds each of its entries' directories open until it has been read. */
static bool
is_full(const struct planner *planner)
{
    const struct batch *batch = planner->batch;

    return batch->count == BATCH_MAX_ENTRIES || planner->bytes >= BATCH_BYTES || batch->memory >= BATCH_MEMORY ||
           planner->directories >= planner->upload->batch_directories;
}

static enum sealift_status
plan_small(struct planner *planner, struct walk_entry **entry, struct sealift_error *err)
{
    const struct batch_item *item;

    if (planner->batch == NULL)
        TRY(batch_new(BATCH_MAX_ENTRIES, &planner->batch, err));
    item = batch_add(planner->batch, entry);
    if (planner->batch->count == 1 || item[-1].entry->directory != item->entry->directory)
        planner->directories++;
    if (item->entry->meta.type == TREE_FILE)
        planner->bytes += item->entry->meta.size;
    return is_full(planner) ? flush(planner, err) : SEALIFT_OK;
}

static enum sealift_status
hand_out_part(void *context, struct batch **batch, struct sealift_error *err)
{
    struct planner *planner = context;

    TRY(world_check_cancel(planner->upload->world, err));
    return hand_out(planner, batch, err);
}

static enum sealift_status
plan_large(struct planner *planner, struct walk_entry **entry, struct sealift_error *err)
{
    SCOPED(large_file_release) struct large_file *large = NULL;

    TRY(flush(planner, err));
    TRY(large_file_new(*entry, &large, err));
    *entry = NULL;
    return file_parts_cut(planner->upload, planner->reader, large, hand_out_part, planner, err);
}

static enum sealift_status
plan_all(struct planner *planner, struct sealift_error *err)
{
    for (;;) {
        SCOPED(walk_entry_free) struct walk_entry *entry = NULL;

        TRY(world_check_cancel(planner->upload->world, err));
        TRY(walk_next(planner->walk, &entry, err));
        if (entry == NULL)
            return flush(planner, err);
        if (entry->meta.type == TREE_FILE && entry->meta.size > PART_BYTES)
            TRY(plan_large(planner, &entry, err));
        else
            TRY(plan_small(planner, &entry, err));
    }
}

static void
planner_done(struct planner *planner)
{
    batch_free(&planner->batch);
    entry_reader_free(&planner->reader);
    walk_free(&planner->walk);
}

static void
hear_of(void *context, enum walk_notice notice, struct bytes path, const char *reason)
{
    struct upload *upload = context;

    if (notice == WALK_MISSING)
        upload_missing(upload, path, reason);
    else if (notice == WALK_VANISHED)
        upload_vanished(upload, path, reason);
    else if (notice == WALK_EXCLUDED)
        upload_excluded(upload, path, reason);
    else
        progress_notice(upload->progress, SEALIFT_NOTICE_MOUNT, path, reason);
}

enum sealift_status
upload_plan(void *argument, struct sealift_error *err)
{
    struct upload *upload = argument;
    const struct walk_options options = {
        .names_in_memory = upload->request->budget.walk,
        .links_in_memory = upload->request->budget.walk,
        .selection = upload->request->selection,
        .cross_mounts = upload->request->cross_mounts,
        .notify = hear_of,
        .context = upload,
    };
    SCOPED(planner_done) struct planner planner = {.upload = upload};

    TRY(walk_open(upload->world, upload->request->path, &options, &planner.walk, err));
    TRY(entry_reader_new(upload->world, &planner.reader, err));
    TRY(plan_all(&planner, err));
    queue_close(upload->planned);
    sequence_close(upload->finished);
    return SEALIFT_OK;
}
