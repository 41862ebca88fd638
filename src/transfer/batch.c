#include "batch.h"

#include "error.h"

#include <stdlib.h>

enum sealift_status
batch_new(size_t capacity, struct batch **ret_batch, struct sealift_error *err)
{
    struct batch *batch = calloc(1, sizeof(*batch) + capacity * sizeof(struct batch_item));

    if (batch == NULL)
        return error_no_memory(err);
    *ret_batch = batch;
    return SEALIFT_OK;
}

static void
free_item(struct batch_item *item)
{
    if (item->large != NULL)
        large_file_release(&item->large);
    else
        walk_entry_free(&item->entry);
    buf_done(&item->owned);
    free(item->extents.items);
    free(item->xattr_extents.items);
}

void
batch_free(struct batch **batch)
{
    if (*batch == NULL)
        return;
    for (size_t i = 0; i < (*batch)->count; i++)
        free_item(&(*batch)->items[i]);
    free(*batch);
    *batch = NULL;
}

enum sealift_status
large_file_new(struct walk_entry *entry, struct large_file **ret_large, struct sealift_error *err)
{
    struct large_file *large = calloc(1, sizeof(*large));

    if (large == NULL)
        return error_no_memory(err);
    atomic_store(&large->parts, 1);
    large->entry = entry;
    *ret_large = large;
    return SEALIFT_OK;
}

void
large_file_release(struct large_file **large)
{
    if (*large != NULL && atomic_fetch_sub(&(*large)->parts, 1) == 1) {
        walk_entry_free(&(*large)->entry);
        free(*large);
    }
    *large = NULL;
}

enum sealift_status
extent_list_add(struct extent_list *list, const struct extent *extent, struct sealift_error *err)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity != 0 ? list->capacity * 2 : 1;
        struct extent *items = realloc(list->items, capacity * sizeof(*items));

        if (items == NULL)
            return error_no_memory(err);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *extent;
    return SEALIFT_OK;
}
