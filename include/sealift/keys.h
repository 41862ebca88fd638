/* The life of a filesystem's key: which key of the KMS wraps it, moving it to another, rewrapping, replacing it, and
 * who else may open it. */
#ifndef SEALIFT_KEYS_H
#define SEALIFT_KEYS_H

#include <sealift/kms.h>
#include <sealift/obs.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* A filesystem's own key: what it says beyond the cluster's KMS, which has the address. For Vault the cluster must log
 * in by AppRole or Kubernetes. A tenant's credential is referred to, never stored: "file" is a path, or
 * "credential:NAME" for one of systemd's. */
struct sealift_own_key_spec {
    const char *key_identifier; /* transit key, or a KMIP unique identifier; NULL: no own key, the cluster's is used */
    const char *name_space;     /* Vault; "/": the root namespace; NULL: the cluster's */
    const char *transit_path;   /* Vault; NULL: the cluster's */
    const char *auth_path;      /* Vault, with role_id: where AppRole is mounted; NULL: "approle" */
    const char *role_id; /* Vault: AppRole, in the key's namespace; NULL: the cluster's login, which must be allowed
                            to use that key */
    const char *secret_id_file; /* with role_id, one of these two */
    const char *secret_id_env;  /* the name of an environment variable */
    const char *client_cert;    /* KMIP: PEM file, with client_key; NULL: the cluster's */
    const char *client_key;     /* KMIP: PEM file */
};

/* Moves a filesystem's keys from the key that wraps them to another: its own, or (`own` NULL) the cluster's. The new
 * wrapping is shown to open, its key record is in the bucket, then the table changes in one transaction; any failure
 * before leaves the old key in force. Snapshots that are uploaded follow: nothing is read or uploaded again. */
enum sealift_status sealift_fs_move_key(struct sealift *sealift, const char *name,
                                        const struct sealift_own_key_spec *own, sealift_each_rewrapped *each,
                                        void *context, struct sealift_error *err);

struct sealift_rewrap_spec {
    const char *fs;              /* one filesystem, under whichever key; NULL: those under the cluster key */
    bool all;                    /* every filesystem of the table */
    struct sealift_obs_spec obs; /* filesystems of this bucket, also those that the table does not know, whose keys move
                                    to the cluster key */
    const char *fs_id;           /* with `obs`: only this one */
    const char *new_key_uid; /* KMIP, whose keys have no versions: the key to move to. It becomes the cluster's, or the
                                own one of `fs` */
    bool convert;            /* what has an own key moves to the cluster key */
    bool dry_run;            /* nothing is wrapped or written */
};

/* The newest version of each key (Vault: the KEK does not leave it), with all uploaded snapshots: one key record a
 * filesystem and FS key, however many those are. Filesystems that are moving to the KMS in force go on, and with the
 * last one the move ends: a local key on which nothing hangs any more is destroyed. One that fails does not keep the
 * others from it; the failure at the end names them, and its status is that of the first. Going on after a kill is
 * calling it again. CONFLICT: another process changes the KMS, or does the same. */
enum sealift_status sealift_kms_rewrap(struct sealift *sealift, const struct sealift_rewrap_spec *spec,
                                       sealift_each_rewrapped *each, void *context, struct sealift_error *err);

struct sealift_rekey_result {
    char key_check[65];          /* of the new FS key */
    uint64_t generation;         /* of it: 1 is the filesystem's first */
    uint64_t readable_snapshots; /* uploaded ones, which remain readable with their own, older key */
};

/* A new FS key, for one that leaked: snapshots from now on are sealed under it, and the next upload is a full one. What
 * is uploaded stays as it is and readable, also to whoever has the old key. The at-rest key is not replaced. */
enum sealift_status sealift_fs_rekey(struct sealift *sealift, const char *name, struct sealift_rekey_result *ret_result,
                                     struct sealift_error *err);

/* --- who can open it --- */

struct sealift_key {
    const char *filesystem_id;
    const char *record;    /* UUID of the key record; NULL: the table's, or the manifest's own wrapping */
    const char *where;     /* "table", "record", "manifest" */
    const char *key_check; /* which FS key */
    bool in_force;         /* it is the one that the next snapshot uses */
    const char *snapshot;  /* UUID: the key is for this snapshot alone; NULL: for the filesystem */
    const char *kms_type, *kms_namespace, *kms_mount, *kms_key_identifier; /* as claimed; proven with `opens` */
    int64_t kms_key_version;
    int64_t created_ns; /* 0: not known */
    /* With `check`: "yes"; "no": the KMS that it names, as this cluster knows it, does not open it; "unknown": this
     * cluster does not have that KMS, or it did not answer. Else NULL. */
    const char *opens;
    const char *problem; /* why it does not, or what else is wrong with it */
};
typedef enum sealift_status sealift_each_key(void *context, const struct sealift_key *key, struct sealift_error *err);

struct sealift_key_spec {
    const char *fs;      /* a name from the table ... */
    const char *locator; /* ... or a locator, or a filesystem's UUID, and where it is */
    struct sealift_obs_spec obs;
    bool check; /* have the KMS open each */
};
/* Of a filesystem: what the table has (by its name), and every key record. Of a snapshot (by its locator): the records
 * of its FS key, and what its manifest carries. */
enum sealift_status sealift_key_list(struct sealift *sealift, const struct sealift_key_spec *spec,
                                     sealift_each_key *each, void *context, struct sealift_error *err);

/* A second KMS that may open it, too: a disaster recovery Vault, a KMIP server, an offline break-glass key. It is used
 * this once and not kept: only the key records tell of it. */
struct sealift_second_kms_spec {
    const struct sealift_vault_spec *vault; /* exactly one of the three; no namespace: none, whatever the environment
                                               has for the cluster's */
    const struct sealift_kmip_spec *kmip;
    const char *local_key_file; /* a local KMS's key file, made when it is not there: to be kept offline */
};
/* One more key record for each FS key that opens; each is shown to open by the second KMS. Where it has one that opens
 * already, that is told, and none is added. */
enum sealift_status sealift_key_add(struct sealift *sealift, const struct sealift_key_spec *spec,
                                    const struct sealift_second_kms_spec *kms, sealift_each_key *each, void *context,
                                    struct sealift_error *err);
/* Deletes a key record, where the bucket allows it. CONFLICT: no other record of its FS key was shown to open just now,
 * so it may be the last that does. What a manifest carries is no other: it lacks the at-rest key, and no rewrap follows
 * it. A record that cannot even be read may always go. */
enum sealift_status sealift_key_remove(struct sealift *sealift, const struct sealift_key_spec *spec, const char *record,
                                       struct sealift_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
