/* How many objects a store has whose names begin so. */
#ifndef OBJECT_COUNT_H
#define OBJECT_COUNT_H

#include "store.h"

#include <criterion/criterion.h>

static inline enum sealift_status
object_count_one(void *context, const struct store_object *object, struct sealift_error *err)
{
    size_t *count = context;

    (void)object;
    (void)err;
    ++*count;
    return SEALIFT_OK;
}

static inline size_t
object_count(struct store *store, const char *prefix)
{
    struct sealift_error err;
    size_t count = 0;

    cr_assert_eq(store_list(store, prefix, NULL, object_count_one, &count, &err), SEALIFT_OK, "%s", err.message);
    return count;
}

#endif
