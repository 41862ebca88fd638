#include "error.h"
#include "scoped.h"
#include "tree_list.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The list of one level as far as it has not been sent: extents at level 0, frames of the level below above it. */
struct level {
    struct extent *items; /* room for TREE_CUT_LIST_MAX, once it is used */
    size_t count;
    uint64_t length;
};

struct tree_list_writer {
    struct tree_cutter *cutter;
    tree_sink *sink;
    void *context;
    struct tree_frame_builder frame; /* while one is made */
    struct buf plain;
    struct level levels[TREE_MAX_LEVEL + 1];
    unsigned top; /* the highest that has anything */
};

enum sealift_status
tree_list_writer_new(struct tree_cutter *cutter, tree_sink *sink, void *context, struct tree_list_writer **ret_writer,
                     struct sealift_error *err)
{
    struct tree_list_writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL)
        return error_no_memory(err);
    writer->cutter = cutter;
    writer->sink = sink;
    writer->context = context;
    *ret_writer = writer;
    return SEALIFT_OK;
}

void
tree_list_writer_free(struct tree_list_writer **writer)
{
    if (*writer != NULL) {
        for (unsigned level = 0; level <= TREE_MAX_LEVEL; level++)
            free((*writer)->levels[level].items);
        tree_frame_builder_done(&(*writer)->frame);
        buf_done(&(*writer)->plain);
    }
    free(*writer);
    *writer = NULL;
}

void
tree_list_writer_begin(struct tree_list_writer *writer)
{
    for (unsigned level = 0; level <= writer->top; level++)
        writer->levels[level].count = writer->levels[level].length = 0;
    writer->top = 0;
}

static struct tree_list
list_of(const struct tree_list_writer *writer, unsigned level)
{
    const struct level *from = &writer->levels[level];

    return (struct tree_list){.level = level, .items = from->items, .count = from->count, .length = from->length};
}

/* Sends what the level holds as an extents frame; *ret_child stands for it in the level above. */
static enum sealift_status
send_level(struct tree_list_writer *writer, unsigned level, struct extent *ret_child, struct sealift_error *err)
{
    struct level *from = &writer->levels[level];
    struct tree_list list = list_of(writer, level);
    struct extent child = {.length = from->length};

    TRY(tree_frame_builder_begin(&writer->frame, TREE_FRAME_EXTENTS, level, err));
    TRY(tree_list_encode(&list, &writer->frame, &writer->frame.items, err));
    writer->frame.item_count = list.count;
    buf_clear(&writer->plain);
    TRY(tree_frame_encode(&writer->frame, &writer->plain, err));
    TRY(writer->sink(writer->context, buf_bytes(&writer->plain), &child.frame, err));

    memcpy(child.id, from->items[from->count - 1].id, sizeof(child.id));
    from->count = from->length = 0;
    *ret_child = child;
    return SEALIFT_OK;
}

static enum sealift_status
append_item(struct tree_list_writer *writer, unsigned level, const struct extent *item, struct sealift_error *err)
{
    struct level *to = &writer->levels[level];

    if (to->items == NULL)
        to->items = calloc(TREE_CUT_LIST_MAX, sizeof(*to->items));
    if (to->items == NULL)
        return error_no_memory(err);
    to->items[to->count++] = *item;
    to->length += item->length;
    if (level > writer->top)
        writer->top = level;
    return SEALIFT_OK;
}

/* Adds the item to its level; when that ends a frame, the frame to the level above; and so on. */
static enum sealift_status
add_item(struct tree_list_writer *writer, unsigned level, struct extent item, struct sealift_error *err)
{
    bool cut = true;

    for (; cut; level++) {
        if (level > TREE_MAX_LEVEL)
            return error_set(err, SEALIFT_INVALID, "a file has more pieces than a tree can hold");
        TRY(append_item(writer, level, &item, err));
        TRY(tree_cutter_cuts_list(writer->cutter, level, writer->levels[level].count, BYTES_OF(item.id), &cut, err));
        if (cut)
            TRY(send_level(writer, level, &item, err));
    }
    return SEALIFT_OK;
}

enum sealift_status
tree_list_writer_add(struct tree_list_writer *writer, const struct extent *extent, struct sealift_error *err)
{
    assert(extent->length > 0);
    if (extent->hole)
        return add_item(writer, 0, (struct extent){.hole = true, .length = extent->length}, err);
    return add_item(writer, 0, *extent, err);
}

enum sealift_status
tree_list_writer_end(struct tree_list_writer *writer, struct tree_list *ret_list, struct sealift_error *err)
{
    for (unsigned level = 0; level < writer->top || writer->levels[level].count > TREE_INLINE_MAX; level++) {
        struct extent child;

        if (writer->levels[level].count == 0)
            continue;
        TRY(send_level(writer, level, &child, err));
        TRY(add_item(writer, level + 1, child, err));
    }
    *ret_list = list_of(writer, writer->top);
    return SEALIFT_OK;
}
