/* Failures that the command finds by itself: wrong usage, a full disk behind standard output. What the library reports
 * passes through as it is. */
#ifndef FAILURE_H
#define FAILURE_H

#include <sealift/status.h>

/* Fills in `err` and returns `status`. */
[[gnu::format(printf, 3, 4)]] enum sealift_status failure_set(struct sealift_error *err, enum sealift_status status,
                                                              const char *format, ...);
enum sealift_status failure_no_memory(struct sealift_error *err);

#endif
