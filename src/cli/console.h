/* Standard error: progress, notices, log lines, errors. One lock, so that a line never tears the bar, whichever thread
 * speaks.
 *
 * With .json each is one object a line: {"progress":{...}}, {"notice":{...}}, {"log":{...}}, {"error":{...}}. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "output.h"
#include "progress_line.h"

#include <pthread.h>
#include <sealift/cluster.h>

#define CONSOLE_NOTICES 6 /* kinds: SEALIFT_NOTICE_MISSING ... SEALIFT_NOTICE_OTHER */

struct console {
    FILE *out;
    bool json, quiet, verbose;
    bool terminal; /* the bar can be drawn in place */
    /* the rest is console.c's */
    pthread_mutex_t lock;
    bool bar_is_shown;
    char bar[PROGRESS_LINE_SIZE];
    struct pace pace;
    double next_line; /* seconds of progress at which the next plain line is due */
    unsigned notices[CONSOLE_NOTICES];
};

/* What console_notice() shows as JSON; docs/JSON.md describes it. */
extern const struct column console_notice_columns[];
extern const struct column console_progress_columns[];
extern const struct column console_log_columns[];
extern const struct column console_error_columns[];

/* Set .out, .json, .quiet and .verbose before; whether it is a terminal is found out. */
void console_init(struct console *console);
void console_done(struct console *console);

/* These three have the types of the library's callbacks; `context` is the console. */
void console_progress(void *context, const struct sealift_progress *progress);
void console_notice(void *context, enum sealift_notice notice, const char *path, const char *reason);
void console_log(void *context, enum sealift_log_level level, const char *line);

/* After a transfer: takes the bar away, and tells how many notices were held back. */
void console_finish(struct console *console);

/* A word to people, no result: neither with --quiet nor with --json. */
[[gnu::format(printf, 2, 3)]] void console_say(struct console *console, const char *format, ...);
void console_error(struct console *console, const struct sealift_error *err);

#endif
