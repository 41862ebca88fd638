/* The second stage of a reading: one range GET a job. */
#include "error.h"
#include "reading_stages.h"
#include "scoped.h"

static enum sealift_status
get(struct reading *reading, struct fetch_job *job, struct sealift_error *err)
{
    char name[NAME_SIZE];

    job->buffer = pool_take(reading->buffers);
    if (job->buffer == NULL)
        return pool_explain(reading->buffers, err);
    name_of_segment(&reading->request->manifest->fs, &job->segment.upload, job->segment.kind, job->segment.number,
                    name);
    TRY(store_get_range(reading->store, name, job->offset, job->size, job->buffer, err));
    atomic_fetch_add(&reading->bytes_fetched, job->size);
    atomic_fetch_add(&reading->requests, 1);
    progress_add(reading->progress, 0, 0, 0, job->size);
    return SEALIFT_OK;
}

enum sealift_status
reading_get(void *argument, struct sealift_error *err)
{
    struct reading *reading = argument;
    struct fetch_job *job;

    while ((job = queue_pop(reading->planned)) != NULL) {
        enum sealift_status status = get(reading, job, err);

        if (status == SEALIFT_OK && !queue_push(reading->fetched, job))
            status = error_set(err, SEALIFT_CANCELLED, "the transfer was stopped");
        if (status != SEALIFT_OK) {
            reading_drop_job(reading, job);
            return status;
        }
    }
    return SEALIFT_OK;
}
