/* The cluster as a whole, and getting it back: the configuration table is lost, a bucket and the KMS are there. */
#ifndef SEALIFT_RECOVER_H
#define SEALIFT_RECOVER_H

#include <sealift/keys.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What a cluster is. */
struct sealift_cluster {
    const char *home;
    const char *version; /* of sealift */
    uint64_t format_version;
    const char *kms_type, *kms_address, *kms_namespace, *kms_key_identifier; /* NULL: no KMS is set */
    uint64_t stores, filesystems, encrypted; /* object stores; filesystems, and those encrypted at rest */
    uint64_t own_keys;                       /* filesystems with a key of their own at the KMS */
    uint64_t snapshots, uploaded;            /* snapshots, and those of them that are in a bucket */
};
/* The strings live until the next call with this `sealift`. */
enum sealift_status sealift_cluster_get(struct sealift *sealift, struct sealift_cluster *ret_cluster,
                                        struct sealift_error *err);

struct sealift_recover_spec {
    struct sealift_obs_spec obs; /* the name of a store in the table, or a URL, which becomes one */
    const char *obs_name; /* with a URL: what it is called; NULL: as its last part. CONFLICT: it is in the table under
                             another name */
    const char *fs_id;    /* only this filesystem; NULL: every one of the bucket */
    const char *new_name, *path; /* with fs_id, in place of those that it had */
    /* Opens keys that the cluster's own login does not: a key that filesystems had of their own, with
     * its credential. */
    struct sealift_own_key_spec own_key;
    bool skip_unopened; /* the newest FS key that opens is in force, although a newer one does not open here */
    bool dry_run;       /* everything is read and opened, nothing written */
};

/* What became of one filesystem of the bucket. */
struct sealift_recovered {
    const char *id;
    /* "recovered"; "merged": it was in the table, and snapshots came; "current": it was, with all of them; "waiting":
     * its key does not open here; "taken": another filesystem has its name or path, or it is in another store by now;
     * "failed". Of a dry run "would-recover" and "would-merge". */
    const char *outcome;
    const char *name, *path;                                               /* NULL: only its key would tell */
    bool encrypted;                                                        /* at rest */
    const char *kms_type, *kms_namespace, *kms_mount, *kms_key_identifier; /* that opened it; of one that waits: as its
                                                                              record claims */
    bool own_key;                                                          /* a key of its own, and not the cluster's */
    uint64_t snapshots;                                                    /* that came into the table, or would */
    uint64_t passed_over; /* manifests in the bucket that do not authenticate, or whose key does not open */
    uint64_t sequence;    /* of its newest snapshot: the next one goes on from there */
    const char *problem;  /* why it did not come, what did not come with it, or that a newer record names another key;
                             NULL: nothing */
    const char *advice;   /* a command that would bring it, or move it there; NULL: there is none to name */
};
typedef enum sealift_status sealift_each_recovered(void *context, const struct sealift_recovered *recovered,
                                                   struct sealift_error *err);

/* Brings back what the table held of a bucket's filesystems: names, paths, wrapped keys, snapshots; also of those that
 * were never uploaded. The KMS must be set, or the key file of the local one be in the home (INVALID). What is
 * authentic comes, each filesystem in one transaction, with its key shown to open; where it was downloaded from, and
 * snapshots that were not uploaded yet, are not known to any bucket. What the table knows already stays as it is, and
 * only gets the snapshots that it misses. So it may be called again, after a kill as well. Nothing is written to the
 * bucket.
 *
 * One that does not come keeps none of the others. The failure at the end names them, with the status of the first. */
enum sealift_status sealift_cluster_recover(struct sealift *sealift, const struct sealift_recover_spec *spec,
                                            sealift_each_recovered *each, void *context, struct sealift_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
