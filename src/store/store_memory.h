/* A store in memory, for tests; and a store that fails where a test wants it. */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "store.h"

enum sealift_status store_memory_new(struct store **ret_store, struct sealift_error *err);

/* Replaces an object's bytes behind the store's back: what an attacker, or a bad disk, does. */
enum sealift_status store_memory_overwrite(struct store *store, const char *name, struct bytes data,
                                           struct sealift_error *err);

#endif
