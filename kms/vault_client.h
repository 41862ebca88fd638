/* A cluster of Vault or OpenBao servers as one that can be asked: failover, retries, patience. It knows nothing of
 * logins. kms.md, sections 1.1 and 1.5. */
#ifndef VAULT_CLIENT_H
#define VAULT_CLIENT_H

#include "kms_config.h"
#include "vault_server.h"

struct vault_client;

/* Any thread may use it. `world` must outlive it. */
enum sealift_status vault_client_new(const struct world *world, const struct kms_config *config,
                                     struct vault_client **ret_client, struct sealift_error *err);
void vault_client_free(struct vault_client **client);

/* OK whenever Vault answered, whatever its status: vault_error() explains it. Connect errors, 412, 429 and 5xx (but for
 * 501, and for what old versions call 500 though it is for ever) are retried with backoff, within a minute from the
 * first failure; a 429 not before the server wants to be asked again. Calls are safe to repeat. Its warnings go to the
 * log. Of a request that is made once only a 429 with a time to come back is repeated, and that only within the time
 * that it has.
 *
 * Of several servers the one that answered last is asked first. One that cannot be reached, or cannot do its part at
 * the moment (sealed, not initialised, removed, a disaster recovery secondary, cut off from its active one), is passed
 * over for the next; after all have been tried they are tried again. A 429 is a quota, which holds for all of them: no
 * other is asked. When none answers, what is said names each server with its own trouble: UNAVAILABLE where one of them
 * is, else the first one's status. */
enum sealift_status vault_client_call(struct vault_client *client, const struct vault_request *request,
                                      struct vault_answer *ret_answer, struct sealift_error *err);

/* The same of one server (by its number in the list), once and without failover: for `kms check`. */
enum sealift_status vault_client_call_server(struct vault_client *client, size_t server,
                                             const struct vault_request *request, struct vault_answer *ret_answer,
                                             struct sealift_error *err);

/* As if it had answered last: the calls that come ask it first. */
void vault_client_begin_with(struct vault_client *client, size_t server);

size_t vault_client_server_count(const struct vault_client *client);
const struct vault_server *vault_client_server(const struct vault_client *client, size_t server);

/* One of the servers is reached over plain http, on another machine. */
bool vault_client_is_exposed(const struct vault_client *client);

#endif
