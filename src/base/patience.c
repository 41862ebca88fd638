#include "patience.h"

#include "error.h"

#include <inttypes.h>

#define PAUSE_NS (2 * NS_PER_S) /* the KMS's client has its own retries, which wait longer and longer */

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
