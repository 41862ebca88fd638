#include "branches.h"

#include "error.h"
#include "scoped.h"

#include <stdlib.h>

struct branches {
    struct buf memory; /* the paths, one behind the other */
    struct bytes *paths;
    size_t count;
};

void
branches_free(struct branches **branches)
{
    if (*branches == NULL)
        return;
    buf_done(&(*branches)->memory);
    free((*branches)->paths);
    free(*branches);
    *branches = NULL;
}

/* The buffer moves while it grows: views of it are made at last. */
static enum sealift_status
copy_paths(struct branches *branches, const struct bytes *paths, size_t count, struct sealift_error *err)
{
    const uint8_t *at;

    branches->paths = calloc(count + 1, sizeof(*branches->paths));
    if (branches->paths == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        TRY(buf_append_bytes(&branches->memory, paths[i], err));
    at = branches->memory.data;
    for (size_t i = 0; i < count; at += paths[i].len, i++)
        branches->paths[i] = (struct bytes){at, paths[i].len};
    branches->count = count;
    return SEALIFT_OK;
}

static int
compare_paths(const void *a, const void *b)
{
    return tree_path_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

/* In the tree's order a branch comes right before what lies below it. */
static void
sort_paths(struct branches *branches)
{
    size_t kept = 0;

    qsort(branches->paths, branches->count, sizeof(*branches->paths), compare_paths);
    for (size_t i = 0; i < branches->count; i++)
        if (kept == 0 || !tree_path_is_within(branches->paths[i], branches->paths[kept - 1]))
            branches->paths[kept++] = branches->paths[i];
    branches->count = kept;
}

enum sealift_status
branches_new(const struct bytes *paths, size_t count, struct branches **ret_branches, struct sealift_error *err)
{
    SCOPED(branches_free) struct branches *branches = calloc(1, sizeof(*branches));

    if (branches == NULL)
        return error_no_memory(err);
    TRY(copy_paths(branches, paths, count, err));
    sort_paths(branches);
    *ret_branches = TAKE(branches);
    return SEALIFT_OK;
}

size_t
branches_count(const struct branches *branches)
{
    return branches->count;
}

struct bytes
branches_at(const struct branches *branches, size_t index)
{
    return branches->paths[index];
}

/* The last branch that is not greater is the only one that it can lie in. */
bool
branches_hold(const struct branches *branches, struct bytes path)
{
    size_t low = 0, high = branches->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (tree_path_compare(branches->paths[middle], path) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && tree_path_is_within(path, branches->paths[low - 1]);
}
