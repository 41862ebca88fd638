/* How the KMS is reached: what `kms set` is told and the configuration table keeps. It holds where a credential is
 * found, never the credential. */
#ifndef KMS_CONFIG_H
#define KMS_CONFIG_H

#include "credential.h"
#include "json.h"

enum kms_type { KMS_NONE, KMS_LOCAL, KMS_VAULT };
enum kms_auth { KMS_AUTH_TOKEN, KMS_AUTH_APPROLE, KMS_AUTH_KUBERNETES };

struct kms_config {
    enum kms_type type;
    char address[1024]; /* vault: http(s)://host:port */
    char key[256];      /* transit key name */
    char name_space[256];
    char transit_path[256]; /* "transit" */
    enum kms_auth auth;
    char auth_path[256]; /* "approle", "kubernetes" */
    char role_id[256];   /* not a secret by Vault's own account, but not shown in full */
    char kubernetes_role[256];
    char ca_file[1024];
    struct credential_source credential; /* the token, the secret id, or the service account's JWT */
};

/* Checks every field as `kms set` needs it (WEKA's rules for namespaces: not ending in "/", no spaces, not one of root,
 * sys, audit, auth, cubbyhole, identity; mounts and key names: no "..", "?", "#", control characters); strips slashes
 * at the ends of mounts and of the address; fills in what is usual where nothing is said (transit path, auth path, the
 * service account's token). Files must be named by absolute paths: a later process, started elsewhere, reads them
 * again. */
enum sealift_status kms_config_check(struct kms_config *config, struct sealift_error *err);

enum sealift_status kms_config_to_json(const struct kms_config *config, struct buf *out, struct sealift_error *err);
enum sealift_status kms_config_from_json(struct bytes text, struct kms_config *ret_config, struct sealift_error *err);

#endif
