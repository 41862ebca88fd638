/* Exponential backoff with full jitter: wait a random time between zero and base * 2^attempt, at most `cap`. */
#ifndef BACKOFF_H
#define BACKOFF_H

#include "world.h"

struct backoff {
    int64_t base_ns; /* the first wait is up to this */
    int64_t cap_ns;
    unsigned tries; /* how many tries in all */
    unsigned tried; /* counts up; begin with zero */
};

/* Call it after a failed try. True: it has slept, try again. False: the tries are used up, or somebody asked to
 * stop. */
bool backoff_wait(struct backoff *backoff, const struct world *world);

#endif
