/* One server of Vault or OpenBao, asked once: headers, namespace, answer, redirect. kms.md, section 1.1. */
#ifndef VAULT_SERVER_H
#define VAULT_SERVER_H

#include "http.h"
#include "vault_address.h"
#include "vault_answer.h"

struct vault_server {
    const struct world *world;
    struct http_client *http; /* its owner's, as are the namespaces */
    const char *name_space;   /* of the key; empty: none */
    const char *login_name_space;
    struct vault_address address;
};

/* How much patience a request has. */
struct vault_pace {
    bool once;        /* no retries, for whoever asks wants to know how things stand now, or repeats it himself ... */
    int64_t until_ns; /* ... until then, on the monotonic clock; 0: whenever */
};

struct vault_request {
    const char *method;         /* "GET", "POST" */
    const char *path;           /* below /v1/, not encoded: "transit/keys/cluster-key" */
    const struct secret *token; /* NULL: a call that needs none */
    struct bytes body;          /* JSON, or empty */
    bool outside_namespaces;    /* sys/health: the root's only */
    bool of_login;              /* in the login's namespace, which may be apart from the key's */
    struct vault_pace pace;
};

/* OK whenever Vault answered, whatever its status. A standby's 307 is followed for one hop, to https or to where the
 * scheme is as before. Other statuses as from http_perform(), and INVALID when what answers is no Vault; the message
 * begins with "Vault: HOST:PORT: ". */
enum sealift_status vault_server_ask(const struct vault_server *server, const struct vault_request *request,
                                     struct vault_answer *ret_answer, struct sealift_error *err);

/* Plain http to another machine: tokens and keys can be read on the way. */
bool vault_server_is_exposed(const struct vault_server *server);

#endif
