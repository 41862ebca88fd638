#include "item_reader.h"

#include "chunk_packer.h"
#include "error.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

/* A file that changes while it is read is read again, this often in all. */
#define READ_TRIES 3

struct item_reader {
    struct upload *upload;
    struct entry_reader *entry;
    struct segment_filler *filler;
    struct chunk_packer *packer;
    size_t xattrs_kept; /* bytes in items of this batch */
};

enum sealift_status
item_reader_new(struct upload *upload, struct item_reader **ret_reader, struct sealift_error *err)
{
    SCOPED(item_reader_free) struct item_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL)
        return error_no_memory(err);
    reader->upload = upload;
    TRY(entry_reader_new(upload->world, &reader->entry, err));
    TRY(segment_filler_new(upload, SEGMENT_DATA, &reader->filler, err));
    TRY(chunk_packer_new(upload, reader->filler, &reader->packer, err));
    *ret_reader = TAKE(reader);
    return SEALIFT_OK;
}

void
item_reader_free(struct item_reader **reader)
{
    if (*reader == NULL)
        return;
    chunk_packer_free(&(*reader)->packer);
    segment_filler_free(&(*reader)->filler);
    entry_reader_free(&(*reader)->entry);
    free(*reader);
    *reader = NULL;
}

/* One run of data, chunk by chunk. *ret_read is less than `length` when the file ends early. */
static enum sealift_status
read_run(struct item_reader *reader, struct batch_item *item, uint64_t from, uint64_t length, uint64_t *ret_read,
         struct sealift_error *err)
{
    for (*ret_read = 0; *ret_read < length;) {
        size_t want = length - *ret_read < CHUNK_BYTES ? (size_t)(length - *ret_read) : CHUNK_BYTES;
        uint8_t *room;
        size_t got;

        TRY(chunk_packer_room(reader->packer, want, &room, err));
        TRY(entry_reader_read(reader->entry, from + *ret_read, want, room, &got, err));
        if (got == 0)
            break;
        TRY(chunk_packer_add(reader->packer, got, &item->extents, err));
        *ret_read += got;
        if (got < want)
            break;
    }
    return SEALIFT_OK;
}

static enum sealift_status
add_hole(struct batch_item *item, uint64_t length, struct sealift_error *err)
{
    const struct extent hole = {.length = length, .hole = true};

    return length > 0 ? extent_list_add(&item->extents, &hole, err) : SEALIFT_OK;
}

/* The bytes [from, to) of the open file. A file that has become shorter is padded within the part, unless it is the
 * last: the parts behind it must stay where they belong. */
static enum sealift_status
read_contents(struct item_reader *reader, struct batch_item *item, uint64_t from, uint64_t to,
              struct sealift_error *err)
{
    while (from < to) {
        uint64_t length, done;
        bool hole;

        TRY(world_check_cancel(reader->upload->world, err));
        TRY(entry_reader_run(reader->entry, from, to, &length, &hole, err));
        if (length == 0)
            break;
        done = length;
        if (hole)
            TRY(add_hole(item, length, err));
        else
            TRY(read_run(reader, item, from, length, &done, err));
        from += done;
        if (done < length)
            break;
    }
    return item->last ? SEALIFT_OK : add_hole(item, to - from, err);
}

/* A set of extended attributes that is too large for the tree goes where contents go. */
static enum sealift_status
store_xattrs(struct item_reader *reader, struct batch_item *item, struct bytes xattrs, struct sealift_error *err)
{
    struct bytes piece;

    while (xattrs.len > 0) {
        uint8_t *room;

        if (!bytes_cut(&xattrs, xattrs.len < CHUNK_BYTES ? xattrs.len : CHUNK_BYTES, &piece))
            return error_set(err, SEALIFT_INTERNAL, "extended attributes were cut beyond their end");
        TRY(chunk_packer_room(reader->packer, piece.len, &room, err));
        memcpy(room, piece.data, piece.len);
        TRY(chunk_packer_add(reader->packer, piece.len, &item->xattr_extents, err));
    }
    return SEALIFT_OK;
}

/* The set stays with the item where it fits; the view is good until item->owned changes. */
static enum sealift_status
keep_xattrs(struct item_reader *reader, struct batch_item *item, struct bytes xattrs, struct sealift_error *err)
{
    if (xattrs.len > TREE_XATTRS_MAX || xattrs.len > BATCH_XATTRS - reader->xattrs_kept)
        return store_xattrs(reader, item, xattrs, err);
    TRY(buf_append_bytes(&item->owned, xattrs, err));
    reader->xattrs_kept += xattrs.len;
    item->meta.xattrs.len = xattrs.len;
    return SEALIFT_OK;
}

/* The entry reader's views last until its next entry; the tree needs them later. */
static enum sealift_status
keep_meta(struct item_reader *reader, struct batch_item *item, struct sealift_error *err)
{
    const struct tree_entry *meta = entry_reader_meta(reader->entry);

    item->meta = *meta;
    item->meta.path = item->entry->meta.path;
    item->meta.target = item->meta.xattrs = (struct bytes){0};
    buf_clear(&item->owned);
    TRY(buf_append_bytes(&item->owned, meta->target, err));
    TRY(keep_xattrs(reader, item, meta->xattrs, err));
    if (meta->target.len > 0)
        item->meta.target = (struct bytes){item->owned.data, meta->target.len};
    if (item->meta.xattrs.len > 0)
        item->meta.xattrs.data = item->owned.data + meta->target.len;
    return SEALIFT_OK;
}

/* A part whose file is no longer what the walk saw: other parts were read from another state of it. */
static bool
differs_from_walk(const struct item_reader *reader, const struct batch_item *item)
{
    const struct tree_entry *now = entry_reader_meta(reader->entry);
    const struct tree_entry *then = &item->entry->meta;

    return item->large != NULL &&
           (now->size != then->size || now->mtime_s != then->mtime_s || now->mtime_ns != then->mtime_ns ||
            now->ctime_s != then->ctime_s || now->ctime_ns != then->ctime_ns);
}

/* A part that was measured as a hole stays one, whatever was written there since: it may be larger than memory. */
static enum sealift_status
keep_hole(const struct item_reader *reader, struct batch_item *item, struct sealift_error *err)
{
    uint64_t size = entry_reader_meta(reader->entry)->size;
    uint64_t to = item->last && size < item->part.to ? size : item->part.to;

    return to > item->part.from ? add_hole(item, to - item->part.from, err) : SEALIFT_OK;
}

static enum sealift_status
read_once(struct item_reader *reader, struct batch_item *item, bool *ret_stable, struct sealift_error *err)
{
    const struct file_part *part = &item->part;

    *ret_stable = true;
    TRY(entry_reader_open(reader->entry, item->entry, err));
    item->changed = differs_from_walk(reader, item);
    if (atomic_load(&reader->upload->doomed))
        return SEALIFT_OK;
    if (item->first)
        TRY(keep_meta(reader, item, err));
    if (item->entry->meta.type != TREE_FILE)
        return SEALIFT_OK;
    if (part->hole)
        return keep_hole(reader, item, err);
    TRY(read_contents(reader, item, part->from, item->large != NULL ? part->to : entry_reader_meta(reader->entry)->size,
                      err));
    return entry_reader_is_unchanged(reader->entry, ret_stable, err);
}

static enum sealift_status
read_until_stable(struct item_reader *reader, struct batch_item *item, struct sealift_error *err)
{
    bool stable = false;

    for (int i = 0; i < READ_TRIES && !stable; i++) {
        if (i > 0) /* nothing may wait for extents that are about to be dropped */
            TRY(chunk_packer_flush(reader->packer, err));
        item->extents.count = item->xattr_extents.count = 0;
        TRY(read_once(reader, item, &stable, err));
    }
    if (!stable)
        item->changed = true;
    return SEALIFT_OK;
}

/* What stops one path stops only that path; a failure of the machinery stops the upload. */
static enum sealift_status
read_if_possible(struct item_reader *reader, struct batch_item *item, struct sealift_error *err)
{
    enum sealift_status status = read_until_stable(reader, item, err);

    entry_reader_close(reader->entry);
    if (status == SEALIFT_OK || !upload_is_about_the_path(status))
        return status;
    upload_unreadable(reader->upload, item, err);
    return SEALIFT_OK;
}

static enum sealift_status
read_item(struct item_reader *reader, struct batch_item *item, struct sealift_error *err)
{
    if (item->entry->meta.type == TREE_HARD_LINK) {
        item->meta = item->entry->meta;
        return SEALIFT_OK;
    }
    if (item->part.hole && !item->first)
        return add_hole(item, item->part.to - item->part.from, err);
    return read_if_possible(reader, item, err);
}

/* What waits for its segment to be stored is done only then: on a slow line that may be long after it was read. */
static void
count(const struct item_reader *reader, const struct batch_item *item, uint64_t packed)
{
    uint64_t size = item->large != NULL ? item->part.to - item->part.from : item->meta.size;
    bool is_file = item->entry->meta.type == TREE_FILE;

    progress_add(reader->upload->progress, item->last, item->last && is_file, size > packed ? size - packed : 0, 0);
}

enum sealift_status
item_reader_read(struct item_reader *reader, struct batch_item *item, struct sealift_error *err)
{
    uint64_t before = chunk_packer_packed(reader->packer);

    if (item->outcome == ITEM_READ)
        TRY(read_item(reader, item, err));
    count(reader, item, chunk_packer_packed(reader->packer) - before);
    return SEALIFT_OK;
}

enum sealift_status
item_reader_flush(struct item_reader *reader, struct sealift_error *err)
{
    reader->xattrs_kept = 0;
    return chunk_packer_flush(reader->packer, err);
}

enum sealift_status
item_reader_finish(struct item_reader *reader, struct sealift_error *err)
{
    return segment_filler_finish(reader->filler, err);
}
