/* A download: writes a snapshot into an empty directory. */
#ifndef DOWNLOAD_H
#define DOWNLOAD_H

#include "reading.h"

struct download_outcome {
    struct reading_outcome read;
    uint64_t degraded; /* attributes that could not be set */
};

/* Files in parallel, attributes of directories at the very end, then everything is made durable. On failure the
 * directory holds what was written so far. */
enum sealift_status download_run(const struct world *world, struct store *store, struct progress *progress,
                                 const struct reading_request *request, const char *path,
                                 struct download_outcome *ret_outcome, struct sealift_error *err);

#endif
