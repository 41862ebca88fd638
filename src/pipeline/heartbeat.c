#include "heartbeat.h"

#include "error.h"
#include "scoped.h"
#include "world.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

struct heartbeat {
    int64_t period_ns;
    heartbeat_beat *beat;
    void *context;
    pthread_t thread;
    pthread_mutex_t lock; /* guards `stopped` */
    pthread_cond_t woken;
    bool stopped;
};

static struct timespec
after(int64_t period_ns)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += period_ns / NS_PER_S;
    at.tv_nsec += period_ns % NS_PER_S;
    at.tv_sec += at.tv_nsec / NS_PER_S;
    at.tv_nsec %= NS_PER_S;
    return at;
}

/* True when the period has passed, false when the heart is to stop. */
static bool
wait_for_next(struct heartbeat *heartbeat)
{
    struct timespec until = after(heartbeat->period_ns);
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

/* Signals are for the thread that waits for the work, so they are blocked here. */
static int
start_thread_without_signals(struct heartbeat *heartbeat)
{
    sigset_t all, before;
    int error_number;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error_number = pthread_create(&heartbeat->thread, NULL, live, heartbeat);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error_number;
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
    pthread_condattr_t monotonic;
    int error_number;

    if (heartbeat == NULL)
        return error_no_memory(err);
    heartbeat->period_ns = period_ns;
    heartbeat->beat = beat;
    heartbeat->context = context;
    pthread_mutex_init(&heartbeat->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&heartbeat->woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    error_number = start_thread_without_signals(heartbeat);
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
