#include "tree_writer.h"

#include "error.h"
#include "scoped.h"
#include "tree_entry.h"
#include "tree_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The entry that was begun, with memory of its own for what it points to. */
struct pending {
    bool is_open;
    struct tree_entry entry;
    struct buf path, target, xattrs, xattr_extents;
};

struct tree_writer {
    tree_sink *sink;
    void *context;
    struct tree_cutter *cutter;
    struct tree_list_writer *list;
    struct tree_index_writer *index;

    struct tree_frame_builder frame; /* the entries frame that is being filled */
    struct buf first_path;           /* in it */
    struct buf last_path;            /* of the tree so far */
    struct buf plain;
    struct pending pending;
    uint64_t entries;
};

enum sealift_status
tree_writer_new(const struct secret *fs_key, tree_sink *sink, void *context, struct tree_writer **ret_writer,
                struct sealift_error *err)
{
    SCOPED(tree_writer_free) struct tree_writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL)
        return error_no_memory(err);
    writer->sink = sink;
    writer->context = context;
    TRY(tree_cutter_new(fs_key, &writer->cutter, err));
    TRY(tree_list_writer_new(writer->cutter, sink, context, &writer->list, err));
    TRY(tree_index_writer_new(writer->cutter, sink, context, &writer->index, err));
    TRY(tree_frame_builder_begin(&writer->frame, TREE_FRAME_ENTRIES, 0, err));
    *ret_writer = TAKE(writer);
    return SEALIFT_OK;
}

static void
pending_done(struct pending *pending)
{
    buf_done(&pending->path);
    buf_done(&pending->target);
    buf_done(&pending->xattrs);
    buf_done(&pending->xattr_extents);
}

void
tree_writer_free(struct tree_writer **writer)
{
    if (*writer != NULL) {
        tree_list_writer_free(&(*writer)->list);
        tree_index_writer_free(&(*writer)->index);
        tree_cutter_free(&(*writer)->cutter);
        tree_frame_builder_done(&(*writer)->frame);
        buf_done(&(*writer)->first_path);
        buf_done(&(*writer)->last_path);
        buf_done(&(*writer)->plain);
        pending_done(&(*writer)->pending);
    }
    free(*writer);
    *writer = NULL;
}

/* Entries come from a walk that sorts; one that is out of order is our own mistake, and nobody could find it again. */
static enum sealift_status
check_place(const struct tree_writer *writer, struct bytes path, struct sealift_error *err)
{
    bool is_first = writer->entries == 0;
    char shown[TREE_PATH_SHOWN];

    if (is_first ? path.len > 0 : tree_path_compare(buf_bytes(&writer->last_path), path) >= 0)
        return error_set(err, SEALIFT_INTERNAL, "%s: came out of order into the tree", tree_path_show(path, shown));
    return SEALIFT_OK;
}

/* What no reader would take, or no frame could hold. */
static enum sealift_status
check_bounds(const struct tree_entry *entry, struct sealift_error *err)
{
    char shown[TREE_PATH_SHOWN];

    tree_path_show(entry->path, shown);
    if (!tree_path_is_valid(entry->path))
        return error_set(err, SEALIFT_INVALID, "%s: a snapshot holds paths of at most %zu bytes, names of at most %zu",
                         shown, TREE_PATH_MAX, TREE_NAME_MAX);
    if (entry->type == TREE_SYMLINK && (entry->target.len == 0 || entry->target.len > TREE_TARGET_MAX))
        return error_set(err, SEALIFT_INVALID, "%s: its target has %zu bytes, a snapshot holds 1 to %d", shown,
                         entry->target.len, TREE_TARGET_MAX);
    if (entry->xattrs.len > TREE_XATTRS_MAX || entry->xattr_extent_count > TREE_INLINE_MAX)
        return error_set(err, SEALIFT_INVALID, "%s: has more extended attributes than a snapshot can hold", shown);
    return SEALIFT_OK;
}

static enum sealift_status
copy_bytes(struct bytes from, struct buf *to, struct bytes *ret_view, struct sealift_error *err)
{
    buf_clear(to);
    TRY(buf_append_bytes(to, from, err));
    *ret_view = buf_bytes(to);
    return SEALIFT_OK;
}

static enum sealift_status
copy_entry(const struct tree_entry *from, struct pending *to, struct sealift_error *err)
{
    struct bytes extents = {(const uint8_t *)from->xattr_extents, from->xattr_extent_count * sizeof(struct extent)};

    to->entry = *from;
    TRY(copy_bytes(from->path, &to->path, &to->entry.path, err));
    TRY(copy_bytes(from->target, &to->target, &to->entry.target, err));
    TRY(copy_bytes(from->xattrs, &to->xattrs, &to->entry.xattrs, err));
    TRY(copy_bytes(extents, &to->xattr_extents, &extents, err));
    to->entry.xattr_extents = (const struct extent *)to->xattr_extents.data;
    return SEALIFT_OK;
}

enum sealift_status
tree_writer_begin(struct tree_writer *writer, const struct tree_entry *entry, struct sealift_error *err)
{
    assert(!writer->pending.is_open);
    TRY(check_place(writer, entry->path, err));
    TRY(check_bounds(entry, err));
    TRY(copy_entry(entry, &writer->pending, err));
    tree_list_writer_begin(writer->list);
    writer->pending.is_open = true;
    return SEALIFT_OK;
}

enum sealift_status
tree_writer_extent(struct tree_writer *writer, const struct extent *extent, struct sealift_error *err)
{
    assert(writer->pending.is_open && writer->pending.entry.type == TREE_FILE);
    return tree_list_writer_add(writer->list, extent, err);
}

/* Nothing of it has reached the frame; beginning the next entry begins a new list. */
void
tree_writer_abandon(struct tree_writer *writer)
{
    assert(writer->pending.is_open);
    writer->pending.is_open = false;
}

/* Sends the entries frame, tells the index, begins the next one. */
static enum sealift_status
send_frame(struct tree_writer *writer, struct sealift_error *err)
{
    struct frame_ref ref;

    buf_clear(&writer->plain);
    TRY(tree_frame_encode(&writer->frame, &writer->plain, err));
    TRY(writer->sink(writer->context, buf_bytes(&writer->plain), &ref, err));
    TRY(tree_index_writer_add(writer->index, buf_bytes(&writer->first_path), &ref, err));
    return tree_frame_builder_begin(&writer->frame, TREE_FRAME_ENTRIES, 0, err);
}

/* Within a frame a path is told by its difference from the one before; the first stands for itself. */
static enum sealift_status
append_entry(struct tree_writer *writer, const struct tree_list *content, struct sealift_error *err)
{
    const struct tree_entry *entry = &writer->pending.entry;
    bool is_first = writer->frame.item_count == 0;
    struct bytes before = is_first ? (struct bytes){0} : buf_bytes(&writer->last_path);

    TRY(tree_entry_append(entry, content, before, &writer->frame, err));
    if (is_first)
        TRY(copy_bytes(entry->path, &writer->first_path, &before, err));
    writer->entries++;
    return copy_bytes(entry->path, &writer->last_path, &before, err);
}

enum sealift_status
tree_writer_end(struct tree_writer *writer, struct sealift_error *err)
{
    struct tree_list content;
    size_t before;
    bool cut;

    assert(writer->pending.is_open);
    writer->pending.is_open = false;
    TRY(tree_list_writer_end(writer->list, &content, err));
    if (writer->frame.item_count > 0 &&
        tree_frame_size(&writer->frame) + tree_entry_bound(&writer->pending.entry, &content) > TREE_CUT_CEILING)
        TRY(send_frame(writer, err));

    before = writer->frame.items.len;
    TRY(append_entry(writer, &content, err));
    TRY(tree_cutter_cuts(writer->cutter, &writer->frame, writer->pending.entry.path, writer->frame.items.len - before,
                         &cut, err));
    return cut ? send_frame(writer, err) : SEALIFT_OK;
}

enum sealift_status
tree_writer_finish(struct tree_writer *writer, struct tree_root *ret_root, uint64_t *ret_entries,
                   struct sealift_error *err)
{
    assert(writer->entries > 0 && !writer->pending.is_open);
    if (writer->frame.item_count > 0)
        TRY(send_frame(writer, err));
    TRY(tree_index_writer_finish(writer->index, ret_root, err));
    *ret_entries = writer->entries;
    return SEALIFT_OK;
}
