/* Tree frames kept in memory: a sink for tree_writer and a fetch for tree_reader. For tests; link `format`. */
#ifndef FRAME_SHELF_H
#define FRAME_SHELF_H

#include "error.h"
#include "scoped.h"
#include "tree.h"

#include <stdlib.h>

#define FRAME_SHELF_ROW 32 /* frames of a segment */

struct frame_shelf {
    struct buf *frames;
    size_t count, capacity;
    size_t fetches;
};

static inline void
frame_shelf_done(struct frame_shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++)
        buf_done(&shelf->frames[i]);
    free(shelf->frames);
    *shelf = (struct frame_shelf){0};
}

static inline struct frame_ref
frame_shelf_ref(size_t index)
{
    uint32_t place = (uint32_t)(index % FRAME_SHELF_ROW);

    return (struct frame_ref){
        .segment = {.kind = SEGMENT_TREE, .upload = {{7}}, .number = (uint32_t)(index / FRAME_SHELF_ROW), .salt = {9}},
        .offset = SEGMENT_HEADER_SIZE + place * (uint32_t)FRAME_MAX_SIZE,
        .size = FRAME_MAX_SIZE,
        .number = place};
}

static inline enum sealift_status
frame_shelf_sink(void *context, struct bytes plain, struct frame_ref *ret_ref, struct sealift_error *err)
{
    struct frame_shelf *shelf = context;

    if (plain.len == 0 || plain.len > FRAME_MAX_PLAIN)
        return error_set(err, SEALIFT_INTERNAL, "a frame of %zu bytes", plain.len);
    if (shelf->count == shelf->capacity) {
        shelf->capacity = shelf->capacity * 2 + 16;
        shelf->frames = reallocarray(shelf->frames, shelf->capacity, sizeof(*shelf->frames));
    }
    shelf->frames[shelf->count] = (struct buf){0};
    TRY(buf_append_bytes(&shelf->frames[shelf->count], plain, err));
    *ret_ref = frame_shelf_ref(shelf->count++);
    return SEALIFT_OK;
}

static inline enum sealift_status
frame_shelf_fetch(void *context, const struct frame_ref *ref, struct buf *out, struct sealift_error *err)
{
    struct frame_shelf *shelf = context;
    size_t index = (size_t)ref->segment.number * FRAME_SHELF_ROW + ref->number;

    shelf->fetches++;
    buf_clear(out);
    if (index >= shelf->count)
        return error_set(err, SEALIFT_CORRUPT, "no such frame");
    return buf_append_bytes(out, buf_bytes(&shelf->frames[index]), err);
}

#endif
