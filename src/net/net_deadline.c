#include "net_deadline.h"

#include "error.h"
#include "scoped.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#define SLICE_NS (50 * NS_PER_MS)

static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

struct net_deadline
net_deadline_in(const struct world *world, int64_t ns)
{
    struct net_deadline deadline = {world, INT64_MAX};
    int64_t at_ns;

    if (!__builtin_add_overflow(now_ns(), ns, &at_ns))
        deadline.at_ns = at_ns;
    return deadline;
}

struct net_deadline
net_deadline_share(const struct net_deadline *deadline, size_t shares)
{
    int64_t now = now_ns();

    return (struct net_deadline){deadline->world, now + (deadline->at_ns - now) / (int64_t)shares};
}

bool
net_deadline_is_over(const struct net_deadline *deadline)
{
    return now_ns() >= deadline->at_ns || cancel_asked(deadline->world->cancel);
}

/* poll() counts in whole milliseconds: rounded up, else it would be asked without a pause just before the end. */
static int
slice_ms(int64_t left_ns)
{
    int64_t slice = left_ns < SLICE_NS ? left_ns : SLICE_NS;

    return (int)((slice + NS_PER_MS - 1) / NS_PER_MS);
}

enum sealift_status
net_deadline_wait(const struct net_deadline *deadline, int fd, short events, bool *ret_ready, struct sealift_error *err)
{
    int64_t left_ns;

    for (;;) {
        struct pollfd polled = {fd, events, 0};
        int ready;

        TRY(world_check_cancel(deadline->world, err));
        left_ns = deadline->at_ns - now_ns();
        if (left_ns <= 0)
            break;
        ready = poll(&polled, 1, slice_ms(left_ns));
        if (ready < 0 && errno != EINTR)
            return error_errno(err, errno, "cannot wait for the network");
        if (ready > 0) {
            *ret_ready = true;
            return SEALIFT_OK;
        }
    }
    *ret_ready = false;
    return SEALIFT_OK;
}
