/* A sweep goes through the objects below a prefix with several threads: one lists, the others do
 * something with each. */
#ifndef SWEEP_H
#define SWEEP_H

#include "store.h"

struct sweep {
    const struct world *world;
    struct store *store;
    size_t threads; /* besides the one that lists */
    /* Any of the threads, several at once. The first failure ends the sweep. */
    store_each *each;
    void *context;
};

/* Constant memory: the listing waits for the threads. What `each` deletes does not disturb it. */
enum sealift_status sweep_run(const struct sweep *sweep, const char *prefix, struct sealift_error *err);

#endif
