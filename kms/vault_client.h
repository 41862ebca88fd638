/* One call to Vault or OpenBao: headers, namespace, answer, redirect, retries. It knows nothing of logins. kms.md,
 * sections 1.1 and 1.5. */
#ifndef VAULT_CLIENT_H
#define VAULT_CLIENT_H

#include "kms_config.h"
#include "vault_answer.h"

struct vault_client;

/* Any thread may use it. `world` must outlive it. */
enum sealift_status vault_client_new(const struct world *world, const struct kms_config *config,
                                     struct vault_client **ret_client, struct sealift_error *err);
void vault_client_free(struct vault_client **client);

struct vault_request {
    const char *method;         /* "GET", "POST" */
    const char *path;           /* below /v1/, not encoded: "transit/keys/cluster-key" */
    const struct secret *token; /* NULL: a call that needs none */
    struct bytes body;          /* JSON, or empty */
    bool outside_namespaces;    /* sys/health: the root's only */
    bool of_login;              /* in the login's namespace, which may be apart from the key's */
    bool once;                  /* no retries: the asker wants to know how things stand now */
};

/* OK whenever Vault answered, whatever its status: vault_error() explains it. Connect errors, 412, 429 and 5xx (but for
 * 501, and for what old versions call 500 though it is for ever) are retried with backoff for a minute or so; a
 * standby's 307 is followed for one hop, to https or to where the scheme is as before. Its warnings go to the log. */
enum sealift_status vault_client_call(struct vault_client *client, const struct vault_request *request,
                                      struct vault_answer *ret_answer, struct sealift_error *err);

/* Plain http to another machine: tokens and keys can be read on the way. */
bool vault_client_is_exposed(const struct vault_client *client);

#endif
