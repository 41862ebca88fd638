/* The world, as a parameter: time, randomness, the wish to stop, and somebody who listens. Whatever waits, dates, draws
 * or tells is handed a `struct world`, so a retry can be tested against a scripted clock and a signature against
 * published vectors. */
#ifndef WORLD_H
#define WORLD_H

#include <sealift/status.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_MS ((int64_t)1000000)
#define NS_PER_S  ((int64_t)1000000000)

/* Set once, from a signal handler or another thread; everything that waits looks at it. */
struct cancel {
    atomic_bool asked;
};

struct clock {
    int64_t (*wall_ns)(struct clock *clock);                                        /* since 1970, UTC */
    int64_t (*mono_ns)(struct clock *clock);                                        /* since some fixed point */
    void (*sleep_ns)(struct clock *clock, int64_t ns, const struct cancel *cancel); /* returns early when cancelled */
};

struct entropy {
    void (*fill)(struct entropy *entropy, void *out, size_t len);
};

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING };

struct logger {
    enum log_level threshold;
    void (*write)(struct logger *logger, enum log_level level, const char *line); /* any thread; one line, no newline */
};

struct world {
    struct clock *clock;
    struct entropy *entropy;
    struct cancel *cancel; /* never NULL */
    struct logger *logger; /* may be NULL */
};

/* The real ones. getrandom() cannot fail once the kernel's pool is ready; if it does, the process aborts. */
extern struct clock clock_system;
extern struct entropy entropy_system;

/* CANCELLED with the plain message when somebody asked to stop, else OK. */
enum sealift_status world_check_cancel(const struct world *world, struct sealift_error *err);
bool cancel_asked(const struct cancel *cancel);

/* Never give it a secret. Control characters are shown as \xNN. */
[[gnu::format(printf, 3, 4)]] void world_log(const struct world *world, enum log_level level, const char *format, ...);

/* "2026-11-24T14:45:57Z", and with nanoseconds "2026-11-24T14:45:57.123456789Z"; the buffer takes 32 bytes. */
void time_format(int64_t wall_ns, char out[32]);
void time_format_ns(int64_t wall_ns, char out[32]);
/* Reads both forms, and any number of fraction digits up to nine, as S3 and Vault write them; false when the text is
 * something else or lies beyond 64 bits of nanoseconds (the years 1678 to 2261 do not). */
bool time_parse(const char *text, int64_t *ret_wall_ns);

#endif
