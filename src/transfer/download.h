/* A download: writes a snapshot into an empty directory, or branches of it beside what is there. */
#ifndef DOWNLOAD_H
#define DOWNLOAD_H

#include "reading.h"

struct download_outcome {
    struct reading_outcome read;
    uint64_t degraded; /* attributes that could not be set */
};

struct download;

/* Makes the directory, or takes the one that is there: CONFLICT, naming what is in it, when it is not empty. */
enum sealift_status download_new(const struct world *world, struct progress *progress, const char *path,
                                 struct download **ret_download, struct sealift_error *err);
/* For the branches alone, which must outlive the download: the directory may hold other things, and nothing of that is
 * touched. Directories above the branches are made, or taken as they are. CONFLICT names what is there already.
 * download_run() then needs a reader of the same branches in its request. */
enum sealift_status download_new_beside(const struct world *world, struct progress *progress, const char *path,
                                        const struct branches *branches, struct download **ret_download,
                                        struct sealift_error *err);
void download_free(struct download **download);

/* Files in parallel, attributes of directories at the very end, then everything is made durable. On failure the
 * directory holds what was written so far. */
enum sealift_status download_run(struct download *download, struct store *store, const struct reading_request *request,
                                 struct download_outcome *ret_outcome, struct sealift_error *err);

#endif
