#include "trail.h"

#include "error.h"
#include "scoped.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Directories held open: the root, and this many above where the walk stands. */
#define OPEN_MAX_LEVELS 64

struct level {
    struct walk_directory *directory; /* NULL: closed for now */
    uint64_t device;
    uint64_t inode;
    size_t path_len; /* its path is the beginning of trail->path */
};

struct trail {
    struct buf path;
    struct level *levels;
    size_t depth;
    size_t capacity;
};

enum sealift_status
trail_new(struct trail **ret_trail, struct sealift_error *err)
{
    struct trail *trail = calloc(1, sizeof(*trail));

    if (trail == NULL)
        return error_no_memory(err);
    *ret_trail = trail;
    return SEALIFT_OK;
}

void
trail_free(struct trail **trail)
{
    if (*trail == NULL)
        return;
    while (!trail_is_empty(*trail))
        trail_pop(*trail);
    buf_done(&(*trail)->path);
    free((*trail)->levels);
    free(*trail);
    *trail = NULL;
}

static enum sealift_status
make_room(struct trail *trail, struct sealift_error *err)
{
    size_t capacity = trail->capacity != 0 ? 2 * trail->capacity : 64;
    struct level *levels;

    if (trail->depth < trail->capacity)
        return SEALIFT_OK;
    levels = reallocarray(trail->levels, capacity, sizeof(*levels));
    if (levels == NULL)
        return error_no_memory(err);
    trail->levels = levels;
    trail->capacity = capacity;
    return SEALIFT_OK;
}

/* Level `at` was opened: the one that is now too far above it is closed. Entries that hold it keep it open for
 * themselves. */
static void
close_far_above(struct trail *trail, size_t at)
{
    if (at > OPEN_MAX_LEVELS)
        walk_directory_release(&trail->levels[at - OPEN_MAX_LEVELS].directory);
}

static enum sealift_status
append_name(struct trail *trail, const char *name, struct sealift_error *err)
{
    if (trail->path.len > 0)
        TRY(buf_append_text(&trail->path, "/", err));
    return buf_append_text(&trail->path, name, err);
}

enum sealift_status
trail_push(struct trail *trail, const char *name, uint64_t device, uint64_t inode, struct walk_directory **directory,
           struct sealift_error *err)
{
    SCOPED(walk_directory_release) struct walk_directory *held = TAKE(*directory);

    TRY(make_room(trail, err));
    TRY(append_name(trail, name, err));
    trail->levels[trail->depth] = (struct level){TAKE(held), device, inode, trail->path.len};
    close_far_above(trail, trail->depth);
    trail->depth++;
    return SEALIFT_OK;
}

void
trail_pop(struct trail *trail)
{
    assert(trail->depth > 0);
    trail->depth--;
    walk_directory_release(&trail->levels[trail->depth].directory);
    trail->path.len = trail->depth > 0 ? trail->levels[trail->depth - 1].path_len : 0;
}

bool
trail_is_empty(const struct trail *trail)
{
    return trail->depth == 0;
}

struct bytes
trail_path(const struct trail *trail)
{
    return buf_bytes(&trail->path);
}

static void
name_of_level(const struct trail *trail, size_t at, char name[NAME_MAX + 1])
{
    size_t begin = trail->levels[at - 1].path_len;
    size_t len;

    if (begin > 0)
        begin++; /* the slash */
    len = trail->levels[at].path_len - begin;
    assert(len <= NAME_MAX);
    memcpy(name, trail->path.data + begin, len);
    name[len] = '\0';
}

static enum sealift_status
reopen_level(struct trail *trail, size_t at, int *ret_errno, struct sealift_error *err)
{
    struct level *level = &trail->levels[at];
    char name[NAME_MAX + 1];

    name_of_level(trail, at, name);
    TRY(walk_directory_open(trail->levels[at - 1].directory->fd, name, level->device, level->inode, &level->directory,
                            ret_errno, err));
    close_far_above(trail, at);
    return SEALIFT_OK;
}

enum sealift_status
trail_directory(struct trail *trail, struct walk_directory **ret_directory, int *ret_errno, struct sealift_error *err)
{
    size_t top = trail->depth - 1;
    size_t from = top;

    assert(trail->depth > 0);
    while (trail->levels[from].directory == NULL)
        from--; /* the root, level 0, is always open */
    for (size_t at = from + 1; at <= top; at++) {
        TRY(reopen_level(trail, at, ret_errno, err));
        if (trail->levels[at].directory == NULL)
            break;
    }
    *ret_directory = trail->levels[top].directory;
    return SEALIFT_OK;
}
