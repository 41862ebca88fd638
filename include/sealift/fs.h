/* Filesystems: a name, a UUID, a path, and an FS key that the KMS wraps. */
#ifndef SEALIFT_FS_H
#define SEALIFT_FS_H

#include <sealift/transfer.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct sealift_fs_spec {
    const char *name;   /* 1 ... 255 bytes of UTF-8, no '/' */
    const char *path;   /* of an existing directory */
    const char *obs;    /* name of a store in the table: where snapshots go, and the key record right now */
    bool no_key_backup; /* without `obs`: lose the table and the key is lost */
    bool allow_no_kms;  /* without a KMS: a key file in the home folder wraps. Insecure */
};

/* Draws an FS key, has the KMS wrap it, shows that it opens, puts the key record into the bucket and reads it back,
 * then stores the row. */
enum sealift_status sealift_fs_add(struct sealift *sealift, const struct sealift_fs_spec *spec,
                                   struct sealift_error *err);

struct sealift_fs {
    const char *name, *id, *path, *obs;
    const char *kms_type, *kms_namespace, *kms_mount, *kms_key_identifier;
    int64_t kms_key_version;
    const char *key_check; /* 64 hexadecimal digits, public */
    const char *origin;    /* locator it was downloaded from; NULL: none */
    int64_t added_ns;
    uint64_t snapshots; /* known to the table */
};
typedef enum sealift_status sealift_each_fs(void *context, const struct sealift_fs *fs, struct sealift_error *err);
enum sealift_status sealift_fs_list(struct sealift *sealift, sealift_each_fs *each, void *context,
                                    struct sealift_error *err);

struct sealift_download_spec {
    const char *name; /* of the new filesystem */
    const char *path; /* made when it is not there; must be empty */
    struct sealift_obs_spec obs;
    const char *locator;
    bool allow_no_kms;   /* as for fs_add, for the new filesystem's key */
    bool no_key_backup;  /* as for fs_add: nothing is written to the bucket, which may be read-only */
    bool allow_degraded; /* attributes that could not be set are told, not an error */
    struct sealift_transfer_options transfer;
};

struct sealift_download_result {
    char id[37];                   /* of the new filesystem */
    uint64_t entries, files, size; /* written */
    uint64_t fetched;              /* bytes that came from the store */
    uint64_t degraded;             /* attributes that could not be set */
    double seconds;
};

/* Brings a snapshot into a new filesystem: its own UUID, its own new FS key wrapped by this cluster's KMS. The
 * snapshot's key is unwrapped once, to read. */
enum sealift_status sealift_fs_download(struct sealift *sealift, const struct sealift_download_spec *spec,
                                        struct sealift_download_result *ret_result, struct sealift_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
