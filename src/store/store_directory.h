/* A directory that behaves like a bucket: file:///path. */
#ifndef STORE_DIRECTORY_H
#define STORE_DIRECTORY_H

#include "store.h"

/* `path` is absolute and must exist, unless `create` (then it is made, with its parents, mode 0700). Objects are files;
 * one is published by writing and syncing a temporary file, link() (which refuses a taken name: the conditional PUT)
 * and syncing the folder. Temporary files of dead processes are cleaned as they are met. A checksum is not kept: head()
 * reads nothing. */
enum sealift_status store_directory_open(const struct world *world, const char *path, bool create,
                                         struct store **ret_store, struct sealift_error *err);

#endif
