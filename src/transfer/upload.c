#include "upload.h"

#include "descriptors.h"
#include "error.h"
#include "scoped.h"
#include "upload_stages.h"

#include <inttypes.h>
#include <stdlib.h>

/* A quarter of the descriptors is for directories that entries are read from, spread over the batches that may be under
 * way. */
static size_t
share_of_descriptors(size_t batches)
{
    size_t share = descriptors_limit() / 4 / batches;

    return share > 64 ? 64 : share > 0 ? share : 1;
}

static enum sealift_status
set_up(struct upload *upload, struct sealift_error *err)
{
    const struct budget *budget = &upload->request->budget;

    descriptors_raise_limit();
    upload->batch_directories = share_of_descriptors(budget->window);
    TRY(pool_new(budget->buffers, budget->segment_size, &upload->buffers, err));
    TRY(chunk_table_new(budget->chunk_table, &upload->chunks, err));
    TRY(queue_new(2 * budget->workers, &upload->planned, err));
    TRY(sequence_new(budget->window, &upload->finished, err));
    TRY(queue_new(budget->buffers, &upload->sealed, err));
    return upload_log_new(upload->world, upload->store, &upload->request->fs, &upload->request->upload, &upload->log,
                          err);
}

/* After a failure, things are left between the stages. */
static void
drain(struct upload *upload)
{
    struct sealed_segment *segment;
    struct batch *batch;

    while ((batch = queue_drain(upload->planned)) != NULL)
        batch_free(&batch);
    while ((batch = sequence_drain(upload->finished)) != NULL)
        batch_free(&batch);
    while ((segment = queue_drain(upload->sealed)) != NULL) {
        pool_give(upload->buffers, segment->buffer);
        free(segment);
    }
}

static void
tear_down(struct upload *upload)
{
    if (upload->log != NULL) /* the last thing that set_up() makes */
        drain(upload);
    upload_log_free(&upload->log);
    queue_free(&upload->sealed);
    sequence_free(&upload->finished);
    queue_free(&upload->planned);
    chunk_table_free(&upload->chunks);
    pool_free(&upload->buffers);
}

static void
stop_counting(void *context)
{
    struct upload *upload = context;

    atomic_store(&upload->counted_enough, true);
}

static void
break_chunks(void *chunks)
{
    chunk_table_break(chunks);
}

static enum sealift_status
start_stages(struct upload *upload, struct crew *crew, struct sealift_error *err)
{
    const struct budget *budget = &upload->request->budget;

    atomic_store(&upload->producers, (unsigned)budget->workers + 1);
    crew_breaks_pool(crew, upload->buffers);
    crew_breaks_queue(crew, upload->planned);
    crew_breaks_queue(crew, upload->sealed);
    crew_breaks_sequence(crew, upload->finished);
    crew_breaks(crew, break_chunks, upload->chunks);
    crew_breaks(crew, stop_counting, upload);
    if (progress_is_heard(upload->progress))
        TRY(crew_start(crew, "scan", upload_scan, upload, err));
    TRY(crew_start(crew, "plan", upload_plan, upload, err));
    TRY(crew_start_many(crew, "read", budget->workers, upload_read, upload, NULL, err));
    TRY(crew_start(crew, "tree", upload_tree, upload, err));
    return crew_start_many(crew, "send", budget->connections, upload_send, upload, NULL, err);
}

static enum sealift_status
run_stages(struct upload *upload, struct sealift_error *err)
{
    SCOPED(crew_free) struct crew *crew = NULL;

    TRY(crew_new(upload->world, &crew, err));
    if (start_stages(upload, crew, err) != SEALIFT_OK)
        crew_fail(crew, err);
    return crew_join(crew, err);
}

static enum sealift_status
check_complete(const struct upload *upload, struct sealift_error *err)
{
    uint64_t missing = atomic_load(&upload->missing);

    if (missing == 0 || upload->request->allow_missing)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_DENIED,
                     "%s: %" PRIu64
                     " path%s could not be read (named above), so nothing was published; make them readable, "
                     "or upload with --allow-missing for a snapshot that is marked as partial",
                     upload->request->path, missing, missing == 1 ? "" : "s");
}

/* For --verbose, and for whoever reads the log of last night. */
static void
tell_begin(const struct upload *upload)
{
    const struct budget *budget = &upload->request->budget;
    char uuid[UUID_TEXT_SIZE];

    uuid_format(&upload->request->upload, uuid);
    world_log(upload->world, LOG_INFO, "upload %s: reads %s with %zu workers, and stores in %s over %zu connections",
              uuid, upload->request->path, budget->workers, upload->store->url, budget->connections);
}

static void
tell_confirmed(const struct upload *upload)
{
    char uuid[UUID_TEXT_SIZE];

    uuid_format(&upload->request->upload, uuid);
    world_log(upload->world, LOG_INFO,
              "upload %s: %" PRIu64 " segments of %" PRIu64 " bytes in all, each seen in a listing", uuid,
              upload_log_segments(upload->log), upload_log_bytes(upload->log));
}

static enum sealift_status
carry(struct upload *upload, struct upload_outcome *ret_outcome, struct sealift_error *err)
{
    tell_begin(upload);
    progress_stage(upload->progress, "upload");
    TRY(upload_log_open(upload->log, err));
    TRY(run_stages(upload, err));
    TRY(check_complete(upload, err));
    progress_stage(upload->progress, "confirm");
    TRY(upload_log_flush(upload->log, err));
    TRY(upload_log_confirm(upload->log, err));
    tell_confirmed(upload);
    TRY(upload_log_close(upload->log, &ret_outcome->closing_record, ret_outcome->closing_sha256, err));
    ret_outcome->root = upload->root;
    ret_outcome->totals = upload->totals;
    ret_outcome->totals.segments = upload_log_segments(upload->log);
    ret_outcome->totals.stored = upload_log_bytes(upload->log);
    ret_outcome->totals.missing = atomic_load(&upload->missing);
    ret_outcome->changed = atomic_load(&upload->changed);
    ret_outcome->excluded = atomic_load(&upload->excluded);
    return SEALIFT_OK;
}

enum sealift_status
upload_run(const struct world *world, struct store *store, struct progress *progress,
           const struct upload_request *request, struct upload_outcome *ret_outcome, struct sealift_error *err)
{
    SCOPED(tear_down) struct upload upload = {.world = world, .request = request, .store = store, .progress = progress};

    TRY(set_up(&upload, err));
    return carry(&upload, ret_outcome, err);
}
