/* What a transfer tells its caller while it works: counters that any thread adds to, notices, and a thread that passes
 * the counters on four times a second. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "buf.h"
#include "world.h"

#include <sealift/transfer.h>

struct progress;

enum sealift_status progress_new(const struct world *world, const struct sealift_transfer_options *options,
                                 struct progress **ret_progress, struct sealift_error *err);
/* Ends the thread, after a last call to progress. */
void progress_free(struct progress **progress);

/* Whether anybody listens to the progress. */
bool progress_is_heard(const struct progress *progress);
void progress_stage(struct progress *progress, const char *stage);
/* Everything is added: any thread, no lock. */
void progress_add(struct progress *progress, uint64_t entries, uint64_t files, uint64_t bytes, uint64_t transferred);
void progress_totals(struct progress *progress, uint64_t entries, uint64_t bytes);
/* `path` is bytes; the callback gets it as text. One call at a time. */
void progress_notice(struct progress *progress, enum sealift_notice notice, struct bytes path, const char *reason);
double progress_seconds(const struct progress *progress);
struct sealift_progress progress_now(const struct progress *progress);

#endif
