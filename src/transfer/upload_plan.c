/* The first stage: walks the tree in order, gathers small entries into batches, and cuts large files into parts. */
#include "error.h"
#include "scoped.h"
#include "upload_stages.h"

#include <stdlib.h>

struct planner {
    struct upload *upload;
    struct walk *walk;
    struct entry_reader *reader; /* finds the holes of large files */
    struct batch *batch;         /* being filled; NULL: none */
    uint64_t bytes;              /* of contents in it */
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
    planner->bytes = 0;
    return planner->batch != NULL ? hand_out(planner, &planner->batch, err) : SEALIFT_OK;
}

static enum sealift_status
plan_small(struct planner *planner, struct walk_entry **entry, struct sealift_error *err)
{
    struct batch_item *item;

    if (planner->batch == NULL)
        TRY(batch_new(BATCH_MAX_ENTRIES, &planner->batch, err));
    item = &planner->batch->items[planner->batch->count++];
    *item = (struct batch_item){.entry = TAKE(*entry), .first = true, .last = true};
    item->to = UINT64_MAX;
    if (item->entry->meta.type == TREE_FILE)
        planner->bytes += item->entry->meta.size;
    if (planner->bytes >= BATCH_BYTES || planner->batch->count == BATCH_MAX_ENTRIES)
        return flush(planner, err);
    return SEALIFT_OK;
}

static enum sealift_status
plan_part(struct planner *planner, struct large_file *large, uint64_t from, uint64_t to, bool hole,
          struct sealift_error *err)
{
    SCOPED(batch_free) struct batch *batch = NULL;

    TRY(batch_new(1, &batch, err));
    batch->count = 1;
    batch->items[0] = (struct batch_item){
        .entry = large->entry,
        .large = large,
        .from = from,
        .to = to,
        .first = from == 0,
        .last = to == large->entry->meta.size,
        .hole = hole,
    };
    atomic_fetch_add(&large->parts, 1);
    return hand_out(planner, &batch, err);
}

/* The part that begins at `from`: a hole that is larger than a part is one part, however large it is (a sparse file of
 * 2^62 bytes is a few parts); small holes are found by the worker. */
static enum sealift_status
measure_part(struct planner *planner, uint64_t from, uint64_t size, uint64_t *ret_to, bool *ret_hole,
             struct sealift_error *err)
{
    uint64_t length;
    bool hole;

    TRY(entry_reader_run(planner->reader, from, size, &length, &hole, err));
    *ret_hole = hole && (length >= PART_BYTES || from + length == size);
    if (*ret_hole)
        *ret_to = from + length;
    else
        *ret_to = size - from > PART_BYTES ? from + PART_BYTES : size;
    return SEALIFT_OK;
}

static enum sealift_status
plan_parts(struct planner *planner, struct large_file *large, struct sealift_error *err)
{
    uint64_t size = large->entry->meta.size;
    /* What cannot be opened or measured here is one part: the worker that reads it will meet the same and tell. */
    bool seen = entry_reader_open(planner->reader, large->entry, err) == SEALIFT_OK;

    for (uint64_t from = 0, to = 0; from < size; from = to) {
        bool hole = false;

        if (!seen || measure_part(planner, from, size, &to, &hole, err) != SEALIFT_OK)
            to = size;
        TRY(plan_part(planner, large, from, to, hole, err));
    }
    entry_reader_close(planner->reader);
    return SEALIFT_OK;
}

static enum sealift_status
plan_large(struct planner *planner, struct walk_entry **entry, struct sealift_error *err)
{
    SCOPED(large_file_release) struct large_file *large = NULL;

    TRY(flush(planner, err));
    TRY(large_file_new(*entry, &large, err));
    *entry = NULL;
    return plan_parts(planner, large, err);
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

void
upload_missing(struct upload *upload, struct bytes path, const char *reason)
{
    atomic_fetch_add(&upload->missing, 1);
    if (!upload->request->allow_missing)
        atomic_store(&upload->doomed, true);
    progress_notice(upload->progress, SEALIFT_NOTICE_MISSING, path, reason);
}

static void
hear_of(void *context, enum walk_notice notice, struct bytes path, const char *reason)
{
    struct upload *upload = context;

    if (notice == WALK_MISSING)
        upload_missing(upload, path, reason);
    else
        progress_notice(upload->progress, SEALIFT_NOTICE_MOUNT, path, reason);
}

enum sealift_status
upload_plan(void *argument, struct sealift_error *err)
{
    struct upload *upload = argument;
    struct walk_options options = {.notify = hear_of, .context = upload};
    SCOPED(planner_done) struct planner planner = {.upload = upload};

    TRY(walk_open(upload->world, upload->request->path, &options, &planner.walk, err));
    TRY(entry_reader_new(upload->world, &planner.reader, err));
    TRY(plan_all(&planner, err));
    queue_close(upload->planned);
    sequence_close(upload->finished);
    return SEALIFT_OK;
}
