/* The first stage of a reading: goes through the tree, begins files, and plans what to fetch for them, a window at a
 * time. */
#include "error.h"
#include "reading_stages.h"
#include "scoped.h"

#include <stdlib.h>

/* A window is planned when it has this many plain bytes or pieces. */
#define WINDOW_BYTES  ((uint64_t)32 << 20)
#define WINDOW_PIECES ((size_t)8192)

struct planner {
    struct reading *reading;
    struct branch_reader *reader; /* of the request, or ours */
    struct branch_reader *own;
    struct frame_source *single; /* frames that hold large sets of extended attributes */
    struct fetch_plan plan;
    struct buf xattrs;
    uint64_t entries, files, size; /* so far */
};

/* Pieces that were planned, but not handed out, let go of their files. */
static void
planner_done(struct planner *planner)
{
    for (size_t i = 0; i < planner->plan.count; i++) {
        struct reading_file *file = planner->plan.pieces[i].file;

        reading_file_abandon(&file);
    }
    fetch_plan_done(&planner->plan);
    buf_done(&planner->xattrs);
    branch_reader_free(&planner->own);
    frame_source_free(&planner->single);
}

/* Cuts the window into jobs and hands them out. */
static enum sealift_status
flush(struct planner *planner, struct sealift_error *err)
{
    struct fetch_plan window = planner->plan;
    struct reading *reading = planner->reading;
    enum sealift_status status = SEALIFT_OK;
    size_t at = 0;

    fetch_plan_sort(&window);
    while (status == SEALIFT_OK && at < window.count) {
        struct fetch_job *job;

        status = fetch_plan_cut(&window, &at, pool_buffer_size(reading->buffers), &job, err);
        if (status == SEALIFT_OK && !queue_push(reading->planned, job)) {
            reading_drop_job(reading, job);
            status = error_set(err, SEALIFT_CANCELLED, "the transfer was stopped");
        }
    }
    /* What was handed out is not the window's any more. */
    for (size_t i = 0; at + i < window.count; i++)
        window.pieces[i] = window.pieces[at + i];
    window.count -= at;
    window.bytes = 0;
    planner->plan = window;
    return status;
}

static enum sealift_status
plan_piece(struct planner *planner, const struct extent *extent, struct reading_file *file, uint64_t at,
           struct sealift_error *err)
{
    struct piece piece = {
        .frame = extent->frame,
        .offset = extent->offset,
        .length = (uint32_t)extent->length,
        .file = file,
        .at = at,
    };

    for (size_t i = 0; i < CHUNK_ID_SIZE; i++)
        piece.id[i] = extent->id[i];
    TRY(fetch_plan_add(&planner->plan, &piece, err));
    reading_file_hold(file);
    if (planner->plan.bytes >= WINDOW_BYTES || planner->plan.count >= WINDOW_PIECES)
        return flush(planner, err);
    return SEALIFT_OK;
}

static enum sealift_status
plan_extents(struct planner *planner, struct reading_file *file, struct sealift_error *err)
{
    for (uint64_t at = 0;;) {
        struct extent extent;
        bool end;

        TRY(world_check_cancel(planner->reading->world, err));
        TRY(tree_reader_extent(branch_reader_at(planner->reader), &extent, &end, err));
        if (end)
            return SEALIFT_OK;
        if (!extent.hole)
            TRY(plan_piece(planner, &extent, file, at, err));
        at += extent.length;
    }
}

static enum sealift_status
plan_file(struct planner *planner, const struct tree_entry *entry, struct sealift_error *err)
{
    struct reading_file *file = NULL;
    enum sealift_status status;

    if (reading_is_full(planner->reading, entry)) /* what would close some of them must be on its way */
        TRY(flush(planner, err));
    TRY(reading_file_new(planner->reading, entry, &file, err));
    status = plan_extents(planner, file, err);
    if (status != SEALIFT_OK) {
        reading_file_abandon(&file);
        return status;
    }
    planner->files++;
    manifest_count(&planner->size, entry->size);
    return reading_file_release(&file, err);
}

static enum sealift_status
plan_entry(struct planner *planner, struct tree_entry *entry, struct sealift_error *err)
{
    struct reading *reading = planner->reading;

    TRY(branch_reader_resolve(planner->reader, entry, err));
    TRY(frame_source_xattrs(planner->single, branch_reader_at(planner->reader), entry, &planner->xattrs, err));
    planner->entries++;
    progress_add(reading->progress, 1, entry->type == TREE_FILE, 0, 0);
    if (entry->type == TREE_FILE)
        return plan_file(planner, entry, err);
    return reading->sink->entry(reading->sink->context, entry, err);
}

static enum sealift_status
plan_tree(struct planner *planner, struct sealift_error *err)
{
    for (;;) {
        struct tree_entry entry;
        bool end;

        TRY(world_check_cancel(planner->reading->world, err));
        TRY(branch_reader_next(planner->reader, &entry, &end, err));
        if (end)
            return flush(planner, err);
        TRY(plan_entry(planner, &entry, err));
    }
}

static enum sealift_status
open_tree(struct planner *planner, struct sealift_error *err)
{
    const struct reading *reading = planner->reading;
    const struct reading_request *request = reading->request;
    const struct branch_request all = {.manifest = request->manifest, .fs_key = request->fs_key};

    TRY(frame_source_new(reading->store, request->fs_key, &request->manifest->fs, 0, &planner->single, err));
    if (request->branches == NULL)
        TRY(branch_reader_new(reading->world, reading->store, &all, &planner->own, err));
    planner->reader = request->branches != NULL ? request->branches : planner->own;
    return SEALIFT_OK;
}

static void
report(const struct planner *planner)
{
    struct reading *reading = planner->reading;

    reading->entries = planner->entries;
    reading->files = planner->files;
    reading->size = planner->size;
    atomic_fetch_add(&reading->bytes_fetched, frame_source_fetched(planner->single));
    atomic_fetch_add(&reading->requests, frame_source_requests(planner->single));
    if (planner->own == NULL)
        return;
    atomic_fetch_add(&reading->bytes_fetched, branch_reader_fetched(planner->own));
    atomic_fetch_add(&reading->requests, branch_reader_requests(planner->own));
}

enum sealift_status
reading_plan(void *argument, struct sealift_error *err)
{
    SCOPED(planner_done) struct planner planner = {.reading = argument};

    TRY(open_tree(&planner, err));
    TRY(plan_tree(&planner, err));
    report(&planner);
    queue_close(planner.reading->planned);
    return SEALIFT_OK;
}
