/* What an answer of Vault or OpenBao means for the administrator, and the way out. kms.md, section 1.5: texts are
 * matched, not only statuses, because the same trouble has had several of them. */
#ifndef VAULT_ERROR_H
#define VAULT_ERROR_H

#include "vault_server.h"

struct kms_errand;

enum vault_act {
    VAULT_LOGIN_APPROLE,
    VAULT_LOGIN_KUBERNETES,
    VAULT_LOOK_UP_TOKEN,
    VAULT_RENEW_TOKEN,
    VAULT_READ_KEY,
    VAULT_WRAP,
    VAULT_UNWRAP,
    VAULT_REWRAP,
};

/* What a call was about: a transit key, or an auth method and its role. */
struct vault_place {
    const char *address;    /* the cluster's; a message has the address of who answered, where somebody did */
    const char *name_space; /* empty: none */
    const char *mount;
    const char *name;
    struct kms_errand *errand; /* whose request ids are noted; NULL: nobody's */
    struct vault_pace pace;    /* of a request about it */
};

/* For an answer that is no success: returns the status that fits and fills in `err`. */
enum sealift_status vault_error(enum vault_act act, const struct vault_place *place, const struct vault_answer *answer,
                                struct sealift_error *err);

/* The answer is none to what was asked, and would not pass, but another server of the cluster may do better: a standby
 * whose redirect cannot be followed, one that finds no active server, a disaster recovery secondary, one that is not
 * initialised, no Vault at all. */
bool vault_error_is_servers(const struct vault_answer *answer);

/* The same as vault_error() for what keeps the server at that address from answering at all, whatever the call:
 * "Vault: HOST:PORT: ...". */
enum sealift_status vault_error_of_server(const struct vault_address *address, const struct vault_answer *answer,
                                          struct sealift_error *err);

/* A 403 because the token's policies do not allow the call, in contrast to a token that is not accepted at all. */
bool vault_error_is_policy(const struct vault_answer *answer);

/* "https://v:8200, namespace team/a: wrap with transit/cluster-key": how messages begin. */
void vault_error_subject(enum vault_act act, const struct vault_place *place, char *out, size_t size);

/* path "transit/encrypt/cluster-key" { capabilities = ["update"] }: what to ask Vault's admin for. */
void vault_error_policy(enum vault_act act, const struct vault_place *place, char *out, size_t size);

#endif
