#include "error.h"
#include "scoped.h"
#include "tree_list.h"
#include "varint.h"

#include <inttypes.h>
#include <string.h>

void
tree_list_cursor_done(struct tree_list_cursor *cursor)
{
    for (unsigned level = 0; level < TREE_MAX_LEVEL; level++)
        tree_frame_done(&cursor->below[level]);
}

void
tree_list_cursor_begin(struct tree_list_cursor *cursor, const struct tree_frame *home, unsigned level,
                       struct bytes items, const uint64_t *size)
{
    cursor->home = home;
    cursor->items = items;
    cursor->level = cursor->at = level;
    cursor->is_sized = size != NULL;
    cursor->left[level] = size != NULL ? *size : UINT64_MAX;
}

static enum sealift_status
malformed(struct sealift_error *err)
{
    return error_set(err, SEALIFT_CORRUPT, "a list of extents that ends too early, or has a number out of bounds");
}

static enum sealift_status
cut_hole(struct bytes *items, struct extent *ret_extent, struct sealift_error *err)
{
    struct extent hole = {.hole = true};

    if (!varint_cut(items, INT64_MAX, &hole.length) || hole.length == 0)
        return malformed(err);
    *ret_extent = hole;
    return SEALIFT_OK;
}

static enum sealift_status
cut_extent(struct bytes *items, const struct tree_frame *frame, struct extent *ret_extent, struct sealift_error *err)
{
    struct extent extent = {0};
    struct bytes id;
    uint64_t index;

    if (!varint_cut(items, UINT32_MAX, &index))
        return malformed(err);
    if (index == 0)
        return cut_hole(items, ret_extent, err);
    TRY(tree_frame_follow(frame, index - 1, SEGMENT_DATA, &extent.frame, err));
    if (!varint_cut_u32(items, FRAME_MAX_PLAIN - 1, &extent.offset) ||
        !varint_cut(items, FRAME_MAX_PLAIN - extent.offset, &extent.length) || extent.length == 0 ||
        !bytes_cut(items, sizeof(extent.id), &id))
        return malformed(err);
    memcpy(extent.id, id.data, id.len);
    *ret_extent = extent;
    return SEALIFT_OK;
}

static enum sealift_status
cut_child(struct bytes *items, const struct tree_frame *frame, struct extent *ret_child, struct sealift_error *err)
{
    struct extent child = {0};
    uint64_t index;

    if (!varint_cut(items, UINT32_MAX, &index) || !varint_cut(items, INT64_MAX, &child.length) || child.length == 0)
        return malformed(err);
    TRY(tree_frame_follow(frame, index, SEGMENT_TREE, &child.frame, err));
    *ret_child = child;
    return SEALIFT_OK;
}

static enum sealift_status
take_length(struct tree_list_cursor *cursor, uint64_t length, struct sealift_error *err)
{
    uint64_t *left = &cursor->left[cursor->at];

    if (length > *left)
        return error_set(err, SEALIFT_CORRUPT, "a list of extents covers more than it should");
    *left -= length;
    return SEALIFT_OK;
}

/* Whether the list that is being read has no more items: then it has to be complete. */
static enum sealift_status
is_read(const struct tree_list_cursor *cursor, bool *ret_end, struct sealift_error *err)
{
    bool is_inline = cursor->at == cursor->level;
    bool end = cursor->items.len == 0;

    if (!is_inline)
        TRY(tree_frame_is_read(&cursor->below[cursor->at], &end, err));
    if (end && cursor->left[cursor->at] > 0 && (!is_inline || cursor->is_sized))
        return error_set(err, SEALIFT_CORRUPT, "a list of extents covers %" PRIu64 " bytes less than it should",
                         cursor->left[cursor->at]);
    *ret_end = end;
    return SEALIFT_OK;
}

static enum sealift_status
cut_item(struct tree_list_cursor *cursor, struct extent *ret_item, struct sealift_error *err)
{
    struct tree_frame *below = cursor->at < cursor->level ? &cursor->below[cursor->at] : NULL;
    const struct tree_frame *frame = below != NULL ? below : cursor->home;
    struct bytes *items = below != NULL ? &below->items : &cursor->items;

    if (below != NULL)
        below->items_left--;
    if (cursor->at == 0)
        return cut_extent(items, frame, ret_item, err);
    return cut_child(items, frame, ret_item, err);
}

static enum sealift_status
descend(struct tree_list_cursor *cursor, const struct extent *child, struct sealift_error *err)
{
    cursor->at--;
    cursor->left[cursor->at] = child->length;
    return tree_frame_load(&cursor->below[cursor->at], cursor->fetch, cursor->context, &child->frame,
                           TREE_FRAME_EXTENTS, cursor->at, err);
}

enum sealift_status
tree_list_cursor_next(struct tree_list_cursor *cursor, struct extent *ret_extent, bool *ret_end,
                      struct sealift_error *err)
{
    for (;;) {
        struct extent item;
        bool end;

        TRY(is_read(cursor, &end, err));
        if (end && cursor->at == cursor->level) {
            *ret_end = true;
            return SEALIFT_OK;
        }
        if (end) {
            cursor->at++;
            continue;
        }
        TRY(cut_item(cursor, &item, err));
        TRY(take_length(cursor, item.length, err));
        if (cursor->at == 0) {
            *ret_extent = item;
            *ret_end = false;
            return SEALIFT_OK;
        }
        TRY(descend(cursor, &item, err));
    }
}
