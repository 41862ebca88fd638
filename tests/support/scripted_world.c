#include "scripted_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORLD_OF(member, pointer) ((struct scripted_world *)((char *)(pointer)-offsetof(struct scripted_world, member)))

static int64_t
wall_ns(struct clock *clock)
{
    struct scripted_world *scripted = WORLD_OF(clock, clock);
    int64_t now;

    pthread_mutex_lock(&scripted->lock);
    now = scripted->wall_ns;
    pthread_mutex_unlock(&scripted->lock);
    return now;
}

static int64_t
mono_ns(struct clock *clock)
{
    struct scripted_world *scripted = WORLD_OF(clock, clock);
    int64_t now;

    pthread_mutex_lock(&scripted->lock);
    now = scripted->slept_ns;
    pthread_mutex_unlock(&scripted->lock);
    return now;
}

static void
sleep_ns(struct clock *clock, int64_t ns, const struct cancel *cancel)
{
    struct scripted_world *scripted = WORLD_OF(clock, clock);

    (void)cancel;
    pthread_mutex_lock(&scripted->lock);
    scripted->wall_ns += ns;
    scripted->slept_ns += ns;
    scripted->sleeps++;
    pthread_mutex_unlock(&scripted->lock);
}

static void
fill(struct entropy *entropy, void *out, size_t len)
{
    struct scripted_world *scripted = WORLD_OF(entropy, entropy);
    uint8_t *bytes = out;

    pthread_mutex_lock(&scripted->lock);
    for (size_t i = 0; i < len; i++) {
        scripted->drawn = scripted->drawn * 6364136223846793005U + 1442695040888963407U;
        bytes[i] = (uint8_t)(scripted->drawn >> 56);
    }
    pthread_mutex_unlock(&scripted->lock);
}

static void
write_line(struct logger *logger, enum log_level level, const char *line)
{
    struct scripted_world *scripted = WORLD_OF(logger, logger);
    size_t len;

    (void)level;
    pthread_mutex_lock(&scripted->lock);
    len = strlen(scripted->log);
    snprintf(scripted->log + len, sizeof(scripted->log) - len, "%s\n", line);
    pthread_mutex_unlock(&scripted->lock);
}

void
scripted_world_init(struct scripted_world *scripted, const char *wall)
{
    *scripted = (struct scripted_world){
        .clock = {wall_ns, mono_ns, sleep_ns},
        .entropy = {fill},
        .logger = {LOG_DEBUG, write_line},
    };
    scripted->world = (struct world){&scripted->clock, &scripted->entropy, &scripted->cancel, &scripted->logger};
    pthread_mutex_init(&scripted->lock, NULL);
    scripted_world_set_wall(scripted, wall);
}

void
scripted_world_set_wall(struct scripted_world *scripted, const char *wall)
{
    pthread_mutex_lock(&scripted->lock);
    if (!time_parse(wall, &scripted->wall_ns))
        abort();
    pthread_mutex_unlock(&scripted->lock);
}
