#include "progress_line.h"

#include "quantity.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_BAR  40
#define SHORTEST_BAR 8
#define MEAN_SECONDS 5

void
pace_feed(struct pace *pace, const struct sealift_progress *progress)
{
    double span = progress->seconds - pace->seconds, history = pace->seconds - pace->began;
    double rate;

    if (progress->bytes < pace->bytes) { /* a new stage counts from the beginning */
        *pace = (struct pace){.began = progress->seconds, .seconds = progress->seconds, .bytes = progress->bytes};
        return;
    }
    if (span < 0.2) /* too short to measure a rate by */
        return;
    rate = (double)(progress->bytes - pace->bytes) / span;
    /* The mean of all, and once there are five seconds of it the mean of about the last five. */
    pace->rate += (rate - pace->rate) * span / ((history < MEAN_SECONDS ? history : MEAN_SECONDS) + span);
    pace->seconds = progress->seconds;
    pace->bytes = progress->bytes;
}

/* 0 ... 1; negative: the total is not known. Many empty files are work too, so without bytes it goes by entries. */
static double
fraction_done(const struct sealift_progress *progress)
{
    double fraction = -1;

    if (progress->bytes_total > 0)
        fraction = (double)progress->bytes / (double)progress->bytes_total;
    else if (progress->entries_total > 0)
        fraction = (double)progress->entries / (double)progress->entries_total;
    return fraction > 1 ? 1 : fraction;
}

/* snprintf() at the end of what is there already. */
[[gnu::format(printf, 2, 3)]] static void
append(char out[PROGRESS_LINE_SIZE], const char *format, ...)
{
    size_t len = strlen(out);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(out + len, PROGRESS_LINE_SIZE - len, format, arguments);
    va_end(arguments);
}

enum detail { DETAIL_BYTES, DETAIL_TOTAL, DETAIL_RATE, DETAIL_LEFT, DETAIL_FILES };

static void
write_details(const struct sealift_progress *progress, const struct pace *pace, enum detail detail,
              char out[PROGRESS_LINE_SIZE])
{
    char text[QUANTITY_TEXT];

    quantity_write_bytes(progress->bytes, text);
    append(out, "%s", text);
    if (detail >= DETAIL_TOTAL && progress->bytes_total > 0) {
        quantity_write_bytes(progress->bytes_total, text);
        append(out, " of %s", text);
    }
    if (detail >= DETAIL_RATE && pace->rate >= 1) {
        quantity_write_bytes((uint64_t)pace->rate, text);
        append(out, ", %s/s", text);
    }
    if (detail >= DETAIL_LEFT && pace->rate >= 1 && progress->bytes_total > progress->bytes) {
        quantity_write_seconds((double)(progress->bytes_total - progress->bytes) / pace->rate, text);
        append(out, ", %s left", text);
    }
    if (detail >= DETAIL_FILES)
        append(out, ", %" PRIu64 " file%s", progress->files, progress->files == 1 ? "" : "s");
}

static void
draw_bar(double fraction, size_t columns, char out[PROGRESS_LINE_SIZE])
{
    size_t full = (size_t)(fraction * (double)columns);

    append(out, "[");
    for (size_t i = 0; i < columns; i++)
        append(out, "%c", i < full ? '=' : i == full ? '>' : ' ');
    append(out, "] ");
}

void
progress_line_bar(const struct sealift_progress *progress, const struct pace *pace, size_t width,
                  char out[PROGRESS_LINE_SIZE])
{
    double fraction = fraction_done(progress);
    char details[PROGRESS_LINE_SIZE];
    size_t room;

    *out = '\0';
    append(out, "%s ", progress->stage);
    if (fraction >= 0)
        append(out, "%3d%% ", (int)(fraction * 100));

    for (int detail = DETAIL_FILES; detail >= DETAIL_BYTES; detail--) {
        *details = '\0';
        write_details(progress, pace, (enum detail)detail, details);
        if (strlen(out) + strlen(details) <= width)
            break;
    }
    room = strlen(out) + strlen(details) + 3 < width ? width - strlen(out) - strlen(details) - 3 : 0;
    if (fraction >= 0 && room >= SHORTEST_BAR)
        draw_bar(fraction, room < LONGEST_BAR ? room : LONGEST_BAR, out);
    append(out, "%s", details);
    if (strlen(out) > width)
        out[width] = '\0';
}

void
progress_line_plain(const struct sealift_progress *progress, const struct pace *pace, char out[PROGRESS_LINE_SIZE])
{
    double fraction = fraction_done(progress);

    *out = '\0';
    append(out, "%s: ", progress->stage);
    if (fraction >= 0)
        append(out, "%d%%, ", (int)(fraction * 100));
    write_details(progress, pace, DETAIL_FILES, out);
}
