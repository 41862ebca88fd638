#include "tree_list.h"

#include "scoped.h"
#include "varint.h"

static enum sealift_status
encode_hole(const struct extent *hole, struct buf *out, struct sealift_error *err)
{
    TRY(varint_append(out, 0, err));
    return varint_append(out, hole->length, err);
}

static enum sealift_status
encode_piece(const struct extent *piece, struct tree_frame_builder *frame, struct buf *out, struct sealift_error *err)
{
    uint32_t index;

    TRY(tree_frame_refer(frame, &piece->frame, &index, err));
    TRY(varint_append(out, (uint64_t)index + 1, err)); /* 0 is a hole */
    TRY(varint_append(out, piece->offset, err));
    TRY(varint_append(out, piece->length, err));
    return buf_append(out, piece->id, sizeof(piece->id), err);
}

static enum sealift_status
encode_child(const struct extent *child, struct tree_frame_builder *frame, struct buf *out, struct sealift_error *err)
{
    uint32_t index;

    TRY(tree_frame_refer(frame, &child->frame, &index, err));
    TRY(varint_append(out, index, err));
    return varint_append(out, child->length, err);
}

enum sealift_status
tree_list_encode(const struct tree_list *list, struct tree_frame_builder *frame, struct buf *out,
                 struct sealift_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct extent *item = &list->items[i];

        if (list->level > 0)
            TRY(encode_child(item, frame, out, err));
        else if (item->hole)
            TRY(encode_hole(item, out, err));
        else
            TRY(encode_piece(item, frame, out, err));
    }
    return SEALIFT_OK;
}
