/* An arena: memory that is handed out piece by piece and goes as a whole, wiped, because JSON strings
 * may be secrets. */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *newest; /* the zero value is an empty arena */
};

void arena_done(struct arena *arena);

/* `size` bytes, zeroed and aligned for any type; NULL when memory is short. */
void *arena_take(struct arena *arena, size_t size);

#endif
