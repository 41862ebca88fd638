#include "verify_objects.h"

#include "crew.h"
#include "error.h"
#include "log_reader.h"
#include "scoped.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

struct verification {
    const struct world *world;
    const struct verify_objects_request *request;
    struct store *store;
    struct progress *progress;
    struct pool *buffers;
    struct queue *segments; /* struct log_segment, each malloc()ed */
    struct log_reading logs;
    atomic_uint_fast64_t objects, bytes, by_checksum;

    pthread_mutex_t lock;
    struct sealift_error first_failure;
};

static enum sealift_status
hand_out(void *context, const struct log_segment *segment, struct sealift_error *err)
{
    struct verification *verification = context;
    SCOPED(free_done) struct log_segment *copy = malloc(sizeof(*copy));

    if (copy == NULL)
        return error_no_memory(err);
    *copy = *segment;
    if (!queue_push(verification->segments, copy))
        return error_set(err, SEALIFT_CANCELLED, "the verification was stopped");
    copy = NULL;
    return SEALIFT_OK;
}

static enum sealift_status
list_segments(void *argument, struct sealift_error *err)
{
    struct verification *verification = argument;

    TRY(log_read(verification->world, verification->store, verification->request->manifest, hand_out, verification,
                 &verification->logs, err));
    queue_close(verification->segments);
    return SEALIFT_OK;
}

static enum sealift_status
blame_size(const char *name, uint64_t found, uint64_t said, struct sealift_error *err)
{
    return error_set(err, SEALIFT_CORRUPT, "%s: has %" PRIu64 " bytes; %" PRIu64 " were stored", name, found, said);
}

static enum sealift_status
check_head(struct verification *verification, const struct log_segment *segment, const char *name,
           struct sealift_error *err)
{
    struct store_head head;

    TRY(store_head(verification->store, name, &head, err));
    if (head.size != segment->size)
        return blame_size(name, head.size, segment->size, err);
    if (head.checksum != STORE_CHECKSUM_SHA256)
        return SEALIFT_OK;
    if (!digest_equal(head.sha256, segment->sha256, SHA256_SIZE))
        return error_set(err, SEALIFT_CORRUPT, "%s: the checksum that the store keeps is not of what was stored", name);
    atomic_fetch_add(&verification->by_checksum, 1);
    return SEALIFT_OK;
}

static enum sealift_status
hash_ranges(struct verification *verification, const struct log_segment *segment, const char *name, uint8_t *buffer,
            struct sealift_error *err)
{
    SCOPED(sha256_stream_free) struct sha256_stream *stream = NULL;
    size_t range = pool_buffer_size(verification->buffers);
    uint8_t hash[SHA256_SIZE];

    TRY(sha256_stream_new(&stream, err));
    for (uint64_t at = 0; at < segment->size;) {
        size_t len = segment->size - at < range ? (size_t)(segment->size - at) : range;

        TRY(world_check_cancel(verification->world, err));
        TRY(store_get_range(verification->store, name, at, len, buffer, err));
        TRY(sha256_stream_add(stream, (struct bytes){buffer, len}, err));
        progress_add(verification->progress, 0, 0, 0, len);
        at += len;
    }
    TRY(sha256_stream_end(stream, hash, err));
    if (!digest_equal(hash, segment->sha256, SHA256_SIZE))
        return error_set(err, SEALIFT_CORRUPT, "%s: is not what was stored (its SHA-256 differs)", name);
    return SEALIFT_OK;
}

static enum sealift_status
check_read(struct verification *verification, const struct log_segment *segment, const char *name,
           struct sealift_error *err)
{
    struct store_head head;
    enum sealift_status status;
    uint8_t *buffer;

    TRY(store_head(verification->store, name, &head, err));
    if (head.size != segment->size)
        return blame_size(name, head.size, segment->size, err);
    buffer = pool_take(verification->buffers);
    if (buffer == NULL)
        return pool_explain(verification->buffers, err);
    status = hash_ranges(verification, segment, name, buffer, err);
    pool_give(verification->buffers, buffer);
    return status;
}

/* One bad object must not hide the others: it is told, and kept if it is the first. */
static void
note_bad(struct verification *verification, const char *name, const struct sealift_error *failure)
{
    progress_notice(verification->progress, SEALIFT_NOTICE_OTHER, bytes_of_text(name), failure->message);
    pthread_mutex_lock(&verification->lock);
    if (verification->first_failure.status == SEALIFT_OK)
        verification->first_failure = *failure;
    pthread_mutex_unlock(&verification->lock);
}

static enum sealift_status
check_segment(struct verification *verification, const struct log_segment *segment, struct sealift_error *err)
{
    enum sealift_status status;
    char name[NAME_SIZE];

    TRY(world_check_cancel(verification->world, err));
    name_of_segment(&verification->request->manifest->fs, &segment->id.upload, segment->id.kind, segment->id.number,
                    name);
    if (verification->request->read)
        status = check_read(verification, segment, name, err);
    else
        status = check_head(verification, segment, name, err);
    if (status == SEALIFT_NOT_FOUND || status == SEALIFT_CORRUPT) {
        note_bad(verification, name, err);
        return SEALIFT_OK;
    }
    if (status != SEALIFT_OK)
        return status;
    atomic_fetch_add(&verification->objects, 1);
    atomic_fetch_add(&verification->bytes, segment->size);
    progress_add(verification->progress, 0, 0, segment->size, 0);
    return SEALIFT_OK;
}

static enum sealift_status
check_segments(void *argument, struct sealift_error *err)
{
    struct verification *verification = argument;
    struct log_segment *segment;

    while ((segment = queue_pop(verification->segments)) != NULL) {
        enum sealift_status status = check_segment(verification, segment, err);

        free(segment);
        if (status != SEALIFT_OK)
            return status;
    }
    return SEALIFT_OK;
}

static enum sealift_status
run(struct verification *verification, struct sealift_error *err)
{
    SCOPED(crew_free) struct crew *crew = NULL;

    TRY(crew_new(verification->world, &crew, err));
    crew_breaks_queue(crew, verification->segments);
    crew_breaks_pool(crew, verification->buffers);
    if (crew_start(crew, "list", list_segments, verification, err) != SEALIFT_OK ||
        crew_start_many(crew, "check", verification->request->budget.connections, check_segments, verification, NULL,
                        err) != SEALIFT_OK)
        crew_fail(crew, err);
    return crew_join(crew, err);
}

static void
tear_down(struct verification *verification)
{
    struct log_segment *segment;

    while (verification->segments != NULL && (segment = queue_drain(verification->segments)) != NULL)
        free(segment);
    queue_free(&verification->segments);
    pool_free(&verification->buffers);
    pthread_mutex_destroy(&verification->lock);
}

enum sealift_status
verify_objects(const struct world *world, struct store *store, struct progress *progress,
               const struct verify_objects_request *request, struct verify_objects_outcome *ret_outcome,
               struct sealift_error *err)
{
    SCOPED(tear_down)
    struct verification verification = {.world = world, .request = request, .store = store, .progress = progress};

    pthread_mutex_init(&verification.lock, NULL);
    progress_stage(progress, "verify");
    progress_totals(progress, 0, request->manifest->totals.stored);
    TRY(queue_new(2 * request->budget.connections, &verification.segments, err));
    TRY(pool_new(request->budget.connections, request->budget.segment_size, &verification.buffers, err));
    TRY(run(&verification, err));
    if (verification.first_failure.status != SEALIFT_OK) {
        *err = verification.first_failure;
        return err->status;
    }
    *ret_outcome = (struct verify_objects_outcome){
        .objects = 1 + verification.logs.objects + atomic_load(&verification.objects), /* the manifest is one */
        .bytes = verification.logs.bytes + atomic_load(&verification.bytes),
        .by_checksum = atomic_load(&verification.by_checksum),
    };
    return SEALIFT_OK;
}
