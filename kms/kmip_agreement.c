#include "kmip_agreement.h"

#include "kmip_negotiate.h"
#include "scoped.h"

static enum kmip_version
version_for(const struct kmip_server *server, const struct kmip_call *call)
{
    bool raised = call->at_least > server->version && !server->config->kmip.version_is_pinned;

    return raised ? call->at_least : server->version;
}

/* A reason that servers give for a version and for a message alike is taken for the version's as long as nothing was
 * answered in it. */
static bool
refuses_version(const struct kmip_server *server, const struct kmip_answer *answer, enum kmip_version asked)
{
    return kmip_answer_refuses_version(answer, asked) ||
           (!server->version_is_shown && kmip_negotiate_is_in_doubt(answer));
}

static bool
is_pinned(const struct kmip_server *server)
{
    return server->config->kmip.version_is_pinned;
}

static enum sealift_status
agree(struct kmip_server *server, struct sealift_error *err)
{
    TRY(kmip_negotiate(server, &server->version, err));
    server->version_is_shown = true;
    return SEALIFT_OK;
}

/* What is agreed on after a refusal. The same again: it was the message that the server refused. */
static enum sealift_status
agree_anew(struct kmip_server *server, bool *ret_changed, struct sealift_error *err)
{
    enum kmip_version before = server->version;

    kmip_server_forget(server);
    TRY(agree(server, err));
    *ret_changed = server->version != before;
    return SEALIFT_OK;
}

/* *ret_refused: an answer that refuses the version, or, for one that was only remembered, a closed connection. */
static enum sealift_status
ask_in(struct kmip_server *server, enum kmip_version version, const struct kmip_call *call,
       struct kmip_reply *ret_reply, bool *ret_refused, struct sealift_error *err)
{
    struct kmip_reply reply = {.server = server->name, .version = version};
    enum sealift_status status = kmip_server_exchange(server, version, call, &reply.answer, err);

    if (status != SEALIFT_OK) {
        *ret_refused = status == SEALIFT_UNAVAILABLE && server->silence == KMIP_CLOSED && !server->version_is_shown;
        return status;
    }
    *ret_refused = refuses_version(server, &reply.answer, version);
    if (*ret_refused)
        kmip_server_disconnect(server); /* who knows what it makes of what follows */
    else if (version == server->version)
        server->version_is_shown = true;
    *ret_reply = reply;
    return SEALIFT_OK;
}

/* Not under a pin; and a version that was raised for one call says nothing against the one that is agreed on. */
static bool
may_agree_anew(const struct kmip_server *server, enum kmip_version refused)
{
    return !is_pinned(server) && refused == server->version;
}

enum sealift_status
kmip_agreement_ask(struct kmip_server *server, const struct kmip_call *call, struct kmip_reply *ret_reply,
                   struct sealift_error *err)
{
    SCOPED(kmip_reply_done) struct kmip_reply reply = {0};
    enum sealift_status status;
    enum kmip_version version;
    bool refused, changed;

    if (server->version == KMIP_VERSION_UNKNOWN)
        TRY(agree(server, err));
    version = version_for(server, call);
    status = ask_in(server, version, call, &reply, &refused, err);
    if (refused && may_agree_anew(server, version)) {
        TRY(agree_anew(server, &changed, err));
        if (changed || status != SEALIFT_OK) {
            kmip_reply_done(&reply);
            status = ask_in(server, version_for(server, call), call, &reply, &refused, err);
        }
    }
    TRY(status);
    if (refused && is_pinned(server) && !server->version_is_shown)
        return kmip_negotiate_refused_pin(server, version, &reply.answer, err);
    *ret_reply = reply;
    reply = (struct kmip_reply){0};
    return SEALIFT_OK;
}

enum sealift_status
kmip_agreement_greet(struct kmip_server *server, struct sealift_error *err)
{
    kmip_server_forget(server);
    if (!is_pinned(server))
        return agree(server, err);
    server->version = server->config->kmip.version;
    TRY(kmip_negotiate_pin(server, server->version, err));
    server->version_is_shown = true;
    return SEALIFT_OK;
}
