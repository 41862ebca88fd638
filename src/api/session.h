/* One transfer through the API: its budget, its progress, and the KMS's token kept alive while it runs. */
#ifndef SESSION_H
#define SESSION_H

#include "budget.h"
#include "handle.h"
#include "heartbeat.h"
#include "progress.h"

struct session {
    struct budget budget;
    struct progress *progress;
    struct heartbeat *keep_alive;
};

/* `compression_level` is an upload's; 0 for what only reads. */
enum sealift_status session_begin(struct sealift *sealift, const struct sealift_transfer_options *options,
                                  int compression_level, struct session *ret_session, struct sealift_error *err);
void session_end(struct session *session);

#endif
