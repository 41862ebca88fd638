/* A filesystem's own key: what it says beyond the cluster's KMS, which has the address and, unless a role is named
 * here, the login. It says where a credential is found, never the credential. */
#ifndef OWN_KEY_H
#define OWN_KEY_H

#include "kms_config.h"

struct own_key {
    char key[256]; /* transit key, or a KMIP unique identifier; empty: there is no own key, the cluster's is used */

    /* Vault. Empty: as the cluster has it. */
    char name_space[256]; /* "/": the root namespace */
    char transit_path[256];
    char auth_path[256];                 /* with a role id; empty: "approle" */
    char role_id[256];                   /* AppRole, in the key's namespace; empty: the cluster's login, in its own */
    struct credential_source credential; /* the role's secret id */

    /* KMIP. Empty: the cluster's. Both or none. */
    char client_cert[1024];
    struct credential_source client_key;
};

/* The KMS that a filesystem with this own key uses; checked, as kms_config_check() does. INVALID, with the way out: the
 * cluster has no KMS, or logs in to Vault with a token (which is for one key), or what is said belongs to the other
 * type. Without an own key: the cluster's. */
enum sealift_status own_key_apply(const struct kms_config *cluster, const struct own_key *own,
                                  struct kms_config *ret_config, struct sealift_error *err);

/* The text that the table keeps: JSON; empty for no own key. */
enum sealift_status own_key_to_json(const struct own_key *own, struct buf *out, struct sealift_error *err);
enum sealift_status own_key_from_json(struct bytes text, struct own_key *ret_own, struct sealift_error *err);

#endif
