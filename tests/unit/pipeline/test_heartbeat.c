#include "heartbeat.h"

#include "world.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <time.h>

static struct sealift_error err;

struct counter {
    atomic_uint beats;
    atomic_bool blocks_signals;
};

static void
count(void *context)
{
    struct counter *counter = context;
    sigset_t mask;

    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    atomic_store(&counter->blocks_signals, sigismember(&mask, SIGINT) == 1);
    atomic_fetch_add(&counter->beats, 1);
}

static struct heartbeat *
start(int64_t period_ns, heartbeat_beat *beat, void *context)
{
    struct heartbeat *heartbeat = NULL;

    cr_assert_eq(heartbeat_start(period_ns, beat, context, &heartbeat, &err), SEALIFT_OK, "%s", err.message);
    return heartbeat;
}

static void
pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

Test(heartbeat, beats_again_and_again, .timeout = 20)
{
    struct counter counter = {0};
    struct heartbeat *heartbeat = start(NS_PER_MS, count, &counter);

    while (atomic_load(&counter.beats) < 5)
        pause_ms(1);
    heartbeat_stop(&heartbeat);
    cr_assert_null(heartbeat);
    cr_assert(atomic_load(&counter.blocks_signals), "signals are for the thread that waits for the work");
}

Test(heartbeat, stops_at_once_and_for_good, .timeout = 20)
{
    struct counter counter = {0};
    struct heartbeat *slow = start(3600 * NS_PER_S, count, &counter);
    struct heartbeat *fast = start(NS_PER_MS, count, &counter);
    unsigned beats;

    heartbeat_stop(&slow); /* does not wait for the hour */
    heartbeat_stop(&fast);
    beats = atomic_load(&counter.beats);
    pause_ms(20);
    cr_assert_eq(atomic_load(&counter.beats), beats);
}

static void
dawdle(void *context)
{
    struct counter *counter = context;

    atomic_fetch_add(&counter->beats, 1);
    pause_ms(50);
    atomic_store(&counter->beats, 1000);
}

Test(heartbeat, waits_for_the_beat_that_is_under_way, .timeout = 20)
{
    struct counter counter = {0};
    struct heartbeat *heartbeat = start(NS_PER_MS, dawdle, &counter);

    while (atomic_load(&counter.beats) == 0)
        pause_ms(1);
    heartbeat_stop(&heartbeat);
    cr_assert_eq(atomic_load(&counter.beats), 1000u);
}

Test(heartbeat, that_was_never_started_can_be_stopped)
{
    struct heartbeat *none = NULL;

    heartbeat_stop(&none);
    cr_assert_null(none);
}
