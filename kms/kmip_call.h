/* One thing that is asked of a KMIP server, and what came back: whoever carries it, to whichever server, in whichever
 * version. */
#ifndef KMIP_CALL_H
#define KMIP_CALL_H

#include "kmip_message.h"

struct kms_errand;

struct kmip_call {
    enum kmip_operation operation;
    const char *uid; /* the key it is about, for messages; NULL: about none */
    /* Appends the payload's items for a server that speaks this version; may be called again, for another server. */
    void (*write)(struct ttlv_writer *writer, enum kmip_version version, const void *context);
    const void *context;
    enum kmip_version at_least; /* a later version than the agreed one, where the payload needs its fields; else 0 */
    struct kms_errand *errand; /* hears the batch item's id, by which the server's log may know it; NULL: nobody does */
    bool once; /* each server once, and no waiting: the asker wants to know how things stand now, or repeats it */
    int64_t until_ns; /* until then, on the monotonic clock: no server is waited for much longer; 0: whenever */
};

struct kmip_reply {
    struct kmip_answer answer;
    const char *server;        /* "HOST:PORT" of the one that gave it; lives as long as the client */
    enum kmip_version version; /* what it was asked in */
};

void kmip_reply_done(struct kmip_reply *reply);

/* OK for a success, else as kmip_error(). */
enum sealift_status kmip_reply_check(const struct kmip_reply *reply, const struct kmip_call *call,
                                     struct sealift_error *err);

#endif
