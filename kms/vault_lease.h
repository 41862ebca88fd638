/* How long a token lives, as a login, a look-up or a renewal says. */
#ifndef VAULT_LEASE_H
#define VAULT_LEASE_H

#include "secret.h"
#include "vault_answer.h"

struct vault_lease {
    int64_t ttl_s; /* 0: it never expires */
    bool renewable;
    bool periodic; /* renewing it is possible for ever */
    int64_t uses;  /* how many calls it is still good for; 0: any number */
};

/* From a login's or a renewal's "auth", with the token itself where `ret_token` is not NULL. CORRUPT when it holds
 * none. */
enum sealift_status vault_lease_from_auth(const struct vault_answer *answer, struct vault_lease *ret_lease,
                                          struct secret **ret_token, struct sealift_error *err);
/* From lookup-self's "data". */
enum sealift_status vault_lease_from_lookup(const struct vault_answer *answer, struct vault_lease *ret_lease,
                                            struct sealift_error *err);

#endif
