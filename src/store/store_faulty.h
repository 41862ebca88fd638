/* A store around another one that fails where a test wants it. */
#ifndef STORE_FAULTY_H
#define STORE_FAULTY_H

#include "store.h"

enum store_operation { STORE_PUT, STORE_GET, STORE_HEAD, STORE_LIST, STORE_DELETE };

/* Asked before each operation: OK lets it through; another status is returned instead of doing it. `after` set to true
 * by the hook: the operation is done first, and its success is then reported as that failure (a lost answer). */
typedef enum sealift_status store_fault(void *context, enum store_operation operation, const char *name, bool *after,
                                        struct sealift_error *err);

/* `inner` stays the caller's and must outlive it. Without `fault` nothing fails: it is `inner`, for who frees what it
 * is given. */
enum sealift_status store_faulty_new(struct store *inner, store_fault *fault, void *context, struct store **ret_store,
                                     struct sealift_error *err);

#endif
