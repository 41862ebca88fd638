#include "kmip_server.h"

#include "scoped.h"

/* Servers close what is idle for longer than they like, and middleboxes forget it without a word: the first request
 * after a long silence then waits for nothing. */
#define KEEP_NS (30 * NS_PER_S)

void
kmip_server_init(struct kmip_server *server, const struct world *world, const struct kms_config *config,
                 const struct kmip_timeouts *timeouts, const struct endpoint *endpoint)
{
    *server = (struct kmip_server){
        .world = world,
        .config = config,
        .timeouts = *timeouts,
        .endpoint = *endpoint,
        .version = config->kmip.version,
    };
    endpoint_format(endpoint, server->name);
}

void
kmip_server_forget(struct kmip_server *server)
{
    kmip_server_disconnect(server);
    server->version = KMIP_VERSION_UNKNOWN;
    server->version_is_shown = false;
}

void
kmip_server_disconnect(struct kmip_server *server)
{
    kmip_connection_close(&server->connection);
}

void
kmip_server_close_idle(struct kmip_server *server)
{
    if (server->connection != NULL && kmip_connection_idle_ns(server->connection) >= KEEP_NS)
        kmip_server_disconnect(server);
}

/* --- Exchanges --- */

static enum sealift_status
connect_anew(struct kmip_server *server, struct sealift_error *err)
{
    return kmip_connection_open(server->world, server->config, &server->endpoint, &server->timeouts,
                                &server->connection, &server->trouble_is_ours, err);
}

static enum sealift_status
exchange_once(struct kmip_server *server, enum kmip_version version, const struct kmip_call *call,
              struct kmip_answer *ret_answer, struct sealift_error *err)
{
    enum sealift_status status;

    status = kmip_connection_exchange(server->connection, version, call, ret_answer, &server->silence, err);
    if (status != SEALIFT_OK)
        kmip_server_disconnect(server);
    return status;
}

/* What a connection that died while it was kept looks like, and one whose password has been replaced meanwhile. */
static bool
may_be_outdated(const struct kmip_server *server, enum sealift_status status, const struct kmip_answer *answer)
{
    if (status == SEALIFT_OK)
        return answer->status == KMIP_OPERATION_FAILED &&
               (answer->reason == KMIP_REASON_AUTHENTICATION_NOT_SUCCESSFUL ||
                answer->reason == KMIP_REASON_BAD_PASSWORD);
    return server->silence != KMIP_HEARD && (status == SEALIFT_UNAVAILABLE || status == SEALIFT_DENIED);
}

enum sealift_status
kmip_server_exchange(struct kmip_server *server, enum kmip_version version, const struct kmip_call *call,
                     struct kmip_answer *ret_answer, struct sealift_error *err)
{
    enum sealift_status status;

    server->trouble_is_ours = false;
    server->silence = KMIP_HEARD;
    TRY(world_check_cancel(server->world, err));
    kmip_server_close_idle(server);
    if (server->connection != NULL) {
        status = exchange_once(server, version, call, ret_answer, err);
        if (!may_be_outdated(server, status, ret_answer))
            return status;
        if (status == SEALIFT_OK)
            kmip_answer_done(ret_answer);
        kmip_server_disconnect(server);
        server->silence = KMIP_HEARD;
    }
    TRY(connect_anew(server, err));
    return exchange_once(server, version, call, ret_answer, err);
}
