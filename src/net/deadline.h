/* A moment by which something must have happened on a descriptor. It is the kernel's monotonic time, not the world's
 * clock: a scripted clock cannot move a socket, and would never come to the end of a wait for one. */
#ifndef DEADLINE_H
#define DEADLINE_H

#include "world.h"

struct deadline {
    const struct world *world; /* asked whether to stop */
    int64_t at_ns;
};

struct deadline deadline_in(const struct world *world, int64_t ns);
/* An earlier one: this share of what is left. */
struct deadline deadline_share(const struct deadline *deadline, size_t shares);

/* Too late, or somebody asked to stop. */
bool deadline_is_over(const struct deadline *deadline);

/* Until poll() has `events` (or an error, or the end) to tell of `fd`, or the deadline has passed: *ret_ready says
 * which. CANCELLED within a tenth of a second. */
enum sealift_status deadline_wait(const struct deadline *deadline, int fd, short events, bool *ret_ready,
                                  struct sealift_error *err);

/* "30 s", "200 ms": for what is said when it was too long. */
void deadline_format(int64_t ns, char out[32]);

#endif
