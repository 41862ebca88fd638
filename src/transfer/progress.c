#include "progress.h"

#include "error.h"
#include "heartbeat.h"
#include "scoped.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PERIOD_NS (NS_PER_S / 4)

struct progress {
    const struct world *world;
    struct sealift_transfer_options options;
    int64_t began_ns;
    _Atomic(const char *) stage;
    atomic_uint_fast64_t entries, files, bytes, transferred, entries_total, bytes_total;
    pthread_mutex_t lock; /* one callback at a time */
    struct heartbeat *heartbeat;
};

double
progress_seconds(const struct progress *progress)
{
    struct clock *clock = progress->world->clock;

    return (double)(clock->mono_ns(clock) - progress->began_ns) / (double)NS_PER_S;
}

struct sealift_progress
progress_now(const struct progress *progress)
{
    return (struct sealift_progress){
        .stage = atomic_load(&progress->stage),
        .entries = atomic_load(&progress->entries),
        .files = atomic_load(&progress->files),
        .bytes = atomic_load(&progress->bytes),
        .bytes_total = atomic_load(&progress->bytes_total),
        .entries_total = atomic_load(&progress->entries_total),
        .transferred = atomic_load(&progress->transferred),
        .seconds = progress_seconds(progress),
    };
}

static void
tell(void *context)
{
    struct progress *progress = context;
    struct sealift_progress now = progress_now(progress);

    pthread_mutex_lock(&progress->lock);
    progress->options.progress(progress->options.context, &now);
    pthread_mutex_unlock(&progress->lock);
}

enum sealift_status
progress_new(const struct world *world, const struct sealift_transfer_options *options, struct progress **ret_progress,
             struct sealift_error *err)
{
    SCOPED(progress_free) struct progress *progress = calloc(1, sizeof(*progress));

    if (progress == NULL)
        return error_no_memory(err);
    progress->world = world;
    progress->options = *options;
    progress->began_ns = world->clock->mono_ns(world->clock);
    atomic_store(&progress->stage, "");
    pthread_mutex_init(&progress->lock, NULL);
    if (options->progress != NULL)
        TRY(heartbeat_start(PERIOD_NS, tell, progress, &progress->heartbeat, err));
    *ret_progress = TAKE(progress);
    return SEALIFT_OK;
}

void
progress_free(struct progress **pointer)
{
    struct progress *progress = *pointer;

    if (progress == NULL)
        return;
    if (progress->heartbeat != NULL) {
        heartbeat_stop(&progress->heartbeat);
        tell(progress);
    }
    pthread_mutex_destroy(&progress->lock);
    free(progress);
    *pointer = NULL;
}

bool
progress_is_heard(const struct progress *progress)
{
    return progress->options.progress != NULL;
}

void
progress_stage(struct progress *progress, const char *stage)
{
    atomic_store(&progress->stage, stage);
}

void
progress_add(struct progress *progress, uint64_t entries, uint64_t files, uint64_t bytes, uint64_t transferred)
{
    atomic_fetch_add_explicit(&progress->entries, entries, memory_order_relaxed);
    atomic_fetch_add_explicit(&progress->files, files, memory_order_relaxed);
    atomic_fetch_add_explicit(&progress->bytes, bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&progress->transferred, transferred, memory_order_relaxed);
}

void
progress_totals(struct progress *progress, uint64_t entries, uint64_t bytes)
{
    atomic_store(&progress->entries_total, entries);
    atomic_store(&progress->bytes_total, bytes);
}

void
progress_notice(struct progress *progress, enum sealift_notice notice, struct bytes path, const char *reason)
{
    SCOPED(free_done) char *text = NULL;

    if (progress->options.notice == NULL)
        return;
    text = path.len == 0 ? strdup(".") : strndup((const char *)path.data, path.len);
    if (text == NULL)
        return; /* a notice is not worth failing a transfer; it is counted elsewhere */
    pthread_mutex_lock(&progress->lock);
    progress->options.notice(progress->options.context, notice, text, reason);
    pthread_mutex_unlock(&progress->lock);
}
