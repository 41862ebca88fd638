/* A moment by which something must have happened on a descriptor. It is the kernel's monotonic time, not the world's
 * clock: a scripted clock cannot move a socket, and would never come to the end of a wait for one. */
#ifndef NET_DEADLINE_H
#define NET_DEADLINE_H

#include "world.h"

struct net_deadline {
    const struct world *world; /* asked whether to stop */
    int64_t at_ns;
};

struct net_deadline net_deadline_in(const struct world *world, int64_t ns);
/* An earlier one: this share of what is left. */
struct net_deadline net_deadline_share(const struct net_deadline *deadline, size_t shares);

/* Too late, or somebody asked to stop. */
bool net_deadline_is_over(const struct net_deadline *deadline);

/* Until poll() has `events` (or an error, or the end) to tell of `fd`, or the deadline has passed: *ret_ready says
 * which. CANCELLED within a tenth of a second. */
enum sealift_status net_deadline_wait(const struct net_deadline *deadline, int fd, short events, bool *ret_ready,
                                      struct sealift_error *err);

#endif
