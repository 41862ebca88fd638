#include "batch.h"

#include "error.h"
#include "scoped.h"

#include <stdlib.h>

enum sealift_status
batch_new(size_t capacity, struct batch **ret_batch, struct sealift_error *err)
{
    struct batch *batch = calloc(1, sizeof(*batch) + capacity * sizeof(struct batch_item));

    if (batch == NULL)
        return error_no_memory(err);
    batch->memory = sizeof(*batch) + capacity * sizeof(struct batch_item);
    *ret_batch = batch;
    return SEALIFT_OK;
}

/* A file's extent and a link's target come with the worker; what malloc() keeps beside each piece counts, too. How long
 * a target is the walk does not say, so it is taken to be as long as it can be. */
static size_t
memory_of(const struct walk_entry *entry)
{
    size_t target = entry->meta.type == TREE_SYMLINK ? TREE_TARGET_MAX : entry->meta.target.len;

    return sizeof(*entry) + entry->meta.path.len + sizeof(struct extent) + target + 32;
}

struct batch_item *
batch_add(struct batch *batch, struct walk_entry **entry)
{
    struct batch_item *item = &batch->items[batch->count++];

    batch->memory += memory_of(*entry);
    *item = (struct batch_item){.entry = TAKE(*entry), .first = true, .last = true};
    return item;
}

enum sealift_status
batch_new_part(struct large_file *large, const struct file_part *part, struct batch **ret_batch,
               struct sealift_error *err)
{
    struct batch *batch;

    TRY(batch_new(1, &batch, err));
    atomic_fetch_add(&large->parts, 1);
    batch->count = 1;
    batch->items[0] = (struct batch_item){
        .entry = large->entry,
        .large = large,
        .part = *part,
        .first = part->from == 0,
        .last = part->to == large->entry->meta.size,
    };
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
