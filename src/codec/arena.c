#include "arena.h"

#include "wiping_heap.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#define FIRST_BLOCK   ((size_t)4 << 10)
#define LARGEST_BLOCK ((size_t)1 << 20)

struct arena_block {
    struct arena_block *older;
    size_t capacity;
    size_t used;
    alignas(max_align_t) uint8_t room[];
};

void
arena_done(struct arena *arena)
{
    while (arena->newest != NULL) {
        struct arena_block *block = arena->newest;

        arena->newest = block->older;
        wiping_heap_free(block);
    }
}

/* Blocks double, so that a small document costs one small block and a large one few large ones. */
static bool
add_block(struct arena *arena, size_t least)
{
    size_t capacity = arena->newest != NULL ? arena->newest->capacity * 2 : FIRST_BLOCK;
    struct arena_block *block;

    if (capacity > LARGEST_BLOCK)
        capacity = LARGEST_BLOCK;
    if (capacity < least)
        capacity = least;
    block = wiping_heap_malloc(sizeof(*block) + capacity);
    if (block == NULL)
        return false;
    block->older = arena->newest;
    block->capacity = capacity;
    arena->newest = block;
    return true;
}

void *
arena_take(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->newest;
    uint8_t *piece;

    if (size > SIZE_MAX / 4)
        return NULL;
    size = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    if (block == NULL || block->capacity - block->used < size) {
        if (!add_block(arena, size))
            return NULL;
        block = arena->newest;
    }
    piece = block->room + block->used;
    block->used += size;
    return piece;
}
