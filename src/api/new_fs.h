/* A filesystem in the making: its UUID, its FS key, the wrapping. The key record is in the bucket, and read back,
 * before the table knows of it. */
#ifndef NEW_FS_H
#define NEW_FS_H

#include "handle.h"
#include "manifest.h"

struct new_fs {
    struct table_fs row;
    struct envelope envelope;
    struct secret *key;
};

void new_fs_done(struct new_fs *fs);

/* CONFLICT when the name is taken. */
enum sealift_status new_fs_check_name(struct sealift *sealift, const char *name, struct sealift_error *err);
/* Draws the key, wraps it, shows that it opens; CONFLICT when the path is another filesystem's. `obs`: a row's name, or
 * NULL. Nothing is stored yet. */
enum sealift_status new_fs_make_key(struct sealift *sealift, const char *name, const char *path, const char *obs,
                                    bool allow_no_kms, struct new_fs *ret_fs, struct sealift_error *err);
/* Puts the key record into `store`; NULL: there is none, and nothing to put. */
enum sealift_status new_fs_put_key(struct sealift *sealift, struct new_fs *fs, struct store *store,
                                   struct sealift_error *err);
/* Removes it again, where that is allowed: nothing came of the filesystem. */
void new_fs_take_back_key(struct sealift *sealift, const struct new_fs *fs, struct store *store);
/* Stores the row: from now on the filesystem is known. */
enum sealift_status new_fs_register(struct sealift *sealift, const struct new_fs *fs, struct sealift_error *err);

/* The names that a key record or manifest seals. */
void new_fs_names(const struct table_fs *row, struct private_part *ret_names);

#endif
