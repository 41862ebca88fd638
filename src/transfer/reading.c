#include "reading.h"

#include "descriptors.h"
#include "reading_stages.h"
#include "scoped.h"

/* Ranges are no longer than this: long enough for a store, short enough that several threads share a segment. */
#define RANGE_BYTES ((size_t)4 << 20)

/* Descriptors for files, of those that the process may have; the rest is for connections and folders. */
static size_t
most_open_files(void)
{
    size_t most = descriptors_limit() / 2;

    return most > 2048 ? 2048 : most > 16 ? most : 16;
}

static enum sealift_status
set_up(struct reading *reading, struct sealift_error *err)
{
    const struct budget *budget = &reading->request->budget;
    size_t range = budget->segment_size < RANGE_BYTES ? budget->segment_size : RANGE_BYTES;

    pthread_mutex_init(&reading->lock, NULL);
    pthread_cond_init(&reading->closed_one, NULL);
    reading->most_open_files = most_open_files();
    reading->most_memory = budget->chunk_table; /* which a reading does not have */
    TRY(pool_new(budget->buffers, range, &reading->buffers, err));
    TRY(queue_new(budget->buffers, &reading->planned, err));
    return queue_new(budget->buffers, &reading->fetched, err);
}

static void
drain(struct reading *reading, struct queue *queue)
{
    struct fetch_job *job;

    while (queue != NULL && (job = queue_drain(queue)) != NULL)
        reading_drop_job(reading, job);
}

static void
tear_down(struct reading *reading)
{
    drain(reading, reading->planned);
    drain(reading, reading->fetched);
    queue_free(&reading->fetched);
    queue_free(&reading->planned);
    pool_free(&reading->buffers);
    pthread_cond_destroy(&reading->closed_one);
    pthread_mutex_destroy(&reading->lock);
}

static enum sealift_status
start_stages(struct reading *reading, struct crew *crew, struct sealift_error *err)
{
    const struct budget *budget = &reading->request->budget;

    crew_breaks_pool(crew, reading->buffers);
    crew_breaks_queue(crew, reading->planned);
    crew_breaks_queue(crew, reading->fetched);
    crew_breaks(crew, reading_let_go, reading);
    TRY(crew_start(crew, "plan", reading_plan, reading, err));
    TRY(crew_start_many(crew, "get", budget->connections, reading_get, reading, reading->fetched, err));
    return crew_start_many(crew, "open", budget->workers, reading_open, reading, NULL, err);
}

static enum sealift_status
run_stages(struct reading *reading, struct sealift_error *err)
{
    SCOPED(crew_free) struct crew *crew = NULL;

    TRY(crew_new(reading->world, &crew, err));
    if (start_stages(reading, crew, err) != SEALIFT_OK)
        crew_fail(crew, err);
    return crew_join(crew, err);
}

enum sealift_status
reading_run(const struct world *world, struct store *store, struct progress *progress,
            const struct reading_request *request, const struct reading_sink *sink, struct reading_outcome *ret_outcome,
            struct sealift_error *err)
{
    SCOPED(tear_down)
    struct reading reading = {.world = world, .request = request, .sink = sink, .store = store, .progress = progress};

    TRY(set_up(&reading, err));
    TRY(run_stages(&reading, err));
    *ret_outcome = (struct reading_outcome){
        .entries = reading.entries,
        .files = reading.files,
        .size = reading.size,
        .chunks = atomic_load(&reading.chunks),
        .fetched = atomic_load(&reading.bytes_fetched),
        .requests = atomic_load(&reading.requests),
    };
    return SEALIFT_OK;
}
