/* The key management system that wraps this cluster's filesystem keys. */
#ifndef SEALIFT_KMS_H
#define SEALIFT_KMS_H

#include <sealift/transfer.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What `kms set vault` is told. Of the token, AppRole and Kubernetes exactly one is used. A *_file is the path of a
 * file, or "credential:NAME" for one of systemd's (below $CREDENTIALS_DIRECTORY): where the secret is found is stored,
 * never the secret. */
struct sealift_vault_spec {
    const char *address;             /* "https://a:8200[,https://b:8200...]"; NULL: $VAULT_ADDR, $BAO_ADDR */
    const char *key;                 /* transit key, which must exist */
    const char *name_space;          /* "/": the root namespace; NULL: $VAULT_NAMESPACE, $BAO_NAMESPACE, else that */
    const char *transit_path;        /* NULL: "transit" */
    const char *auth_path;           /* NULL: "approle", "kubernetes" */
    const char *ca_cert;             /* PEM file; NULL: $VAULT_CACERT, $BAO_CACERT, else the system's */
    const char *token_file;          /* token; NULL: environment variable VAULT_TOKEN or BAO_TOKEN */
    const char *role_id;             /* AppRole */
    const char *secret_id_file;      /* NULL: environment variable `secret_id_env` */
    const char *secret_id_env;       /* NULL: SEALIFT_VAULT_SECRET_ID */
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

/* What became of one filesystem's keys. */
struct sealift_rewrapped {
    const char *filesystem; /* NULL: known from a bucket only */
    const char *id;
    const char *outcome; /* "rewrapped", "current" (nothing was to do), "would-rewrap" (a dry run), "failed" */
    /* Where its FS key is wrapped by now; of a dry run, and after a failure, as before. */
    const char *kms_type, *kms_namespace, *kms_mount, *kms_key_identifier;
    int64_t kms_key_version; /* 0: not known, or the type has none */
    uint64_t keys;           /* FS keys of it: one, one more for each rekey and for each snapshot with its own */
    uint64_t records;        /* key records that were written; of a dry run, that would be */
    const char *problem;     /* why it failed, or NULL */
};
typedef enum sealift_status sealift_each_rewrapped(void *context, const struct sealift_rewrapped *rewrapped,
                                                   struct sealift_error *err);

/* How another KMS comes into force. The zero value is the usual way. */
struct sealift_kms_change {
    bool no_check; /* it is only stored: nothing is tried, and nothing moved */
    bool convert;  /* filesystems with a key of their own move to the cluster key; without it they are refused, before
                      anything is changed, when their key is not at the new KMS */
    bool destroy_local_key;       /* of sealift_fs_spec.allow_no_kms, whatever in buckets hangs on it */
    sealift_each_rewrapped *each; /* told of each filesystem that was to move; NULL: nobody is */
    void *context;
};

/* Logs in, reads the key, wraps, unwraps, compares; then stores, and moves the filesystems' keys from the KMS before,
 * or from the local key, to this one: through this one alone where it opens what was wrapped, else through the one
 * before. That is kept until the last has moved; the same call again goes on. One filesystem that fails does not keep
 * the others from it; the failure at the end names them. The local key's file is destroyed when nothing hangs on it.
 *
 * `change` may be NULL. CONFLICT: another process does the same. */
enum sealift_status sealift_kms_set_vault(struct sealift *sealift, const struct sealift_vault_spec *spec,
                                          const struct sealift_kms_change *change, struct sealift_error *err);

/* The same for a KMIP server: agrees on a version, asks what it can do, reads the key, encrypts, decrypts, compares in
 * each mode until one works; then stores, with that version and that mode. With `no_check` they are found out later, by
 * each process anew. */
enum sealift_status sealift_kms_set_kmip(struct sealift *sealift, const struct sealift_kmip_spec *spec,
                                         const struct sealift_kms_change *change, struct sealift_error *err);

/* None is set any more. CONFLICT, naming them, while filesystems rely on it; with `allow_downgrade` they all move to
 * the local key, which is insecure. */
enum sealift_status sealift_kms_reset(struct sealift *sealift, bool allow_downgrade, sealift_each_rewrapped *each,
                                      void *context, struct sealift_error *err);

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

    /* While filesystems move from another one: that one. Of several the latest, the local key after all others. */
    const char *former_type, *former_address, *former_key;
    int64_t moving;           /* filesystems that were not shown to be here yet */
    const char *moving_names; /* their names, a few, with commas between; NULL: there are none */
    const char *move_advice;  /* a sentence for people: what still needs that one, and what to do; NULL: nothing does */
};
/* NOT_FOUND: none is set. The strings live until the next call with this `sealift`. */
enum sealift_status sealift_kms_get(struct sealift *sealift, struct sealift_kms *ret_kms, struct sealift_error *err);

/* Tries each call that we need and reports each, and a move that has not ended. Returns the first failure. */
enum sealift_status sealift_kms_check(struct sealift *sealift, sealift_each_kms_finding *each, void *context,
                                      struct sealift_error *err);

/* --- What has a key: would it still open, and what would be lost with a key? --- */

/* A filesystem of the table, with its own wrapping; an FS key that has key records in a bucket; a snapshot in a bucket;
 * or a store that could not be gone through. */
struct sealift_keyed {
    const char *kind;          /* "filesystem", "key", "snapshot", "store" */
    const char *filesystem;    /* its name; NULL: not known */
    const char *filesystem_id; /* NULL: of a store */
    const char *snapshot;      /* its name, once it opened, or NULL */
    const char *locator;       /* of a snapshot, or NULL */
    const char *key_check;     /* which FS key; NULL: not known */
    const char *obs;           /* URL of the store; NULL: of the table */
    const char *wrapping;      /* what opened just now: "table", "record", "manifest"; NULL: nothing did */
    const char *record;        /* with "record": the key record's UUID */
    const char *kms_type, *kms_namespace, *kms_mount, *kms_key_identifier; /* the key that opened it: proven */
    int64_t kms_key_version;                                               /* 0: the type has none */
    const char *problem;                                                   /* why it does not open, or NULL */
};

struct sealift_drill_spec {
    struct sealift_obs_spec obs;              /* `url` NULL: the table's filesystems, and every store of the table */
    struct sealift_transfer_options transfer; /* `connections`: how much is looked at at once */
};

/* One thing that was tried: of a filesystem its own wrapping opens, and holds the at-rest key that it should; of an FS
 * key one of its key records opens; of a snapshot its key opens, its manifest is authentic, and the first frame of its
 * tree opens. */
struct sealift_drilled {
    struct sealift_keyed keyed;
    const char *result; /* "opens"; "waits": a KMS or a store is not there now; "fails" */
    uint64_t fetched;   /* of a snapshot: bytes that came from the store for it alone */
};
typedef enum sealift_status sealift_each_drilled(void *context, const struct sealift_drilled *drilled,
                                                 struct sealift_error *err);

struct sealift_drill_result {
    uint64_t filesystems, keys, snapshots; /* that were tried */
    uint64_t opened, waiting, failed;      /* what came of them, and of stores */
    uint64_t fetched;                      /* bytes of manifests and frames */
    double seconds;
};

/* Tries everything, several at once, and tells of each in the order of the table and the buckets; on a thread of ours,
 * one call at a time. The KMS is asked once for each FS key and place, however many snapshots it has. What fails does
 * not keep the rest from it: the status at the end is that of the first failure, and *ret_result is filled in then,
 * too. */
enum sealift_status sealift_kms_drill(struct sealift *sealift, const struct sealift_drill_spec *spec,
                                      sealift_each_drilled *each, void *context,
                                      struct sealift_drill_result *ret_result, struct sealift_error *err);

struct sealift_impact_spec {
    struct sealift_obs_spec obs; /* `url` NULL: every store of the table */
    const char *key;             /* the condemned one; NULL: the cluster's */
    const char *name_space;      /* Vault, with a key; as of an own key */
    const char *transit_path;    /* Vault; NULL: the cluster's */
    int64_t below_version;       /* Vault: only its versions below this one; 0: all of it */
    const char *evidence;        /* a file that is made and says what would be lost; NULL: none */
    struct sealift_transfer_options transfer;
};

/* What would become of one thing. "dies": it was opened just now, and nothing opens it but what is condemned.
 * "survives": it was opened just now by something else. "claimed": nothing opens it, and what its wrappings say of
 * themselves, which nobody authenticates, names what is condemned. "unknown": nothing opens it, and nothing names it;
 * or it is damaged. */
struct sealift_impacted {
    struct sealift_keyed keyed; /* what opened: of several wrappings, one that survives */
    const char *verdict;
    uint64_t wrappings; /* that there are of its key */
    uint64_t condemned; /* of these, those that only the condemned opens, ... */
    uint64_t others;    /* ... that something else opens, ... */
    uint64_t unopened;  /* ... and that nothing opens here */
};
typedef enum sealift_status sealift_each_impacted(void *context, const struct sealift_impacted *impacted,
                                                  struct sealift_error *err);

struct sealift_impact_result {
    uint64_t dies, survives, claimed, unknown; /* filesystems, keys, snapshots; a store that could not be read */
    uint64_t stores_left_out;                  /* of the table, that were not looked at */
    bool safe; /* something was found, all of it survives, and every store of the table was looked at */
    uint64_t fetched;
    double seconds;
};

/* Opens every wrapping of every FS key, through the KMS that this cluster has and, where that does not tell, through
 * the condemned key alone. Nothing is changed anywhere. The verdicts are no failure; that something could not be asked
 * is: UNAVAILABLE at the end, or why a store could not be gone through. CONFLICT: the file for the evidence exists. */
enum sealift_status sealift_kms_impact(struct sealift *sealift, const struct sealift_impact_spec *spec,
                                       sealift_each_impacted *each, void *context,
                                       struct sealift_impact_result *ret_result, struct sealift_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
