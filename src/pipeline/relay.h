/* Items that one thread hands in, several look at, and one tells of, in the order in which they were handed in.
 *
 *     plan ─ look (N threads) ─ tell (in order)
 *
 * Constant memory: who hands in waits for those who look, and they for the one who tells. */
#ifndef RELAY_H
#define RELAY_H

#include "crew.h"

struct relay_run;

struct relay {
    const struct world *world;
    size_t threads; /* that look; at least one */
    size_t window;  /* so many items at most are on their way */
    size_t item_size;
    void (*item_done)(void *item); /* frees what one owns; NULL: nothing */
    /* Hands in what there is, on a thread of its own. */
    enum sealift_status (*plan)(void *context, struct relay_run *run, struct sealift_error *err);
    /* Any thread. Each of these failures ends all, and what was not looked at to its end is not told of. */
    enum sealift_status (*look)(void *context, void *item, struct sealift_error *err);
    /* One thread. */
    enum sealift_status (*tell)(void *context, void *item, struct sealift_error *err);
    void *context; /* of these three */
};

enum sealift_status relay_run(const struct relay *relay, struct sealift_error *err);

/* Of the plan: item_size bytes, with all that they own, which is the relay's from now on, whatever the outcome. */
enum sealift_status relay_hand_in(struct relay_run *run, void *item, struct sealift_error *err);

#endif
