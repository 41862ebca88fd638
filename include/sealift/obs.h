/* Object stores: S3 buckets and directories. */
#ifndef SEALIFT_OBS_H
#define SEALIFT_OBS_H

#include <sealift/cluster.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* How an object store is reached. Wherever a store is named, `url` may also be the name of one in the table; then all
 * else stays zero. */
struct sealift_obs_spec {
    const char *url;           /* "s3://bucket/prefix", "file:///path", or a name from the table */
    const char *endpoint;      /* s3: "http(s)://host[:port]"; NULL: AWS */
    const char *region;        /* s3: NULL: from the AWS environment, else learnt */
    const char *profile;       /* s3: of the AWS configuration files */
    const char *ca_cert;       /* s3: PEM file */
    const char *addressing;    /* s3: "auto", "path", "virtual" */
    const char *storage_class; /* s3: on PUT */
    const char *sse;           /* s3: "AES256", "aws:kms", "aws:kms:dsse" */
    const char *sse_kms_key_id;
    const char *lock_mode; /* s3: "governance", "compliance" */
    int64_t lock_days;     /* s3: Object Lock retention, from each PUT */
};

/* What the table knows of a store, and what the store was found able to do: each "yes", "no", "unknown";
 * conditional_put: "atomic", "racy", "ignored", "refused", "unknown". */
struct sealift_obs {
    const char *name;
    struct sealift_obs_spec spec;
    const char *conditional_put;
    const char *verifies_checksum;
    const char *keeps_checksum;
    const char *deletes;
    const char *versioning;
    const char *object_lock;
    int64_t added_ns;
};
typedef enum sealift_status sealift_each_obs(void *context, const struct sealift_obs *obs, struct sealift_error *err);

/* Proves the store (write, list, read back, delete a probe object), finds out what it can do, puts the format marker,
 * then stores the row. With `no_check` only the row is stored. CONFLICT: the name is taken. */
enum sealift_status sealift_obs_add(struct sealift *sealift, const char *name, const struct sealift_obs_spec *spec,
                                    bool no_check, struct sealift_error *err);
/* Changes what `spec` names (the rest stays; an empty string takes an option back), proves it again. */
enum sealift_status sealift_obs_update(struct sealift *sealift, const char *name, const struct sealift_obs_spec *spec,
                                       bool no_check, struct sealift_error *err);
/* Forgets the store; its objects stay. CONFLICT while filesystems use it. */
enum sealift_status sealift_obs_remove(struct sealift *sealift, const char *name, struct sealift_error *err);
enum sealift_status sealift_obs_list(struct sealift *sealift, sealift_each_obs *each, void *context,
                                     struct sealift_error *err);

/* What a bucket holds: a manifest, or a filesystem that was never uploaded (locator empty). The names are NULL unless
 * they were asked for and could be opened. */
struct sealift_bucket_snapshot {
    const char *locator;
    const char *filesystem_id;
    int64_t created_ns, published_ns;
    uint64_t sequence;
    bool live, partial;
    uint64_t entries, files, size, stored;
    const char *kms_type, *kms_namespace, *kms_mount, *kms_key_identifier;
    const char *filesystem, *snapshot, *path, *host;
    const char *const *exclude; /* the patterns of what was left out, in order; ends with NULL; NULL: not known */
    bool exclude_caches, exclude_nodump;
    const char *problem; /* why this manifest cannot be used; NULL: nothing seems wrong */
};
typedef enum sealift_status sealift_each_bucket_snapshot(void *context, const struct sealift_bucket_snapshot *snapshot,
                                                         struct sealift_error *err);

/* Lists all snapshots of all filesystems, by filesystem and time. Needs neither the table nor the KMS, unless `names`
 * (the private parts are opened through the KMS). One bad manifest does not end the list. */
enum sealift_status sealift_obs_snapshots(struct sealift *sealift, const struct sealift_obs_spec *obs, bool names,
                                          sealift_each_bucket_snapshot *each, void *context, struct sealift_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
