/* A world whose time moves only when somebody sleeps, whose randomness is a fixed sequence, and whose
 * log can be read. */
#ifndef SCRIPTED_WORLD_H
#define SCRIPTED_WORLD_H

#include "world.h"

#include <pthread.h>

struct scripted_world {
    struct world world; /* hand on &scripted.world */
    struct clock clock;
    struct entropy entropy;
    struct cancel cancel;
    struct logger logger;
    pthread_mutex_t lock; /* guards what follows */
    int64_t wall_ns;
    int64_t slept_ns; /* in all */
    size_t sleeps;
    uint64_t drawn;
    char log[16384]; /* everything that was said, a line each */
};

/* Begins at `wall` ("2026-11-24T14:45:57Z"). The struct must not move afterwards. */
void scripted_world_init(struct scripted_world *scripted, const char *wall);
void scripted_world_set_wall(struct scripted_world *scripted, const char *wall);

#endif
