#include "tree_entry.h"

#include "error.h"
#include "scoped.h"
#include "tree_entry_fields.h"
#include "varint.h"

#include <assert.h>
#include <string.h>

/* Type, lengths and all fields that have a fixed number of integers. */
#define PLAIN_FIELDS_MAX 256

size_t
tree_entry_bound(const struct tree_entry *entry, const struct tree_list *content)
{
    return PLAIN_FIELDS_MAX + entry->path.len + entry->target.len + entry->xattrs.len +
           (content->count + entry->xattr_extent_count) * TREE_LIST_ITEM_MAX;
}

static enum sealift_status
put_bytes(struct buf *out, enum tree_tag tag, struct bytes value, struct sealift_error *err)
{
    TRY(varint_append(out, tag, err));
    TRY(varint_append(out, value.len, err));
    return buf_append_bytes(out, value, err);
}

static enum sealift_status
put_numbers(struct buf *out, enum tree_tag tag, const uint64_t *numbers, size_t count, struct sealift_error *err)
{
    uint8_t value[4 * VARINT_MAX_SIZE];
    size_t len = 0;

    assert(count <= 4);
    for (size_t i = 0; i < count; i++)
        len += varint_encode(numbers[i], value + len);
    return put_bytes(out, tag, (struct bytes){value, len}, err);
}

#define PUT_NUMBERS(out, tag, err, ...)                                                                                \
    put_numbers(out, tag, (const uint64_t[]){__VA_ARGS__}, sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t), err)

static enum sealift_status
put_content(struct buf *out, const struct tree_list *content, struct tree_frame_builder *frame,
            struct sealift_error *err)
{
    SCOPED(buf_done) struct buf value = {0};
    uint8_t level = (uint8_t)content->level;

    TRY(buf_append(&value, &level, 1, err));
    TRY(tree_list_encode(content, frame, &value, err));
    return put_bytes(out, TAG_CONTENT, buf_bytes(&value), err);
}

static enum sealift_status
put_xattr_list(struct buf *out, const struct tree_entry *entry, struct tree_frame_builder *frame,
               struct sealift_error *err)
{
    struct tree_list list = {.items = entry->xattr_extents, .count = entry->xattr_extent_count};
    SCOPED(buf_done) struct buf value = {0};

    TRY(tree_list_encode(&list, frame, &value, err));
    return put_bytes(out, TAG_XATTR_LIST, buf_bytes(&value), err);
}

static enum sealift_status
put_identity(struct buf *out, const struct tree_entry *entry, struct sealift_error *err)
{
    return PUT_NUMBERS(out, TAG_IDENTITY, err, entry->inode, entry->links, varint_fold(entry->ctime_s),
                       entry->ctime_ns);
}

static enum sealift_status
put_attributes(struct buf *out, const struct tree_entry *entry, struct sealift_error *err)
{
    TRY(PUT_NUMBERS(out, TAG_MODE, err, entry->mode));
    if (entry->inode != 0)
        TRY(put_identity(out, entry, err));
    TRY(PUT_NUMBERS(out, TAG_OWNER, err, entry->uid, entry->gid));
    return PUT_NUMBERS(out, TAG_MTIME, err, varint_fold(entry->mtime_s), entry->mtime_ns);
}

static enum sealift_status
put_rest(struct buf *out, const struct tree_entry *entry, const struct tree_list *content,
         struct tree_frame_builder *frame, struct sealift_error *err)
{
    bool is_device = entry->type == TREE_CHARACTER_DEVICE || entry->type == TREE_BLOCK_DEVICE;

    if (entry->type == TREE_FILE)
        TRY(PUT_NUMBERS(out, TAG_SIZE, err, content->length));
    if (content->count > 0)
        TRY(put_content(out, content, frame, err));
    if (entry->xattrs.len > 0)
        TRY(put_bytes(out, TAG_XATTRS, entry->xattrs, err));
    if (entry->xattr_extent_count > 0)
        TRY(put_xattr_list(out, entry, frame, err));
    if (entry->type == TREE_SYMLINK)
        TRY(put_bytes(out, TAG_TARGET, entry->target, err));
    if (is_device)
        TRY(PUT_NUMBERS(out, TAG_DEVICE, err, entry->major, entry->minor));
    if (entry->has_flags)
        TRY(PUT_NUMBERS(out, TAG_FLAGS, err, entry->flags));
    if (entry->has_project)
        TRY(PUT_NUMBERS(out, TAG_PROJECT, err, entry->project));
    return SEALIFT_OK;
}

/* Fields stand in the order of their tags. */
static enum sealift_status
put_fields(struct buf *out, const struct tree_entry *entry, const struct tree_list *content,
           struct tree_frame_builder *frame, struct sealift_error *err)
{
    if (entry->type != TREE_HARD_LINK) {
        TRY(put_attributes(out, entry, err));
        return put_rest(out, entry, content, frame, err);
    }
    if (entry->inode != 0)
        TRY(put_identity(out, entry, err));
    return put_bytes(out, TAG_TARGET, entry->target, err);
}

static size_t
shared_len(struct bytes a, struct bytes b)
{
    size_t len = 0;

    while (len < a.len && len < b.len && a.data[len] == b.data[len])
        len++;
    return len;
}

enum sealift_status
tree_entry_append(const struct tree_entry *entry, const struct tree_list *content, struct bytes before,
                  struct tree_frame_builder *frame, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf body = {0};
    size_t shared = shared_len(before, entry->path);
    uint8_t type = (uint8_t)entry->type;

    TRY(varint_append(&body, shared, err));
    TRY(varint_append(&body, entry->path.len - shared, err));
    TRY(buf_append(&body, entry->path.data + shared, entry->path.len - shared, err));
    TRY(buf_append(&body, &type, 1, err));
    TRY(put_fields(&body, entry, content, frame, err));

    TRY(varint_append(&frame->items, body.len, err));
    TRY(buf_append_bytes(&frame->items, buf_bytes(&body), err));
    frame->item_count++;
    return SEALIFT_OK;
}
