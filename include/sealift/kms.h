/* The key management system that wraps this cluster's filesystem keys. */
#ifndef SEALIFT_KMS_H
#define SEALIFT_KMS_H

#include <sealift/cluster.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What `kms set vault` is told. Of the token, AppRole and Kubernetes exactly one is used. A *_file is the path of a
 * file, or "credential:NAME" for one of systemd's (below $CREDENTIALS_DIRECTORY): where the secret is found is stored,
 * never the secret. */
struct sealift_vault_spec {
    const char *address;             /* "https://host:8200"; NULL: $VAULT_ADDR, $BAO_ADDR */
    const char *key;                 /* transit key, which must exist */
    const char *name_space;          /* NULL: $VAULT_NAMESPACE, $BAO_NAMESPACE, else none */
    const char *transit_path;        /* NULL: "transit" */
    const char *auth_path;           /* NULL: "approle", "kubernetes" */
    const char *ca_cert;             /* PEM file; NULL: $VAULT_CACERT, $BAO_CACERT, else the system's */
    const char *token_file;          /* token; NULL: environment variable VAULT_TOKEN or BAO_TOKEN */
    const char *role_id;             /* AppRole */
    const char *secret_id_file;      /* NULL: environment variable SEALIFT_VAULT_SECRET_ID */
    const char *kubernetes_role;     /* Kubernetes */
    const char *kubernetes_jwt_file; /* NULL: the service account's usual place */
};

/* What `kms set kmip` is told. A *_file and client_key are paths, or "credential:NAME" for one of systemd's. */
struct sealift_kmip_spec {
    const char *servers;       /* "kmip.example.com:5696", several with commas between: the servers of one cluster */
    const char *key;           /* unique identifier of an AES key, which must exist */
    const char *client_cert;   /* PEM file: the certificate, then what leads to its CA */
    const char *client_key;    /* PEM file, without a passphrase */
    const char *ca_cert;       /* PEM file; NULL: the system's */
    const char *username;      /* sent beside the certificate; NULL: none */
    const char *password_file; /* NULL, with a username: environment variable SEALIFT_KMIP_PASSWORD */
    const char *version;       /* "1.4": no other will do; NULL: agreed on with the server */
    const char *server_name;   /* that the server's certificate must hold; NULL: its host's */
};

/* One call that we need of the KMS, tried. */
struct sealift_kms_finding {
    const char *call; /* "log in", "read the key", "wrap", "unwrap", "rewrap" ... */
    bool ok, warning;
    const char *message; /* the result, or the refusal and what to ask the KMS's admin for */
};
typedef void sealift_each_kms_finding(void *context, const struct sealift_kms_finding *finding);

/* Logs in, reads the key, wraps, unwraps, compares; then stores. With `no_check` it only stores. */
enum sealift_status sealift_kms_set_vault(struct sealift *sealift, const struct sealift_vault_spec *spec, bool no_check,
                                          struct sealift_error *err);

/* The same for a KMIP server: agrees on a version, asks what it can do, reads the key, encrypts, decrypts, compares in
 * each mode until one works; then stores, with that version and that mode. With `no_check` they are found out later, by
 * each process anew. */
enum sealift_status sealift_kms_set_kmip(struct sealift *sealift, const struct sealift_kmip_spec *spec, bool no_check,
                                         struct sealift_error *err);

/* What is set. `credential` and `client_key` say where they are found: "file:/etc/sealift/secret-id",
 * "env:VAULT_TOKEN", "credential:NAME". NULL: not set, or of another type of KMS. */
struct sealift_kms {
    const char *type; /* "vault", "kmip", "local" */
    const char *address, *key, *name_space, *transit_path, *auth_method, *auth_path, *role_id, *kubernetes_role,
        *ca_cert, *credential;
    const char *client_cert, *client_key, *username, *server_name;
    const char *kmip_version;   /* "1.4"; NULL: not known yet */
    const char *version_choice; /* "pinned" (no other will do), "agreed" (with the server), "open" (not yet) */
    const char *mode;           /* "AES-GCM", "AES-CBC"; NULL: not known yet */
};
/* NOT_FOUND: none is set. The strings live until the next call with this `sealift`. */
enum sealift_status sealift_kms_get(struct sealift *sealift, struct sealift_kms *ret_kms, struct sealift_error *err);

/* Tries each call that we need and reports each. Returns the first failure. */
enum sealift_status sealift_kms_check(struct sealift *sealift, sealift_each_kms_finding *each, void *context,
                                      struct sealift_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
