/* Progress as text: a bar for a terminal of any width, a plain line for a log. */
#ifndef PROGRESS_LINE_H
#define PROGRESS_LINE_H

#include <sealift/transfer.h>

#define PROGRESS_LINE_SIZE 256

/* How fast it has gone lately: what people look at a rate for. Begin with {0}, feed it every report. */
struct pace {
    double began, seconds;
    uint64_t bytes;
    double rate; /* bytes a second; 0: not known yet */
};
void pace_feed(struct pace *pace, const struct sealift_progress *progress);

/* "upload  45% [=====>     ] 1.2 GiB of 2.6 GiB, 118.3 MiB/s, 0:12 left, 1234 files", at most `width` columns: what
 * fits least is left out first. Without a known total there is no bar. */
void progress_line_bar(const struct sealift_progress *progress, const struct pace *pace, size_t width,
                       char out[PROGRESS_LINE_SIZE]);
/* The same without the bar. */
void progress_line_plain(const struct sealift_progress *progress, const struct pace *pace,
                         char out[PROGRESS_LINE_SIZE]);

#endif
