#include "console.h"

#include "cli_scoped.h"
#include "visible.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NOTICES_SHOWN    20 /* of a kind, without --verbose */
#define SECONDS_PER_LINE 5
#define DEFAULT_WIDTH    80

static const char *const notice_names[CONSOLE_NOTICES] = {
    [SEALIFT_NOTICE_MISSING] = "missing",   [SEALIFT_NOTICE_CHANGED] = "changed",   [SEALIFT_NOTICE_MOUNT] = "mount",
    [SEALIFT_NOTICE_DEGRADED] = "degraded", [SEALIFT_NOTICE_EXCLUDED] = "excluded", [SEALIFT_NOTICE_OTHER] = "note",
};
static const char *const level_names[] = {
    [SEALIFT_LOG_DEBUG] = "debug", [SEALIFT_LOG_INFO] = "info", [SEALIFT_LOG_WARNING] = "warning"};

struct notice_row {
    const char *kind, *path, *reason;
};
const struct column console_notice_columns[] = {
    {"kind", NULL, COLUMN_TEXT, offsetof(struct notice_row, kind)},
    {"path", NULL, COLUMN_TEXT, offsetof(struct notice_row, path)},
    {"reason", NULL, COLUMN_TEXT, offsetof(struct notice_row, reason)},
    {0},
};

const struct column console_progress_columns[] = {
    {"stage", NULL, COLUMN_TEXT, offsetof(struct sealift_progress, stage)},
    {"entries", NULL, COLUMN_COUNT, offsetof(struct sealift_progress, entries)},
    {"entries_total", NULL, COLUMN_COUNT, offsetof(struct sealift_progress, entries_total)},
    {"files", NULL, COLUMN_COUNT, offsetof(struct sealift_progress, files)},
    {"bytes", NULL, COLUMN_BYTES, offsetof(struct sealift_progress, bytes)},
    {"bytes_total", NULL, COLUMN_BYTES, offsetof(struct sealift_progress, bytes_total)},
    {"transferred", NULL, COLUMN_BYTES, offsetof(struct sealift_progress, transferred)},
    {"seconds", NULL, COLUMN_SECONDS, offsetof(struct sealift_progress, seconds)},
    {0},
};

struct log_row {
    const char *level, *line;
};
const struct column console_log_columns[] = {
    {"level", NULL, COLUMN_TEXT, offsetof(struct log_row, level)},
    {"line", NULL, COLUMN_TEXT, offsetof(struct log_row, line)},
    {0},
};

struct error_row {
    const char *status, *message;
};
const struct column console_error_columns[] = {
    {"status", NULL, COLUMN_TEXT, offsetof(struct error_row, status)},
    {"message", NULL, COLUMN_TEXT, offsetof(struct error_row, message)},
    {0},
};

void
console_init(struct console *console)
{
    const char *terminal = getenv("TERM");
    int fd = fileno(console->out);

    pthread_mutex_init(&console->lock, NULL);
    console->next_line = SECONDS_PER_LINE;
    console->terminal = fd >= 0 && isatty(fd) && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

void
console_done(struct console *console)
{
    pthread_mutex_destroy(&console->lock);
}

static void
hide_bar_locked(struct console *console)
{
    if (console->bar_is_shown)
        fputs("\r\033[K", console->out);
    console->bar_is_shown = false;
}

static void
show_bar_locked(struct console *console)
{
    /* Cleared behind the text, not before it: a line that is cleared first flickers. */
    fprintf(console->out, "\r%s\033[K", console->bar);
    fflush(console->out);
    console->bar_is_shown = true;
}

/* A line of text, which the bar makes way for: begin, write to console->out, end. */
static bool
begin_line_locked(struct console *console)
{
    bool bar_was_shown = console->bar_is_shown;

    hide_bar_locked(console);
    return bar_was_shown;
}

static void
end_line_locked(struct console *console, bool bar_was_shown)
{
    putc('\n', console->out);
    if (bar_was_shown)
        show_bar_locked(console);
    fflush(console->out);
}

static void
write_json_locked(struct console *console, const char *key, const struct column *columns, const void *row)
{
    fprintf(console->out, "{\"%s\":", key);
    output_json(console->out, columns, row);
    fputs("}\n", console->out);
    fflush(console->out);
}

static size_t
width_of(const struct console *console)
{
    struct winsize size;

    if (ioctl(fileno(console->out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return DEFAULT_WIDTH;
    return size.ws_col;
}

/* True every five seconds of progress. */
static bool
line_is_due_locked(struct console *console, const struct sealift_progress *progress)
{
    if (progress->seconds < console->next_line)
        return false;
    console->next_line = progress->seconds + SECONDS_PER_LINE;
    return true;
}

void
console_progress(void *context, const struct sealift_progress *progress)
{
    struct console *console = context;
    char line[PROGRESS_LINE_SIZE];

    if (console->quiet || *progress->stage == '\0') /* the KMS or the store is still being asked */
        return;
    pthread_mutex_lock(&console->lock);
    pace_feed(&console->pace, progress);
    if (console->terminal && !console->json) {
        /* The last column stays free: some terminals wrap as soon as it is written. */
        progress_line_bar(progress, &console->pace, width_of(console) - 1, console->bar);
        show_bar_locked(console);
    } else if (line_is_due_locked(console, progress)) {
        progress_line_plain(progress, &console->pace, line);
        if (console->json)
            write_json_locked(console, "progress", console_progress_columns, progress);
        else
            fprintf(console->out, "%s\n", line);
    }
    pthread_mutex_unlock(&console->lock);
}

static void
write_notice_locked(struct console *console, const struct notice_row *row)
{
    bool bar_was_shown;

    if (console->json) {
        write_json_locked(console, "notice", console_notice_columns, row);
        return;
    }
    bar_was_shown = begin_line_locked(console);
    fprintf(console->out, "%s: ", row->kind);
    visible_write(console->out, row->path);
    fputs(": ", console->out);
    visible_write(console->out, row->reason);
    end_line_locked(console, bar_was_shown);
}

/* What was left out is what was asked for: that is told to who wants to know everything. */
static bool
is_shown_locked(const struct console *console, unsigned kind)
{
    if (console->verbose || kind == SEALIFT_NOTICE_EXCLUDED)
        return console->verbose;
    return console->json || console->notices[kind] <= NOTICES_SHOWN;
}

void
console_notice(void *context, enum sealift_notice notice, const char *path, const char *reason)
{
    struct console *console = context;
    unsigned kind = (unsigned)notice < CONSOLE_NOTICES ? (unsigned)notice : SEALIFT_NOTICE_OTHER;
    const struct notice_row row = {notice_names[kind], path, reason};

    pthread_mutex_lock(&console->lock);
    console->notices[kind]++;
    if (is_shown_locked(console, kind))
        write_notice_locked(console, &row);
    pthread_mutex_unlock(&console->lock);
}

void
console_log(void *context, enum sealift_log_level level, const char *line)
{
    struct console *console = context;
    const struct log_row row = {level_names[level], line};
    bool bar_was_shown;

    pthread_mutex_lock(&console->lock);
    if (console->json) {
        write_json_locked(console, "log", console_log_columns, &row);
    } else {
        bar_was_shown = begin_line_locked(console);
        fprintf(console->out, "%s: ", row.level);
        visible_write(console->out, line);
        end_line_locked(console, bar_was_shown);
    }
    pthread_mutex_unlock(&console->lock);
}

void
console_finish(struct console *console)
{
    pthread_mutex_lock(&console->lock);
    hide_bar_locked(console);
    for (size_t kind = 0; kind < CONSOLE_NOTICES; kind++) {
        if (!console->json && !console->verbose && kind != SEALIFT_NOTICE_EXCLUDED &&
            console->notices[kind] > NOTICES_SHOWN)
            fprintf(console->out, "%s: and %u more (--verbose tells each)\n", notice_names[kind],
                    console->notices[kind] - NOTICES_SHOWN);
        console->notices[kind] = 0;
    }
    fflush(console->out);
    pthread_mutex_unlock(&console->lock);
}

void
console_say(struct console *console, const char *format, ...)
{
    va_list arguments;

    if (console->quiet || console->json)
        return;
    pthread_mutex_lock(&console->lock);
    hide_bar_locked(console);
    va_start(arguments, format);
    vfprintf(console->out, format, arguments);
    va_end(arguments);
    end_line_locked(console, false);
    pthread_mutex_unlock(&console->lock);
}

void
console_error(struct console *console, const struct sealift_error *err)
{
    const struct error_row row = {sealift_status_name(err->status), err->message};

    pthread_mutex_lock(&console->lock);
    if (console->json) {
        write_json_locked(console, "error", console_error_columns, &row);
    } else {
        hide_bar_locked(console);
        fputs("sealift: ", console->out);
        visible_write_lines(console->out, err->message);
        end_line_locked(console, false);
    }
    pthread_mutex_unlock(&console->lock);
}
