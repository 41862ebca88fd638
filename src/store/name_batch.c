#include "name_batch.h"

#include "error.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

static void
drop_from(struct name_batch *batch, size_t first)
{
    for (size_t i = first; i < batch->count; i++)
        free(batch->names[i]);
    batch->count = first;
}

void
name_batch_done(struct name_batch *batch)
{
    drop_from(batch, 0);
    free(batch->names);
    free(batch->ceiling);
    *batch = (struct name_batch){0};
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void
name_batch_sort(struct name_batch *batch)
{
    if (batch->count > 1)
        qsort(batch->names, batch->count, sizeof(char *), compare_names);
}

static enum sealift_status
grow(struct name_batch *batch, struct sealift_error *err)
{
    size_t capacity = batch->capacity != 0 ? 2 * batch->capacity : 64;
    char **names = reallocarray(batch->names, capacity, sizeof(char *));

    if (names == NULL)
        return error_no_memory(err);
    batch->names = names;
    batch->capacity = capacity;
    return SEALIFT_OK;
}

/* Half of a full batch goes, so that a name costs O(log NAME_BATCH_MAX) on average. */
static void
keep_smaller_half(struct name_batch *batch)
{
    name_batch_sort(batch);
    free(batch->ceiling);
    batch->ceiling = TAKE(batch->names[batch->count / 2]);
    drop_from(batch, batch->count / 2);
}

enum sealift_status
name_batch_add(struct name_batch *batch, const char *name, struct sealift_error *err)
{
    if (batch->ceiling != NULL && strcmp(name, batch->ceiling) >= 0)
        return SEALIFT_OK;
    if (batch->count == NAME_BATCH_MAX) {
        keep_smaller_half(batch);
        return name_batch_add(batch, name, err);
    }
    if (batch->count == batch->capacity)
        TRY(grow(batch, err));
    TRY(text_copy(name, &batch->names[batch->count], err));
    batch->count++;
    return SEALIFT_OK;
}
