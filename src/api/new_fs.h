/* A filesystem in the making: its UUID, its keys, the wrapping. The key record is in the bucket, and read back, before
 * the table knows of it; and both have the at-rest key before a directory is encrypted under it, so that at no moment
 * only this process has a key that something is encrypted under. */
#ifndef NEW_FS_H
#define NEW_FS_H

#include "handle.h"
#include "manifest.h"
#include "work_lock.h"

struct new_fs_wish {
    const char *name;
    const char *path;                           /* absolute, without links */
    const char *obs;                            /* a row's name, or NULL */
    const struct sealift_own_key_spec *own_key; /* NULL: the cluster's */
    bool allow_no_kms;
    bool encrypted;        /* at rest; at_rest_check() has said that `path` can be */
    const char *selection; /* JSON; NULL: all of it */
};

struct new_fs {
    struct table_fs row;
    struct envelope envelope;
    struct secret *key;
    struct secret *at_rest_key; /* NULL: it is not encrypted at rest */
    struct kms *kms;            /* that wrapped them */
    struct work_lock *lock;     /* while the table has it as incomplete, and this process makes it */
};

void new_fs_done(struct new_fs *fs);

/* CONFLICT when the name is taken. */
enum sealift_status new_fs_check_name(struct sealift *sealift, const char *name, struct sealift_error *err);
/* Draws the keys, wraps them, shows that they open; CONFLICT when the path is another filesystem's. Nothing is stored
 * yet. */
enum sealift_status new_fs_make_keys(struct sealift *sealift, const struct new_fs_wish *wish, struct new_fs *ret_fs,
                                     struct sealift_error *err);
/* Puts the key record into `store`; NULL: there is none, and nothing to put. */
enum sealift_status new_fs_put_key(struct sealift *sealift, struct new_fs *fs, struct store *store,
                                   struct sealift_error *err);
/* Encrypts the directory, the row being stored as an incomplete one before; nothing to do when that is not wished. */
enum sealift_status new_fs_encrypt(struct sealift *sealift, struct new_fs *fs, struct sealift_error *err);
/* Stores the row, or says that it is complete: from now on the filesystem is known. When another KMS came into force
 * meanwhile, and moved what it knew of, the keys are wrapped there, and their record put, first. */
enum sealift_status new_fs_register(struct sealift *sealift, struct new_fs *fs, struct store *store,
                                    struct sealift_error *err);
/* Nothing came of the filesystem: takes back the row, the kernel's key, and, where that is allowed, the key record in
 * `store` (may be NULL). */
void new_fs_give_up(struct sealift *sealift, const struct new_fs *fs, struct store *store);

/* The names that a key record or manifest seals. */
void new_fs_names(const struct table_fs *row, struct private_part *ret_names);

#endif
