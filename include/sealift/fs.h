/* Filesystems: a name, a UUID, a path, and an FS key that the KMS wraps. */
#ifndef SEALIFT_FS_H
#define SEALIFT_FS_H

#include <sealift/keys.h>
#include <sealift/removal.h>
#include <sealift/selection.h>
#include <sealift/transfer.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct sealift_fs_spec {
    const char *name;   /* 1 ... 255 bytes of UTF-8, no '/' */
    const char *path;   /* of an existing directory; one that is to be encrypted is made where it does not exist */
    const char *obs;    /* name of a store in the table: where snapshots go, and the key record right now */
    bool no_key_backup; /* without `obs`: lose the table and the key is lost */
    bool allow_no_kms;  /* without a KMS: a key file in the home folder wraps. Insecure */
    bool encrypted; /* the directory, which must be empty, is encrypted at rest: by the kernel (fscrypt), under a key
                       of its own that the KMS wraps, too */
    struct sealift_selection_spec selection; /* kept with the filesystem */
    struct sealift_own_key_spec own_key;     /* without `key_identifier`: the cluster's key */
};

/* Draws an FS key, has the KMS wrap it, shows that it opens, puts the key record into the bucket and reads it back,
 * then stores the row. Where `encrypted` cannot be had it fails before anything is written: INVALID, CONFLICT (not
 * empty) or DENIED, with what to do. */
enum sealift_status sealift_fs_add(struct sealift *sealift, const struct sealift_fs_spec *spec,
                                   struct sealift_error *err);

/* Replaces what is kept of a filesystem's selection, for uploads from now on. */
enum sealift_status sealift_fs_select(struct sealift *sealift, const char *name,
                                      const struct sealift_selection_spec *selection, struct sealift_error *err);

/* Another name from now on. What is in the bucket has the name of its time. CONFLICT: the name is taken. */
enum sealift_status sealift_fs_rename(struct sealift *sealift, const char *name, const char *new_name,
                                      struct sealift_error *err);

struct sealift_fs {
    const char *name, *id, *path, *obs;
    bool encrypted; /* at rest */
    const char
        *at_rest;        /* "unlocked", "locked", "busy" (locked, but files are open), "missing" (there is no such
                            directory, or another one: not mounted?), "unknown" (it cannot be asked); NULL: not encrypted */
    bool incomplete;     /* it is being made, or its making was cut off */
    const char *kms_key; /* "cluster" or "own": which key wraps its own */
    const char *kms_type, *kms_namespace, *kms_mount, *kms_key_identifier;
    int64_t kms_key_version;
    const char *kms_role;  /* the beginning of its own role's id; NULL: the cluster's login is used */
    const char *key_check; /* 64 hexadecimal digits, public */
    const char *origin;    /* locator it was downloaded from; NULL: none */
    int64_t added_ns;
    uint64_t snapshots;         /* known to the table */
    const char *const *exclude; /* the patterns of its selection, in order; ends with NULL */
    bool exclude_caches, exclude_nodump;
};
typedef enum sealift_status sealift_each_fs(void *context, const struct sealift_fs *fs, struct sealift_error *err);
enum sealift_status sealift_fs_list(struct sealift *sealift, sealift_each_fs *each, void *context,
                                    struct sealift_error *err);

/* --- removing --- */

struct sealift_fs_remove_spec {
    const char *name; /* from the table; with `obs` a UUID, of one that only a bucket knows */
    struct sealift_obs_spec obs;
    bool purge;           /* also all of its objects in the bucket */
    bool allow_key_loss;  /* also where the key that something is encrypted under is lost with it */
    const char *evidence; /* of a purge: path of a file to be made; NULL: none */
    struct sealift_transfer_options transfer;
};

struct sealift_removed_count {
    uint64_t objects, bytes; /* deleted */
    uint64_t refused;        /* still there */
};

struct sealift_fs_removal {
    char id[37];
    char filesystem[256];   /* empty: the table did not know it */
    char obs[512];          /* URL of its store; empty: it has none */
    uint64_t snapshots;     /* of the table */
    bool forgotten;         /* the table does not know it any more */
    const char *key_record; /* whether a key record of it was seen in the bucket just now, by which it can be recovered:
                               "yes", "no"; "unknown": the store could not be asked */
    const char *versioning, *object_lock; /* of the bucket, after a purge: as in struct sealift_snapshot_removal */
    struct sealift_removed_count manifests, logs, tree, data, condemned, other, keys; /* by a purge */
};

/* Forgets a filesystem: the table's row with its wrapped key and its snapshots. The directory stays as it is; so does
 * the bucket, from which sealift_cluster_recover() brings it back, unless `purge`: then all of its objects go first,
 * the manifests before all others, the key records last, and the table's row when nothing is left. What was cut off,
 * calling it again completes.
 *
 * CONFLICT: a snapshot of it is being uploaded, it is being made, or its directory is encrypted and unlocked, to be
 * locked first; or the only copy of a key would go that its encrypted directory or an uploaded snapshot needs, and
 * `allow_key_loss` is not set. Of a purge: an object that the store does not delete has its notice, the failure counts
 * them, and its status is that of the first.
 *
 * `each` (may be NULL) is told each manifest and key record. *ret_removal is written also when it fails, as far as it
 * came. */
enum sealift_status sealift_fs_remove(struct sealift *sealift, const struct sealift_fs_remove_spec *spec,
                                      sealift_each_removed *each, void *context, struct sealift_fs_removal *ret_removal,
                                      struct sealift_error *err);

/* --- encrypted at rest --- */

/* A process that holds something of a filesystem: an open or mapped file, its working directory, its root, a mount in a
 * container. Or a mount: of a part of it elsewhere, or of something else within it. */
struct sealift_holder {
    int64_t pid;         /* 0: a mount */
    const char *command; /* "mount" for one */
    const char *path;    /* what it holds */
};
typedef enum sealift_status sealift_each_holder(void *context, const struct sealift_holder *holder,
                                                struct sealift_error *err);

/* Takes the key of a filesystem from the kernel: names and contents are unreadable from then on, but for files that are
 * still open. Then the status is CONFLICT, after those who hold them were listed, as far as this user may look at them.
 * INVALID: it is not encrypted at rest. */
enum sealift_status sealift_fs_lock(struct sealift *sealift, const char *name, sealift_each_holder *each, void *context,
                                    struct sealift_error *err);

struct sealift_unlock_spec {
    const char *name;     /* NULL: all that are encrypted at rest, none of which is an error */
    int64_t wait_seconds; /* how long to wait for a KMS that is not there (yet): sealed, starting, out of reach */
};

struct sealift_unlocked {
    const char *name, *path;
    const char *at_rest; /* what it is by now: as in struct sealift_fs */
    const char *problem; /* why it could not be unlocked, or NULL */
};
typedef enum sealift_status sealift_each_unlocked(void *context, const struct sealift_unlocked *unlocked,
                                                  struct sealift_error *err);

/* Has the KMS unwrap the at-rest keys and gives them to the kernel; where that has its key already the KMS is not
 * asked. One that fails does not keep the others locked: each is told, and the failure at the end names all that are
 * not unlocked. Its status is that of the first. */
enum sealift_status sealift_fs_unlock(struct sealift *sealift, const struct sealift_unlock_spec *spec,
                                      sealift_each_unlocked *each, void *context, struct sealift_error *err);

/* --- a new filesystem of a snapshot --- */

struct sealift_download_spec {
    const char *name; /* of the new filesystem */
    const char *path; /* made when it is not there; must be empty */
    struct sealift_obs_spec obs;
    const char *locator;
    const char *snapshot_name; /* the new filesystem knows the snapshot by this name from then on, in the bucket where
                                  it is; NULL: only as its origin */
    bool allow_no_kms;         /* as for fs_add, for the new filesystem's key */
    struct sealift_own_key_spec own_key; /* as for fs_add: the snapshot is unwrapped by whoever has its key, the new
                                            filesystem's keys are wrapped there */
    bool no_key_backup;                  /* as for fs_add: nothing is written to the bucket, which may be read-only */
    bool allow_degraded;                 /* attributes that could not be set are told, not an error */
    /* What is encrypted at rest comes back encrypted at rest, under a new key; where that cannot be had the download
     * fails before it writes anything. These two, which exclude each other, ask for more or for less. */
    bool encrypted;         /* also when the snapshot's filesystem was not */
    bool allow_unencrypted; /* also in the clear */
    struct sealift_transfer_options transfer;
};

struct sealift_download_result {
    char id[37];                   /* of the new filesystem */
    bool encrypted;                /* at rest */
    uint64_t entries, files, size; /* written */
    uint64_t fetched;              /* bytes that came from the store */
    uint64_t degraded;             /* attributes that could not be set */
    double seconds;
};

/* Brings a snapshot into a new filesystem: its own UUID, its own new keys wrapped by this cluster's KMS. The snapshot's
 * key is unwrapped once, to read. */
enum sealift_status sealift_fs_download(struct sealift *sealift, const struct sealift_download_spec *spec,
                                        struct sealift_download_result *ret_result, struct sealift_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
