/* The local KMS's key file: made once, whole or not at all, and overwritten only to be destroyed. */
#ifndef LOCAL_KEY_H
#define LOCAL_KEY_H

#include "secret.h"

/* Reads the key's KEY_SIZE bytes. NOT_FOUND when there is no file, CORRUPT when it has another length; a file that
 * others may read is a warning in the log. */
enum sealift_status local_key_read(const struct world *world, const char *path, struct secret **ret_key,
                                   struct sealift_error *err);

/* Makes the file with a random key, mode 0600, durably. When another process was quicker, its file stands and this is a
 * success. */
enum sealift_status local_key_make(const struct world *world, const char *path, struct sealift_error *err);

/* Overwrites the key, durably, and removes the file. NOT_FOUND when there is none; CONFLICT when the file has other
 * names, by which it may be somebody's backup. Copies of it are not reached. */
enum sealift_status local_key_destroy(const struct world *world, const char *path, struct sealift_error *err);

#endif
