#include "session.h"

#include "scoped.h"

/* How often kms_keep_alive() wants to be called. */
#define KEEP_ALIVE_NS (60 * NS_PER_S)

static void
keep_alive(void *context)
{
    struct sealift *sealift = context;

    if (sealift->cluster_kms != NULL)
        kms_keep_alive(sealift->cluster_kms);
}

void
session_end(struct session *session)
{
    heartbeat_stop(&session->keep_alive);
    progress_free(&session->progress);
}

enum sealift_status
session_begin(struct sealift *sealift, const struct sealift_transfer_options *options, struct session *ret_session,
              struct sealift_error *err)
{
    SCOPED(session_end) struct session session = {0};

    TRY(budget_plan(sealift->options.memory, options->workers, options->connections, &session.budget, err));
    TRY(progress_new(&sealift->world, options, &session.progress, err));
    TRY(heartbeat_start(KEEP_ALIVE_NS, keep_alive, sealift, &session.keep_alive, err));
    *ret_session = session;
    session = (struct session){0};
    return SEALIFT_OK;
}
