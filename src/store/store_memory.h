/* A store in memory, for tests. */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "store.h"

enum sealift_status store_memory_new(struct store **ret_store, struct sealift_error *err);

/* Replaces an object's bytes behind the store's back, as somebody who may write to the bucket does: size and checksum
 * are those of the new bytes. NOT_FOUND when it is not there. */
enum sealift_status store_memory_overwrite(struct store *store, const char *name, struct bytes data,
                                           struct sealift_error *err);

#endif
