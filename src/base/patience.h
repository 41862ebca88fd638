/* Waiting for a KMS that is not there yet: sealed, starting, out of reach. */
#ifndef PATIENCE_H
#define PATIENCE_H

#include "world.h"

struct patience {
    const struct world *world;
    int64_t deadline_ns; /* on the monotonic clock */
    bool told;
    char who[896]; /* waits, for the log; empty: nobody in particular */
};

struct patience patience_begin(const struct world *world, int64_t seconds);

/* After a failed try. True: it is one that passes (UNAVAILABLE) and there is time left; some of it was slept away, try
 * again. False: it stands, or somebody asked to stop, which `err` says then. */
bool patience_lasts(struct patience *patience, struct sealift_error *err);

/* How long one request may take when all is to be over at `until_ns`, on the monotonic clock: what is left of that, but
 * never so little that a server which is there could not answer. INT64_MAX: `until_ns` is 0, there is
 * no such moment. */
int64_t patience_for_request(const struct world *world, int64_t until_ns);

#endif
