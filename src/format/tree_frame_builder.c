#include "error.h"
#include "scoped.h"
#include "tree_frame.h"
#include "varint.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A frame refers to at most FRAME_MAX_PLAIN / 12 others; below three quarters full, a search takes a few steps. */
#define SLOTS ((size_t)1 << 17)

struct tree_frame_known {
    uint32_t segment; /* index into segments */
    uint32_t offset;
};

void
tree_frame_builder_done(struct tree_frame_builder *builder)
{
    buf_done(&builder->items);
    buf_done(&builder->segment_table);
    buf_done(&builder->frame_table);
    free(builder->segments);
    free(builder->frames);
    free(builder->slots);
    *builder = (struct tree_frame_builder){0};
}

enum sealift_status
tree_frame_builder_begin(struct tree_frame_builder *builder, enum tree_frame_kind kind, unsigned level,
                         struct sealift_error *err)
{
    builder->kind = kind;
    builder->level = level;
    builder->item_count = 0;
    builder->segment_count = 0;
    builder->frame_count = 0;
    buf_clear(&builder->items);
    buf_clear(&builder->segment_table);
    buf_clear(&builder->frame_table);
    if (builder->slots == NULL)
        builder->slots = calloc(SLOTS, sizeof(*builder->slots));
    else
        memset(builder->slots, 0, SLOTS * sizeof(*builder->slots));
    return builder->slots != NULL ? SEALIFT_OK : error_no_memory(err);
}

/* Room for one more element; the arrays are small beside the frame. */
static enum sealift_status
grow(void **array, size_t count, size_t *capacity, size_t element_size, struct sealift_error *err)
{
    size_t wanted = *capacity != 0 ? *capacity * 2 : 64;
    void *grown;

    if (count < *capacity)
        return SEALIFT_OK;
    grown = reallocarray(*array, wanted, element_size);
    if (grown == NULL)
        return error_no_memory(err);
    *array = grown;
    *capacity = wanted;
    return SEALIFT_OK;
}

static enum sealift_status
append_segment(struct tree_frame_builder *builder, const struct segment_id *segment, struct sealift_error *err)
{
    struct buf *table = &builder->segment_table;
    uint8_t kind = (uint8_t)segment->kind;

    TRY(grow((void **)&builder->segments, builder->segment_count, &builder->segment_capacity,
             sizeof(*builder->segments), err));
    TRY(buf_append(table, &kind, 1, err));
    TRY(buf_append(table, segment->upload.bytes, sizeof(segment->upload.bytes), err));
    TRY(varint_append(table, segment->number, err));
    TRY(buf_append(table, segment->salt, sizeof(segment->salt), err));
    builder->segments[builder->segment_count++] = *segment;
    return SEALIFT_OK;
}

/* From the end, since what comes next mostly lies where the last one did. */
static enum sealift_status
refer_to_segment(struct tree_frame_builder *builder, const struct segment_id *segment, uint32_t *ret_index,
                 struct sealift_error *err)
{
    size_t index = builder->segment_count;

    while (index > 0 && !segment_id_equal(&builder->segments[index - 1], segment))
        index--;
    if (index == 0) {
        TRY(append_segment(builder, segment, err));
        index = builder->segment_count;
    }
    *ret_index = (uint32_t)index - 1;
    return SEALIFT_OK;
}

/* The slot of the frame, or the free one where it belongs. */
static uint32_t *
find_slot(const struct tree_frame_builder *builder, uint32_t segment, uint32_t offset)
{
    uint64_t hash = ((uint64_t)segment << 32 | offset) * 0x9e3779b97f4a7c15u;
    size_t at = (size_t)(hash >> 40);

    for (;; at++) {
        uint32_t *slot = &builder->slots[at % SLOTS];
        const struct tree_frame_known *known = *slot != 0 ? &builder->frames[*slot - 1] : NULL;

        if (known == NULL || (known->segment == segment && known->offset == offset))
            return slot;
    }
}

static enum sealift_status
append_frame(struct tree_frame_builder *builder, uint32_t segment, const struct frame_ref *ref,
             struct sealift_error *err)
{
    struct buf *table = &builder->frame_table;

    assert(builder->frame_count < SLOTS / 4 * 3);
    TRY(grow((void **)&builder->frames, builder->frame_count, &builder->frame_capacity, sizeof(*builder->frames), err));
    TRY(varint_append(table, segment, err));
    TRY(varint_append(table, ref->offset, err));
    TRY(varint_append(table, ref->size, err));
    TRY(varint_append(table, ref->number, err));
    builder->frames[builder->frame_count++] = (struct tree_frame_known){segment, ref->offset};
    return SEALIFT_OK;
}

enum sealift_status
tree_frame_refer(struct tree_frame_builder *builder, const struct frame_ref *ref, uint32_t *ret_index,
                 struct sealift_error *err)
{
    uint32_t segment, *slot;

    assert(frame_ref_is_possible(ref));
    TRY(refer_to_segment(builder, &ref->segment, &segment, err));
    slot = find_slot(builder, segment, ref->offset);
    if (*slot == 0) {
        TRY(append_frame(builder, segment, ref, err));
        *slot = (uint32_t)builder->frame_count;
    }
    *ret_index = *slot - 1;
    return SEALIFT_OK;
}

size_t
tree_frame_size(const struct tree_frame_builder *builder)
{
    return 2 + 3 * VARINT_MAX_SIZE + builder->segment_table.len + builder->frame_table.len + builder->items.len;
}

enum sealift_status
tree_frame_encode(const struct tree_frame_builder *builder, struct buf *out, struct sealift_error *err)
{
    uint8_t head[2] = {(uint8_t)builder->kind, (uint8_t)builder->level};

    TRY(buf_append(out, head, sizeof(head), err));
    TRY(varint_append(out, builder->segment_count, err));
    TRY(buf_append_bytes(out, buf_bytes(&builder->segment_table), err));
    TRY(varint_append(out, builder->frame_count, err));
    TRY(buf_append_bytes(out, buf_bytes(&builder->frame_table), err));
    TRY(varint_append(out, builder->item_count, err));
    return buf_append_bytes(out, buf_bytes(&builder->items), err);
}
