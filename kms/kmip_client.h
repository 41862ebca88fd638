/* The cluster of KMIP servers as one that can be asked: connections, versions, failover, patience. It knows messages,
 * and nothing of keys. */
#ifndef KMIP_CLIENT_H
#define KMIP_CLIENT_H

#include "kmip_message.h"
#include "kms_config.h"

struct kmip_client;

struct kmip_client_options {
    int64_t connect_timeout_ns, handshake_timeout_ns; /* 0: as tls_stream.h has them */
    int64_t answer_timeout_ns;                        /* 0: 30 s for sending a request and for its whole answer, each */
    int64_t patience_ns;                              /* 0: 60 s from the first failure to giving up */
};

/* Connects when first used. `world` and `config` must outlive it; `options` NULL: all as usual. Any thread may use it:
 * one request is under way at a time, the others wait. */
enum sealift_status kmip_client_new(const struct world *world, const struct kms_config *config,
                                    const struct kmip_client_options *options, struct kmip_client **ret_client,
                                    struct sealift_error *err);
void kmip_client_free(struct kmip_client **client);

struct kmip_call {
    enum kmip_operation operation;
    /* Appends the payload's items for a server that speaks this version; may be called again, for another server. */
    void (*write)(struct ttlv_writer *writer, enum kmip_version version, const void *context);
    const void *context;
    enum kmip_version at_least; /* a later version than the agreed one, where the payload needs its fields; else 0 */
    bool once;                  /* each server once, and no waiting: the asker wants to know how things stand now */
};

/* OK whenever a server answered, whatever its result: kmip_error() explains it.
 *
 * The servers are tried in the order in which they are named, beginning with the one that answered last; a connection
 * is kept between calls, for half a minute, and closed after anything that went wrong on it. What a server cannot do at
 * the moment (no connection, a stall, Internal Server Error, a limit) is asked of the next; after all have been tried
 * they are tried again, with waits in between, while patience lasts. What is said then names each server with its own
 * trouble. Calls are safe to repeat.
 *
 * The version is the one that the configuration remembers, else what Discover Versions agrees on; a server that refuses
 * it is asked for another, unless it is pinned. */
enum sealift_status kmip_client_call(struct kmip_client *client, const struct kmip_call *call,
                                     struct kmip_answer *ret_answer, struct sealift_error *err);

/* The same of one server (by its number in the list), without failover: for `kms check`. */
enum sealift_status kmip_client_call_server(struct kmip_client *client, size_t server, const struct kmip_call *call,
                                            struct kmip_answer *ret_answer, struct sealift_error *err);

size_t kmip_client_server_count(const struct kmip_client *client);
const char *kmip_client_server_name(const struct kmip_client *client, size_t server); /* "HOST:PORT" */

/* Of the last answer; "" and UNKNOWN before there was one. Any thread; the text lives as long as the client. */
const char *kmip_client_last_server(struct kmip_client *client);
enum kmip_version kmip_client_version(struct kmip_client *client);

/* Connects to one server, agrees on a version with it, and tells what the connection is like. DENIED, INVALID and
 * UNAVAILABLE as from tls_stream_connect(); INVALID also when no version is common. */
struct kmip_greeting {
    enum kmip_version version;
    char protocol[16];           /* "TLSv1.3" */
    int64_t certificate_ends_ns; /* ours */
};
enum sealift_status kmip_client_greet(struct kmip_client *client, size_t server, struct kmip_greeting *ret_greeting,
                                      struct sealift_error *err);

#endif
