#include "world.h"

#include "error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define SECONDS_LEN strlen("2026-11-24T14:45:57")

static int64_t
read_clock(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t
system_wall_ns(struct clock *clock)
{
    (void)clock;
    return read_clock(CLOCK_REALTIME);
}

static int64_t
system_mono_ns(struct clock *clock)
{
    (void)clock;
    return read_clock(CLOCK_MONOTONIC);
}

/* In slices, so that a Ctrl-C is heard within a twentieth of a second. */
static void
system_sleep_ns(struct clock *clock, int64_t ns, const struct cancel *cancel)
{
    int64_t until = system_mono_ns(clock) + ns;
    int64_t left;

    while ((left = until - system_mono_ns(clock)) > 0 && !cancel_asked(cancel)) {
        int64_t slice = left < 50 * NS_PER_MS ? left : 50 * NS_PER_MS;
        struct timespec pause = {.tv_sec = 0, .tv_nsec = (long)slice};

        nanosleep(&pause, NULL);
    }
}

struct clock clock_system = {system_wall_ns, system_mono_ns, system_sleep_ns};

static void
system_fill(struct entropy *entropy, void *out, size_t len)
{
    uint8_t *at = out;

    (void)entropy;
    while (len > 0) {
        ssize_t got = getrandom(at, len < 256 ? len : 256, 0);

        if (got < 0)
            abort(); /* without randomness nothing that we do is safe */
        at += got;
        len -= (size_t)got;
    }
}

struct entropy entropy_system = {system_fill};

bool
cancel_asked(const struct cancel *cancel)
{
    return cancel != NULL && atomic_load_explicit(&cancel->asked, memory_order_relaxed);
}

enum sealift_status
world_check_cancel(const struct world *world, struct sealift_error *err)
{
    if (cancel_asked(world->cancel))
        return error_set(err, SEALIFT_CANCELLED, "stopped on request");
    return SEALIFT_OK;
}

void
world_log(const struct world *world, enum log_level level, const char *format, ...)
{
    char text[1024];
    struct sealift_error shown;
    va_list arguments;

    if (world->logger == NULL || level < world->logger->threshold)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (error_set(&shown, SEALIFT_OK, "%s", text) == SEALIFT_OK)
        world->logger->write(world->logger, level, shown.message);
}

static int64_t
floor_seconds(int64_t wall_ns)
{
    int64_t seconds = wall_ns / NS_PER_S;

    return wall_ns % NS_PER_S < 0 ? seconds - 1 : seconds;
}

void
time_format(int64_t wall_ns, char out[32])
{
    time_t seconds = (time_t)floor_seconds(wall_ns);
    struct tm broken;

    gmtime_r(&seconds, &broken);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &broken);
}

void
time_format_ns(int64_t wall_ns, char out[32])
{
    int64_t seconds = floor_seconds(wall_ns);

    time_format(wall_ns, out);
    snprintf(out + strlen(out) - 1, 12, ".%09" PRId64 "Z", wall_ns - seconds * NS_PER_S);
}

/* Only what time_format() writes. strptime() alone would take "+2026- 1-1" and the 31st of February: so what it
 * understood is written again and compared. */
static bool
parse_seconds(const char *text, time_t *ret_seconds)
{
    struct tm broken = {0}, normal;
    char again[32];
    time_t seconds;

    if (strptime(text, "%Y-%m-%dT%H:%M:%S", &broken) == NULL)
        return false;
    seconds = timegm(&broken);
    if (gmtime_r(&seconds, &normal) == NULL ||
        strftime(again, sizeof(again), "%Y-%m-%dT%H:%M:%S", &normal) != SECONDS_LEN ||
        strncmp(text, again, SECONDS_LEN) != 0)
        return false;
    *ret_seconds = seconds;
    return true;
}

/* ".5" to ".123456789"; the 'Z' behind it ends it. */
static bool
parse_fraction(const char *text, int64_t *ret_ns)
{
    int64_t ns = 0, unit = NS_PER_S / 10;

    if (text[0] != '.' || text[1] == 'Z')
        return false;
    for (text++; *text != 'Z'; text++, unit /= 10) {
        if (*text < '0' || *text > '9' || unit == 0)
            return false;
        ns += (*text - '0') * unit;
    }
    *ret_ns = ns;
    return true;
}

bool
time_parse(const char *text, int64_t *ret_wall_ns)
{
    size_t len = strnlen(text, 32);
    time_t seconds;
    int64_t ns = 0, whole;

    if (len <= SECONDS_LEN || len == 32 || text[len - 1] != 'Z' || !parse_seconds(text, &seconds) ||
        (len > SECONDS_LEN + 1 && !parse_fraction(text + SECONDS_LEN, &ns)) ||
        __builtin_mul_overflow((int64_t)seconds, NS_PER_S, &whole) || __builtin_add_overflow(whole, ns, &whole))
        return false;
    *ret_wall_ns = whole;
    return true;
}
