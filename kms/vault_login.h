/* Being logged in to Vault or OpenBao: with a token, AppRole or Kubernetes. There is one login per process, address,
 * namespace and role, however many KMS handles and threads use it; it is made when it is first needed, renewed at two
 * thirds of its life, and made again when it is over. kms.md, section 1.2. */
#ifndef VAULT_LOGIN_H
#define VAULT_LOGIN_H

#include "vault_client.h"
#include "vault_error.h"
#include "vault_lease.h"

struct vault_login;

/* Does not log in yet. `world`, `config` and `client` must outlive it. */
enum sealift_status vault_login_new(const struct world *world, const struct kms_config *config,
                                    struct vault_client *client, struct vault_login **ret_login,
                                    struct sealift_error *err);
void vault_login_free(struct vault_login **login);

/* Logs in, or renews, where that is due: a failure here is the login's, and not of the call that it was for. */
enum sealift_status vault_login_ensure(struct vault_login *login, struct vault_pace pace, struct sealift_error *err);

/* A call with the login's token, whatever `request->token` says; a login for it is as patient as it is. On 403 the
 * token is given up, one fresh login made and the call repeated once: a second 403 is a matter of policy, and the
 * answer is handed on. */
enum sealift_status vault_login_call(struct vault_login *login, const struct vault_request *request,
                                     struct vault_answer *ret_answer, struct sealift_error *err);

/* Logs in, anew in any case, and says what the token is good for; `ret_known` is false when its policy does not let it
 * look itself up. */
enum sealift_status vault_login_try(struct vault_login *login, struct vault_lease *ret_lease, bool *ret_known,
                                    struct sealift_error *err);

/* Renews the token when that is due; a failure is logged. */
void vault_login_keep_alive(struct vault_login *login);

#endif
