#include "heartbeat.h"

#include "error.h"
#include "quiet_thread.h"
#include "scoped.h"

#include <stdbool.h>
#include <stdlib.h>

struct heartbeat {
    int64_t period_ns;
    heartbeat_beat *beat;
    void *context;
    pthread_t thread;
    pthread_mutex_t lock; /* guards `stopped` */
    pthread_cond_t woken;
    bool stopped;
};

/* True when the period has passed, false when the heart is to stop. */
static bool
wait_for_next(struct heartbeat *heartbeat)
{
    struct timespec until = deadline_in(heartbeat->period_ns);
    bool stopped;
    int waited = 0;

    pthread_mutex_lock(&heartbeat->lock);
    while (!heartbeat->stopped && waited == 0)
        waited = pthread_cond_timedwait(&heartbeat->woken, &heartbeat->lock, &until);
    stopped = heartbeat->stopped;
    pthread_mutex_unlock(&heartbeat->lock);
    return !stopped;
}

static void *
live(void *argument)
{
    struct heartbeat *heartbeat = argument;

    while (wait_for_next(heartbeat))
        heartbeat->beat(heartbeat->context);
    return NULL;
}

static void
destroy(struct heartbeat *heartbeat)
{
    pthread_cond_destroy(&heartbeat->woken);
    pthread_mutex_destroy(&heartbeat->lock);
    free(heartbeat);
}

enum sealift_status
heartbeat_start(int64_t period_ns, heartbeat_beat *beat, void *context, struct heartbeat **ret_heartbeat,
                struct sealift_error *err)
{
    struct heartbeat *heartbeat = calloc(1, sizeof(*heartbeat));
    int error_number;

    if (heartbeat == NULL)
        return error_no_memory(err);
    heartbeat->period_ns = period_ns;
    heartbeat->beat = beat;
    heartbeat->context = context;
    pthread_mutex_init(&heartbeat->lock, NULL);
    deadline_cond_init(&heartbeat->woken);
    error_number = quiet_thread_start(live, heartbeat, &heartbeat->thread);
    if (error_number != 0) {
        destroy(heartbeat);
        return error_errno(err, error_number, "cannot start a thread");
    }
    *ret_heartbeat = heartbeat;
    return SEALIFT_OK;
}

void
heartbeat_stop(struct heartbeat **pointer)
{
    struct heartbeat *heartbeat = TAKE(*pointer);

    if (heartbeat == NULL)
        return;
    pthread_mutex_lock(&heartbeat->lock);
    heartbeat->stopped = true;
    pthread_cond_signal(&heartbeat->woken);
    pthread_mutex_unlock(&heartbeat->lock);
    pthread_join(heartbeat->thread, NULL);
    destroy(heartbeat);
}
