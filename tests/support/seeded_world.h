/* A world that repeats itself: randomness from a seed, time that stands still until it is moved. For tests. */
#ifndef SEEDED_WORLD_H
#define SEEDED_WORLD_H

#include "world.h"

struct seeded_world {
    struct clock clock;
    struct entropy entropy;
    struct cancel cancel;
    struct world world; /* what is handed on; points into this struct, which therefore stays where it is */
    uint64_t state;
    int64_t now_ns;
};

static inline struct seeded_world *
seeded_world_of_clock(struct clock *clock)
{
    return (struct seeded_world *)clock; /* its first member */
}

static inline int64_t
seeded_world_now(struct clock *clock)
{
    return seeded_world_of_clock(clock)->now_ns;
}

static inline void
seeded_world_sleep(struct clock *clock, int64_t ns, const struct cancel *cancel)
{
    (void)cancel;
    seeded_world_of_clock(clock)->now_ns += ns;
}

/* splitmix64 */
static inline uint64_t
seeded_world_draw(struct seeded_world *seeded)
{
    uint64_t z = seeded->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline void
seeded_world_fill(struct entropy *entropy, void *out, size_t len)
{
    struct seeded_world *seeded = (struct seeded_world *)((char *)entropy - offsetof(struct seeded_world, entropy));
    uint8_t *at = out;

    while (len-- > 0)
        *at++ = (uint8_t)seeded_world_draw(seeded);
}

static inline void
seeded_world_init(struct seeded_world *seeded, uint64_t seed)
{
    *seeded = (struct seeded_world){.clock = {seeded_world_now, seeded_world_now, seeded_world_sleep},
                                    .entropy = {seeded_world_fill},
                                    .state = seed,
                                    .now_ns = 1790000000 * NS_PER_S};
    seeded->world = (struct world){.clock = &seeded->clock, .entropy = &seeded->entropy, .cancel = &seeded->cancel};
}

#endif
