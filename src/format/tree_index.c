#include "tree_index.h"

#include "error.h"
#include "scoped.h"
#include "varint.h"

#include <stdlib.h>

#define ITEM_MAX (TREE_REF_MAX + 3 + 2 + TREE_KEY_MAX)

/* The index frame of one level that is being filled. */
struct level {
    struct tree_frame_builder frame;
    struct buf first_key;
    struct frame_ref first; /* what its first item refers to */
    bool was_sent;          /* an earlier frame of this level is in the level above */
};

struct tree_index_writer {
    struct tree_cutter *cutter;
    tree_sink *sink;
    void *context;
    struct buf plain;
    struct level levels[TREE_MAX_LEVEL + 1]; /* level 0, the entries, stays empty */
    unsigned top;                            /* the highest that was begun */
};

struct bytes
tree_key_of(struct bytes path)
{
    return (struct bytes){path.data, path.len < TREE_KEY_MAX ? path.len : TREE_KEY_MAX};
}

enum sealift_status
tree_index_writer_new(struct tree_cutter *cutter, tree_sink *sink, void *context, struct tree_index_writer **ret_writer,
                      struct sealift_error *err)
{
    struct tree_index_writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL)
        return error_no_memory(err);
    writer->cutter = cutter;
    writer->sink = sink;
    writer->context = context;
    *ret_writer = writer;
    return SEALIFT_OK;
}

void
tree_index_writer_free(struct tree_index_writer **writer)
{
    if (*writer != NULL) {
        for (unsigned level = 1; level <= (*writer)->top; level++) {
            tree_frame_builder_done(&(*writer)->levels[level].frame);
            buf_done(&(*writer)->levels[level].first_key);
        }
        buf_done(&(*writer)->plain);
    }
    free(*writer);
    *writer = NULL;
}

static enum sealift_status
begin_level(struct tree_index_writer *writer, unsigned level, struct sealift_error *err)
{
    if (level > TREE_MAX_LEVEL)
        return error_set(err, SEALIFT_INVALID, "more entries than a tree can hold");
    if (level > writer->top)
        writer->top = level;
    return tree_frame_builder_begin(&writer->levels[level].frame, TREE_FRAME_INDEX, level, err);
}

static enum sealift_status
send_level(struct tree_index_writer *writer, unsigned level, struct frame_ref *ret_ref, struct sealift_error *err)
{
    struct level *from = &writer->levels[level];

    buf_clear(&writer->plain);
    TRY(tree_frame_encode(&from->frame, &writer->plain, err));
    TRY(writer->sink(writer->context, buf_bytes(&writer->plain), ret_ref, err));
    from->was_sent = true;
    return tree_frame_builder_begin(&from->frame, TREE_FRAME_INDEX, level, err);
}

static enum sealift_status
append_item(struct level *to, struct bytes key, const struct frame_ref *ref, struct sealift_error *err)
{
    uint32_t index;

    if (to->frame.item_count == 0) {
        buf_clear(&to->first_key);
        TRY(buf_append_bytes(&to->first_key, key, err));
        to->first = *ref;
    }
    TRY(tree_frame_refer(&to->frame, ref, &index, err));
    TRY(varint_append(&to->frame.items, index, err));
    TRY(varint_append(&to->frame.items, key.len, err));
    TRY(buf_append_bytes(&to->frame.items, key, err));
    to->frame.item_count++;
    return SEALIFT_OK;
}

/* Adds a frame of the level below; when that ends a frame of this level, goes on with that one level up. */
static enum sealift_status
add_item(struct tree_index_writer *writer, unsigned level, struct bytes key, struct frame_ref ref,
         struct sealift_error *err)
{
    bool cut = true;

    for (; cut; level++) {
        struct level *to = &writer->levels[level];
        size_t before;

        if (level > writer->top)
            TRY(begin_level(writer, level, err));
        before = to->frame.items.len;
        TRY(append_item(to, key, &ref, err));
        TRY(tree_cutter_cuts(writer->cutter, &to->frame, key, to->frame.items.len - before, &cut, err));
        cut = cut || tree_frame_size(&to->frame) + ITEM_MAX > TREE_CUT_CEILING;
        if (cut) {
            TRY(send_level(writer, level, &ref, err));
            key = buf_bytes(&to->first_key);
        }
    }
    return SEALIFT_OK;
}

enum sealift_status
tree_index_writer_add(struct tree_index_writer *writer, struct bytes first_path, const struct frame_ref *ref,
                      struct sealift_error *err)
{
    return add_item(writer, 1, tree_key_of(first_path), *ref, err);
}

/* A level with one frame below it, ever, is no level: that frame is the root. */
static bool
is_root_below(const struct tree_index_writer *writer, unsigned level)
{
    const struct level *top = &writer->levels[level];

    return level == writer->top && !top->was_sent && top->frame.item_count == 1;
}

enum sealift_status
tree_index_writer_finish(struct tree_index_writer *writer, struct tree_root *ret_root, struct sealift_error *err)
{
    unsigned level = 1;

    for (; !is_root_below(writer, level); level++) {
        struct frame_ref ref;

        if (writer->levels[level].frame.item_count == 0)
            continue;
        TRY(send_level(writer, level, &ref, err));
        TRY(add_item(writer, level + 1, buf_bytes(&writer->levels[level].first_key), ref, err));
    }
    *ret_root = (struct tree_root){.frame = writer->levels[level].first, .level = level - 1};
    return SEALIFT_OK;
}

enum sealift_status
tree_index_cut(struct tree_frame *frame, struct bytes *ret_key, struct frame_ref *ret_ref, struct sealift_error *err)
{
    struct bytes key;
    uint64_t index;

    if (!varint_cut(&frame->items, UINT32_MAX, &index) || !varint_cut_bytes(&frame->items, &key) ||
        key.len > TREE_KEY_MAX)
        return error_set(err, SEALIFT_CORRUPT, "an index that ends too early, or has a key that is too long");
    TRY(tree_frame_follow(frame, index, SEGMENT_TREE, ret_ref, err));
    frame->items_left--;
    *ret_key = key;
    return SEALIFT_OK;
}
