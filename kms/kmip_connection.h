/* One TLS connection to one KMIP server, and one exchange at a time on it: a request out, its whole answer in. After
 * any error only closing makes sense: a late answer would be taken for that to the next request. */
#ifndef KMIP_CONNECTION_H
#define KMIP_CONNECTION_H

#include "endpoint.h"
#include "kmip_call.h"
#include "kms_config.h"

struct kmip_connection;

struct kmip_timeouts {
    int64_t connect_ns, handshake_ns; /* 0: as tls_stream.h has them */
    int64_t answer_ns;                /* 0: 30 s; for sending a request, and for its whole answer */
};

/* Reads the client key and the password, which may have been replaced since the last time, and shakes hands. Statuses
 * and messages as of tls_stream_connect() and credential_read(), with "KMIP HOST:PORT: " in front; *ret_is_ours when it
 * is a secret of ours that cannot be read, so that no other server would do better. `world` and `config` must outlive
 * the connection. */
enum sealift_status kmip_connection_open(const struct world *world, const struct kms_config *config,
                                         const struct endpoint *endpoint, const struct kmip_timeouts *timeouts,
                                         struct kmip_connection **ret_connection, bool *ret_is_ours,
                                         struct sealift_error *err);
void kmip_connection_close(struct kmip_connection **connection);

enum kmip_silence {
    KMIP_HEARD,  /* something of an answer came */
    KMIP_CLOSED, /* not a byte, and the connection ended */
    KMIP_STALLED /* not a byte in all that time */
};

/* OK for any answer to this request, whatever its result. UNAVAILABLE and DENIED as of tls_stream_read(); INVALID: no
 * KMIP server answers there, or one of a later KMIP; CORRUPT: what came makes no sense. */
enum sealift_status kmip_connection_exchange(struct kmip_connection *connection, enum kmip_version version,
                                             const struct kmip_call *call, struct kmip_answer *ret_answer,
                                             enum kmip_silence *ret_silence, struct sealift_error *err);

int64_t kmip_connection_idle_ns(const struct kmip_connection *connection); /* since the last answer */

/* As of tls_stream.h. */
const char *kmip_connection_protocol(const struct kmip_connection *connection);
int64_t kmip_connection_certificate_ends(const struct kmip_connection *connection);

#endif
