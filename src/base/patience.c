#include "patience.h"

#include "error.h"

#include <inttypes.h>

#define PAUSE_NS (2 * NS_PER_S) /* the KMS's client has its own retries, which wait longer and longer */
#define LEAST_NS (5 * NS_PER_S) /* for a request: as long as connecting may take */

struct patience
patience_begin(const struct world *world, int64_t seconds)
{
    int64_t now = world->clock->mono_ns(world->clock);
    int64_t most = (INT64_MAX - now) / NS_PER_S;

    return (struct patience){.world = world, .deadline_ns = now + (seconds < most ? seconds : most) * NS_PER_S};
}

static void
tell_once(struct patience *patience, int64_t left_ns, const struct sealift_error *err)
{
    if (!patience->told)
        world_log(patience->world, LOG_WARNING, "%s%swaits up to %" PRId64 " s for the KMS: %s", patience->who,
                  patience->who[0] != '\0' ? " " : "", left_ns / NS_PER_S + (left_ns % NS_PER_S != 0 ? 1 : 0),
                  err->message);
    patience->told = true;
}

bool
patience_lasts(struct patience *patience, struct sealift_error *err)
{
    struct clock *clock = patience->world->clock;
    int64_t left_ns = patience->deadline_ns - clock->mono_ns(clock);

    if (err->status != SEALIFT_UNAVAILABLE || left_ns <= 0)
        return false;
    tell_once(patience, left_ns, err);
    clock->sleep_ns(clock, left_ns < PAUSE_NS ? left_ns : PAUSE_NS, patience->world->cancel);
    return world_check_cancel(patience->world, err) == SEALIFT_OK;
}

int64_t
patience_for_request(const struct world *world, int64_t until_ns)
{
    int64_t left_ns;

    if (until_ns == 0)
        return INT64_MAX;
    left_ns = until_ns - world->clock->mono_ns(world->clock);
    return left_ns > LEAST_NS ? left_ns : LEAST_NS;
}
