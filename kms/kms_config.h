/* How the KMS is reached: what `kms set` is told and the configuration table keeps. It holds where a credential is
 * found, never the credential. */
#ifndef KMS_CONFIG_H
#define KMS_CONFIG_H

#include "credential.h"
#include "envelope.h"
#include "json.h"
#include "kmip_version.h"

enum kms_type { KMS_NONE, KMS_LOCAL, KMS_VAULT, KMS_KMIP };

enum kms_auth { KMS_AUTH_TOKEN, KMS_AUTH_APPROLE, KMS_AUTH_KUBERNETES };

struct vault_config {
    char name_space[256];       /* of the key, and of the login unless that is apart */
    bool login_is_apart;        /* the login is in another namespace, of which the key's is a child ... */
    char login_name_space[256]; /* ... this one; empty: the root namespace */
    char transit_path[256];     /* "transit" */
    enum kms_auth auth;
    char auth_path[256]; /* "approle", "kubernetes" */
    char role_id[256];   /* not a secret by Vault's own account, but not shown in full */
    char kubernetes_role[256];
};

enum kmip_cipher { KMIP_CIPHER_UNKNOWN, KMIP_AES_GCM, KMIP_AES_CBC };

/* How a KMIP server encrypts for us. */
struct kmip_mode {
    enum kmip_cipher cipher;
    bool own_iv; /* we make the IV; else the server does */
};

struct kmip_config {
    char client_cert[1024];              /* PEM: the certificate, then what leads to its CA */
    struct credential_source client_key; /* PEM: a file, or a systemd credential */
    char username[256];                  /* empty: the certificate alone; `credential` is its password */
    char server_name[256];               /* empty: what stands in the address */
    enum kmip_version version;           /* the one to begin with; UNKNOWN: to be agreed on */
    bool version_is_pinned;              /* no other will do */
    struct kmip_mode mode;               /* what was shown to work; UNKNOWN: to be found out */
};

struct kms_config {
    enum kms_type type;
    char address[1024]; /* vault: http(s)://host:port[,...] (vault_address.h); kmip: HOST:PORT[,...] (endpoint.h) */
    char key[256];      /* vault: name of a transit key; kmip: unique identifier */
    char ca_file[1024];
    struct credential_source credential; /* the token, the secret id, the service account's JWT; the KMIP password */
    struct vault_config vault;
    struct kmip_config kmip;
};

/* Checks every field of the type as `kms set` needs it, brings fields into their usual form, and fills in what is usual
 * where nothing is said: see vault_config.h and kmip_config.h. What belongs to another type is neither looked at nor
 * written. Files must be named by absolute paths: a later process, started elsewhere, reads them again. */
enum sealift_status kms_config_check(struct kms_config *config, struct sealift_error *err);

/* Where a KMS of this (checked) configuration wraps, as its envelopes say it. */
void kms_config_place(const struct kms_config *config, struct kms_hint *ret_place);

enum sealift_status kms_config_to_json(const struct kms_config *config, struct buf *out, struct sealift_error *err);
enum sealift_status kms_config_from_json(struct bytes text, struct kms_config *ret_config, struct sealift_error *err);

#endif
