#include "sweep.h"

#include "crew.h"
#include "error.h"
#include "scoped.h"

#include <stdlib.h>

struct sweep_job {
    const struct sweep *sweep;
    const char *prefix;
    struct queue *objects; /* struct store_object, each malloc()ed */
};

static void
job_done(struct sweep_job *job)
{
    struct store_object *object;

    while (job->objects != NULL && (object = queue_drain(job->objects)) != NULL)
        free(object);
    queue_free(&job->objects);
}

static enum sealift_status
hand_out(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct sweep_job *job = context;
    SCOPED(free_done) struct store_object *copy = malloc(sizeof(*copy));

    if (copy == NULL)
        return error_no_memory(err);
    *copy = *object;
    if (!queue_push(job->objects, copy))
        return error_set(err, SEALIFT_CANCELLED, "the listing was stopped");
    copy = NULL;
    return SEALIFT_OK;
}

static enum sealift_status
list(void *argument, struct sealift_error *err)
{
    struct sweep_job *job = argument;

    TRY(store_list(job->sweep->store, job->prefix, NULL, hand_out, job, err));
    queue_close(job->objects);
    return SEALIFT_OK;
}

static enum sealift_status
work(void *argument, struct sealift_error *err)
{
    const struct sweep_job *job = argument;
    const struct sweep *sweep = job->sweep;
    struct store_object *object;

    while ((object = queue_pop(job->objects)) != NULL) {
        enum sealift_status status = world_check_cancel(sweep->world, err);

        if (status == SEALIFT_OK)
            status = sweep->each(sweep->context, object, err);
        free(object);
        if (status != SEALIFT_OK)
            return status;
    }
    return SEALIFT_OK;
}

enum sealift_status
sweep_run(const struct sweep *sweep, const char *prefix, struct sealift_error *err)
{
    SCOPED(job_done) struct sweep_job job = {.sweep = sweep, .prefix = prefix};
    SCOPED(crew_free) struct crew *crew = NULL;

    TRY(queue_new(2 * sweep->threads, &job.objects, err));
    TRY(crew_new(sweep->world, &crew, err));
    crew_breaks_queue(crew, job.objects);
    if (crew_start(crew, "list", list, &job, err) != SEALIFT_OK ||
        crew_start_many(crew, "sweep", sweep->threads, work, &job, NULL, err) != SEALIFT_OK)
        crew_fail(crew, err);
    return crew_join(crew, err);
}
