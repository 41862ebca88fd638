#include "kmip_turn.h"

#include "scoped.h"

#include <time.h>

#define LOOK_UP_NS (50 * NS_PER_MS) /* how often one who waits looks whether to stop */

void
kmip_turn_init(struct kmip_turn *turn)
{
    pthread_condattr_t attributes;

    turn->taken = false;
    pthread_mutex_init(&turn->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&turn->is_over, &attributes);
    pthread_condattr_destroy(&attributes);
}

void
kmip_turn_destroy(struct kmip_turn *turn)
{
    pthread_cond_destroy(&turn->is_over);
    pthread_mutex_destroy(&turn->lock);
}

/* By the kernel's time, not the world's clock: it is another thread that is waited for. */
static void
wait_locked(struct kmip_turn *turn)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_UP_NS;
    if (until.tv_nsec >= NS_PER_S) {
        until.tv_nsec -= NS_PER_S;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&turn->is_over, &turn->lock, &until);
}

enum sealift_status
kmip_turn_take(struct kmip_turn *turn, const struct world *world, struct sealift_error *err)
{
    bool stop;

    pthread_mutex_lock(&turn->lock);
    while (!(stop = cancel_asked(world->cancel)) && turn->taken)
        wait_locked(turn);
    if (!stop)
        turn->taken = true;
    pthread_mutex_unlock(&turn->lock);
    return stop ? world_check_cancel(world, err) : SEALIFT_OK;
}

bool
kmip_turn_take_if_free(struct kmip_turn *turn)
{
    bool was_free;

    pthread_mutex_lock(&turn->lock);
    was_free = !turn->taken;
    turn->taken = true;
    pthread_mutex_unlock(&turn->lock);
    return was_free;
}

void
kmip_turn_end(struct kmip_turn *turn)
{
    pthread_mutex_lock(&turn->lock);
    turn->taken = false;
    pthread_cond_signal(&turn->is_over);
    pthread_mutex_unlock(&turn->lock);
}
