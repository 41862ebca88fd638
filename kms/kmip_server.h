/* One KMIP server of the cluster: the connection that is kept to it, and the version that it and we agreed on. It is
 * one thread's at a time; whoever owns it sees to that. */
#ifndef KMIP_SERVER_H
#define KMIP_SERVER_H

#include "kmip_connection.h"

struct kmip_server {
    const struct world *world;
    const struct kms_config *config;
    struct kmip_timeouts timeouts;
    struct endpoint endpoint;
    char name[ENDPOINT_TEXT_SIZE];      /* "HOST:PORT" */
    struct kmip_connection *connection; /* NULL: none is kept */
    enum kmip_version version;          /* UNKNOWN: to be agreed on */
    bool version_is_shown;              /* agreed on, or answered in, in this process: not only remembered */
    bool trouble_is_ours;               /* what failed last was a secret of ours that cannot be read ... */
    enum kmip_silence silence;          /* ... or an exchange: what was heard of it */
};

void kmip_server_init(struct kmip_server *server, const struct world *world, const struct kms_config *config,
                      const struct kmip_timeouts *timeouts, const struct endpoint *endpoint);
/* Its connection and what it remembers; the struct is the caller's. */
void kmip_server_forget(struct kmip_server *server);
void kmip_server_disconnect(struct kmip_server *server);
void kmip_server_close_idle(struct kmip_server *server); /* a connection that nobody used for half a minute */

/* In that version, whatever was agreed on. A connection that had been kept may have died meanwhile: when not a byte of
 * an answer came on it, or the password has been replaced, a fresh one is tried. Whatever fails leaves none behind. */
enum sealift_status kmip_server_exchange(struct kmip_server *server, enum kmip_version version,
                                         const struct kmip_call *call, struct kmip_answer *ret_answer,
                                         struct sealift_error *err);

#endif
