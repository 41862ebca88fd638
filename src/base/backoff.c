#include "backoff.h"

static int64_t
longest_wait(const struct backoff *backoff)
{
    int64_t wait = backoff->base_ns;

    for (unsigned i = 1; i < backoff->tried; i++) {
        if (wait > backoff->cap_ns / 2)
            return backoff->cap_ns;
        wait *= 2;
    }
    return wait < backoff->cap_ns ? wait : backoff->cap_ns;
}

bool
backoff_wait(struct backoff *backoff, const struct world *world)
{
    uint64_t draw;
    int64_t wait;

    backoff->tried++;
    if (backoff->tried >= backoff->tries || cancel_asked(world->cancel))
        return false;
    world->entropy->fill(world->entropy, &draw, sizeof(draw));
    wait = (int64_t)(draw % ((uint64_t)longest_wait(backoff) + 1));
    world->clock->sleep_ns(world->clock, wait, world->cancel);
    return !cancel_asked(world->cancel);
}
