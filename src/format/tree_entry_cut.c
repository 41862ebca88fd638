#include "error.h"
#include "scoped.h"
#include "tree_entry.h"
#include "tree_entry_fields.h"
#include "varint.h"
#include "xattr_set.h"

#include <inttypes.h>
#include <string.h>

#define BIT(tag)         (UINT32_C(1) << (tag))
#define ATTRIBUTES       (BIT(TAG_MODE) | BIT(TAG_OWNER) | BIT(TAG_MTIME))
#define MORE_OF_AN_INODE (BIT(TAG_IDENTITY) | BIT(TAG_XATTRS) | BIT(TAG_XATTR_LIST) | BIT(TAG_FLAGS) | BIT(TAG_PROJECT))
#define MAX_NS           999999999

/* Which fields an entry of each type must have, and which it may have besides. */
static const struct {
    uint32_t must, may;
} fields_of_type[] = {
    [TREE_FILE] = {ATTRIBUTES | BIT(TAG_SIZE), MORE_OF_AN_INODE | BIT(TAG_CONTENT)},
    [TREE_DIRECTORY] = {ATTRIBUTES, MORE_OF_AN_INODE},
    [TREE_SYMLINK] = {ATTRIBUTES | BIT(TAG_TARGET), MORE_OF_AN_INODE},
    [TREE_FIFO] = {ATTRIBUTES, MORE_OF_AN_INODE},
    [TREE_SOCKET] = {ATTRIBUTES, MORE_OF_AN_INODE},
    [TREE_CHARACTER_DEVICE] = {ATTRIBUTES | BIT(TAG_DEVICE), MORE_OF_AN_INODE},
    [TREE_BLOCK_DEVICE] = {ATTRIBUTES | BIT(TAG_DEVICE), MORE_OF_AN_INODE},
    [TREE_HARD_LINK] = {BIT(TAG_TARGET), BIT(TAG_IDENTITY)},
};

static enum sealift_status
from_later(struct sealift_error *err, const char *what, uint64_t which)
{
    return error_set(err, SEALIFT_INVALID, "has %s %" PRIu64 ", made by a later sealift: upgrade this one", what,
                     which);
}

static bool
take_all(struct bytes *value, struct bytes *ret_all)
{
    return bytes_cut(value, value->len, ret_all) && ret_all->len > 0;
}

static bool
cut_content(struct bytes *value, struct tree_content *content)
{
    struct bytes level;

    if (!bytes_cut(value, 1, &level) || level.data[0] > TREE_MAX_LEVEL)
        return false;
    content->level = level.data[0];
    return take_all(value, &content->items);
}

/* Reads the value of a field that we know; false when it is not all that the field is. */
static bool
cut_field(enum tree_tag tag, struct bytes *value, struct tree_entry *entry, struct tree_content *content)
{
    switch (tag) {
    case TAG_MODE:
        return varint_cut_u32(value, 07777, &entry->mode);
    case TAG_IDENTITY:
        return varint_cut(value, UINT64_MAX, &entry->inode) && varint_cut(value, UINT64_MAX, &entry->links) &&
               varint_cut_signed(value, &entry->ctime_s) && varint_cut_u32(value, MAX_NS, &entry->ctime_ns);
    case TAG_OWNER:
        return varint_cut_u32(value, UINT32_MAX, &entry->uid) && varint_cut_u32(value, UINT32_MAX, &entry->gid);
    case TAG_MTIME:
        return varint_cut_signed(value, &entry->mtime_s) && varint_cut_u32(value, MAX_NS, &entry->mtime_ns);
    case TAG_SIZE:
        return varint_cut(value, INT64_MAX, &entry->size);
    case TAG_CONTENT:
        return cut_content(value, content);
    case TAG_XATTRS:
        return take_all(value, &entry->xattrs) && entry->xattrs.len <= TREE_XATTRS_MAX;
    case TAG_XATTR_LIST:
        return take_all(value, &entry->xattr_list);
    case TAG_TARGET:
        return take_all(value, &entry->target);
    case TAG_DEVICE:
        return varint_cut_u32(value, UINT32_MAX, &entry->major) && varint_cut_u32(value, UINT32_MAX, &entry->minor);
    case TAG_FLAGS:
        entry->has_flags = true;
        return varint_cut_u32(value, UINT32_MAX, &entry->flags);
    case TAG_PROJECT:
        entry->has_project = true;
        return varint_cut_u32(value, UINT32_MAX, &entry->project);
    }
    return false;
}

static bool
is_known(uint64_t tag)
{
    return tag == TAG_IDENTITY || (tag % 2 == 1 && tag <= TAG_PROJECT);
}

static enum sealift_status
cut_fields(struct bytes *from, struct tree_entry *entry, struct tree_content *content, uint32_t *ret_present,
           struct sealift_error *err)
{
    uint32_t present = 0;
    struct bytes value;

    for (uint64_t tag, last = 0; from->len > 0; last = tag) {
        if (!varint_cut(from, UINT64_MAX, &tag) || tag <= last || !varint_cut_bytes(from, &value))
            return error_set(err, SEALIFT_CORRUPT, "has fields that are malformed or out of order");
        if (!is_known(tag) && tag % 2 == 1)
            return from_later(err, "field", tag);
        if (!is_known(tag))
            continue;
        if (!cut_field((enum tree_tag)tag, &value, entry, content) || value.len > 0)
            return error_set(err, SEALIFT_CORRUPT, "has a malformed field %" PRIu64, tag);
        present |= BIT(tag);
    }
    *ret_present = present;
    return SEALIFT_OK;
}

static bool
is_valid_target(const struct tree_entry *entry)
{
    if (entry->type == TREE_HARD_LINK)
        return tree_path_is_valid(entry->target);
    return entry->target.len <= TREE_TARGET_MAX && memchr(entry->target.data, '\0', entry->target.len) == NULL;
}

static enum sealift_status
check_fields(const struct tree_entry *entry, uint32_t present, struct sealift_error *err)
{
    uint32_t must = fields_of_type[entry->type].must;
    uint32_t may = fields_of_type[entry->type].may;

    if ((present & must) != must || (present & ~(must | may)) != 0)
        return error_set(err, SEALIFT_CORRUPT, "has fields that do not fit its type");
    if (((present & BIT(TAG_CONTENT)) != 0) != (entry->size > 0))
        return error_set(err, SEALIFT_CORRUPT, "has a size of %" PRIu64 " bytes, and a content that does not fit it",
                         entry->size);
    if ((present & BIT(TAG_XATTRS)) != 0 && (present & BIT(TAG_XATTR_LIST)) != 0)
        return error_set(err, SEALIFT_CORRUPT, "has two sets of extended attributes");
    if ((present & BIT(TAG_TARGET)) != 0 && !is_valid_target(entry))
        return error_set(err, SEALIFT_CORRUPT, "leads to a target that no link can have");
    return xattr_set_check(entry->xattrs, err);
}

static enum sealift_status
cut_path(struct bytes *from, struct bytes before, struct buf *path, struct sealift_error *err)
{
    struct bytes rest;
    uint64_t shared;

    if (!varint_cut(from, before.len, &shared) || !varint_cut_bytes(from, &rest) || shared + rest.len > TREE_PATH_MAX)
        return error_set(err, SEALIFT_CORRUPT, "an entry with a malformed path");
    buf_clear(path);
    TRY(buf_append(path, before.data, (size_t)shared, err));
    TRY(buf_append_bytes(path, rest, err));
    if (!tree_path_is_valid(buf_bytes(path)))
        return error_set(err, SEALIFT_CORRUPT, "an entry with a path that cannot be");
    return SEALIFT_OK;
}

static enum sealift_status
cut_type(struct bytes *from, enum tree_type *ret_type, struct sealift_error *err)
{
    struct bytes type;

    if (!bytes_cut(from, 1, &type) || type.data[0] == 0)
        return error_set(err, SEALIFT_CORRUPT, "has no type");
    if (type.data[0] > TREE_HARD_LINK)
        return from_later(err, "type", type.data[0]);
    *ret_type = type.data[0];
    return SEALIFT_OK;
}

/* All that follows the path. */
static enum sealift_status
cut_rest(struct bytes *from, struct tree_entry *entry, struct tree_content *content, struct sealift_error *err)
{
    uint32_t present;

    TRY(cut_type(from, &entry->type, err));
    TRY(cut_fields(from, entry, content, &present, err));
    return check_fields(entry, present, err);
}

enum sealift_status
tree_entry_cut(struct tree_frame *frame, struct bytes before, struct buf *path, struct tree_entry *ret_entry,
               struct tree_content *ret_content, struct sealift_error *err)
{
    struct tree_content content = {0};
    struct tree_entry entry = {0};
    char shown[TREE_PATH_SHOWN];
    struct bytes body;

    if (!varint_cut_bytes(&frame->items, &body))
        return error_set(err, SEALIFT_CORRUPT, "a tree frame whose entries end too early");
    frame->items_left--;
    TRY(cut_path(&body, before, path, err));
    entry.path = buf_bytes(path);
    if (cut_rest(&body, &entry, &content, err) != SEALIFT_OK)
        return error_prefix(err, "entry %s", tree_path_show(entry.path, shown));
    *ret_entry = entry;
    *ret_content = content;
    return SEALIFT_OK;
}
