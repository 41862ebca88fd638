#include "session.h"

#include "scoped.h"

/* A token is renewed when two thirds of its life are over. Looking this often costs nothing, and keeps also those alive
 * that live for a minute only. */
#define KEEP_ALIVE_NS (10 * NS_PER_S)

static void
keep_alive(void *context)
{
    handle_keep_kms_alive(context);
}

void
session_end(struct session *session)
{
    heartbeat_stop(&session->keep_alive);
    progress_free(&session->progress);
}

enum sealift_status
session_begin(struct sealift *sealift, const struct sealift_transfer_options *options, int compression_level,
              struct session *ret_session, struct sealift_error *err)
{
    SCOPED(session_end) struct session session = {0};
    const struct budget_wish wish = {
        .ceiling = sealift->options.memory,
        .workers = options->workers,
        .connections = options->connections,
        .compression_level = compression_level,
    };

    TRY(budget_plan(&wish, &session.budget, err));
    TRY(progress_new(&sealift->world, options, &session.progress, err));
    TRY(heartbeat_start(KEEP_ALIVE_NS, keep_alive, sealift, &session.keep_alive, err));
    *ret_session = session;
    session = (struct session){0};
    return SEALIFT_OK;
}
