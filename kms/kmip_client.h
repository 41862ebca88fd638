/* The cluster of KMIP servers as one that can be asked: connections, versions, failover, patience. It knows messages,
 * and nothing of keys. */
#ifndef KMIP_CLIENT_H
#define KMIP_CLIENT_H

#include "kmip_call.h"
#include "kmip_connection.h"
#include "kms_config.h"

struct kmip_client;

struct kmip_client_options {
    struct kmip_timeouts timeouts;
    int64_t patience_ns; /* 0: 60 s from the first failure to giving up */
};

/* Connects when first used. `world` and `config` must outlive it; `options` NULL: all as usual. Any thread may use it:
 * one request is under way at a time, the others wait. */
enum sealift_status kmip_client_new(const struct world *world, const struct kms_config *config,
                                    const struct kmip_client_options *options, struct kmip_client **ret_client,
                                    struct sealift_error *err);
void kmip_client_free(struct kmip_client **client);

/* The servers are tried in the order in which they are named, beginning with the one that answered last; a connection
 * is kept between calls, for half a minute, and closed after anything that went wrong on it. What a server cannot do at
 * the moment (no connection, a stall, Internal Server Error, a limit) is asked of the next; after all have been tried
 * they are tried again, with waits in between, while patience lasts. What is said then names each server with its own
 * trouble. Calls are safe to repeat.
 *
 * OK whenever a server answered for good, be it with a refusal: kmip_reply_check() explains that one. UNAVAILABLE:
 * none of them did, and at least one may later. Else what the first one's trouble is: DENIED and INVALID as from
 * tls_stream_connect(), INVALID for versions, CORRUPT for an answer that makes no sense. CANCELLED, also of one who
 * waits for another's request to end.
 *
 * The version is the one that the configuration remembers, else what Discover Versions agrees on; a server that refuses
 * it is asked for another, unless it is pinned. A pin stands against `at_least`, too. */
enum sealift_status kmip_client_call(struct kmip_client *client, const struct kmip_call *call,
                                     struct kmip_reply *ret_reply, struct sealift_error *err);

/* The same of one server (by its number in the list), once and without failover: for `kms check`. A refusal that may
 * pass is OK here, too. */
enum sealift_status kmip_client_call_server(struct kmip_client *client, size_t server, const struct kmip_call *call,
                                            struct kmip_reply *ret_reply, struct sealift_error *err);

/* Closes connections that nobody used for half a minute, which otherwise happens at the next call: for long work in
 * between. Does nothing while a request is under way. */
void kmip_client_close_idle(struct kmip_client *client);

size_t kmip_client_server_count(const struct kmip_client *client);
const char *kmip_client_server_name(const struct kmip_client *client, size_t server); /* "HOST:PORT" */

/* What the server that answered last speaks with us; UNKNOWN before one did, unless the configuration remembers one. */
enum kmip_version kmip_client_version(struct kmip_client *client);

/* Connects anew to one server and agrees on a version with it, whatever is remembered; under a pin it is asked whether
 * it takes that one. Tells what the connection is like. Statuses as from kmip_client_call(), for this one server. */
struct kmip_greeting {
    enum kmip_version version;
    char protocol[16];           /* "TLSv1.3" */
    int64_t certificate_ends_ns; /* ours */
};
enum sealift_status kmip_client_greet(struct kmip_client *client, size_t server, struct kmip_greeting *ret_greeting,
                                      struct sealift_error *err);

#endif
