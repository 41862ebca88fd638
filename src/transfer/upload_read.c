/* The second stage: a worker opens each entry of a batch, reads its attributes and contents, and packs them into its
 * segment. */
#include "chunk_packer.h"
#include "error.h"
#include "scoped.h"
#include "upload_stages.h"

#include <string.h>

/* A file that changes while it is read is read again, this often in all. */
#define READ_TRIES 3

struct worker {
    struct upload *upload;
    struct entry_reader *reader;
    struct segment_filler *filler;
    struct chunk_packer *packer;
};

static void
worker_done(struct worker *worker)
{
    chunk_packer_free(&worker->packer);
    segment_filler_free(&worker->filler);
    entry_reader_free(&worker->reader);
}

/* One run of data, chunk by chunk. *ret_read is less than `length` when the file ends early. */
static enum sealift_status
read_run(struct worker *worker, struct batch_item *item, uint64_t from, uint64_t length, uint64_t *ret_read,
         struct sealift_error *err)
{
    for (*ret_read = 0; *ret_read < length;) {
        size_t want = length - *ret_read < CHUNK_BYTES ? (size_t)(length - *ret_read) : CHUNK_BYTES;
        uint8_t *room;
        size_t got;

        TRY(chunk_packer_room(worker->packer, want, &room, err));
        TRY(entry_reader_read(worker->reader, from + *ret_read, want, room, &got, err));
        if (got == 0)
            break;
        TRY(chunk_packer_add(worker->packer, got, &item->extents, err));
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
read_contents(struct worker *worker, struct batch_item *item, uint64_t from, uint64_t to, struct sealift_error *err)
{
    while (from < to) {
        uint64_t length, done;
        bool hole;

        TRY(world_check_cancel(worker->upload->world, err));
        TRY(entry_reader_run(worker->reader, from, to, &length, &hole, err));
        if (length == 0)
            break;
        done = length;
        if (hole)
            TRY(add_hole(item, length, err));
        else
            TRY(read_run(worker, item, from, length, &done, err));
        from += done;
        if (done < length)
            break;
    }
    return item->last ? SEALIFT_OK : add_hole(item, to - from, err);
}

/* A set of extended attributes that is too large for the tree goes where contents go. */
static enum sealift_status
store_xattrs(struct worker *worker, struct batch_item *item, struct bytes xattrs, struct sealift_error *err)
{
    struct bytes piece;

    while (xattrs.len > 0) {
        uint8_t *room;

        if (!bytes_cut(&xattrs, xattrs.len < CHUNK_BYTES ? xattrs.len : CHUNK_BYTES, &piece))
            return error_set(err, SEALIFT_INTERNAL, "extended attributes were cut beyond their end");
        TRY(chunk_packer_room(worker->packer, piece.len, &room, err));
        memcpy(room, piece.data, piece.len);
        TRY(chunk_packer_add(worker->packer, piece.len, &item->xattr_extents, err));
    }
    return SEALIFT_OK;
}

/* The reader's views last until its next entry; the tree needs them later. */
static enum sealift_status
keep_meta(struct worker *worker, struct batch_item *item, struct sealift_error *err)
{
    const struct tree_entry *meta = entry_reader_meta(worker->reader);
    bool inline_xattrs = meta->xattrs.len <= TREE_XATTRS_MAX;

    item->meta = *meta;
    item->meta.path = item->entry->meta.path;
    buf_clear(&item->owned);
    TRY(buf_append_bytes(&item->owned, meta->target, err));
    if (inline_xattrs)
        TRY(buf_append_bytes(&item->owned, meta->xattrs, err));
    else
        TRY(store_xattrs(worker, item, meta->xattrs, err));
    item->meta.target = (struct bytes){item->owned.data, meta->target.len};
    item->meta.xattrs = (struct bytes){0};
    if (inline_xattrs && meta->xattrs.len > 0)
        item->meta.xattrs = (struct bytes){item->owned.data + meta->target.len, meta->xattrs.len};
    return SEALIFT_OK;
}

/* A part whose file is no longer what the walk saw: other parts were read from another state of it. */
static bool
differs_from_walk(const struct worker *worker, const struct batch_item *item)
{
    const struct tree_entry *now = entry_reader_meta(worker->reader);
    const struct tree_entry *then = &item->entry->meta;

    return item->large != NULL &&
           (now->size != then->size || now->mtime_s != then->mtime_s || now->mtime_ns != then->mtime_ns ||
            now->ctime_s != then->ctime_s || now->ctime_ns != then->ctime_ns);
}

static enum sealift_status
read_once(struct worker *worker, struct batch_item *item, bool *ret_stable, struct sealift_error *err)
{
    uint64_t to;

    *ret_stable = true;
    TRY(entry_reader_open(worker->reader, item->entry, err));
    if (item->first)
        TRY(keep_meta(worker, item, err));
    if (item->entry->meta.type != TREE_FILE || atomic_load(&worker->upload->doomed))
        return SEALIFT_OK;
    item->changed = differs_from_walk(worker, item);
    to = item->large != NULL ? item->to : entry_reader_meta(worker->reader)->size;
    TRY(read_contents(worker, item, item->from, to, err));
    return entry_reader_is_unchanged(worker->reader, ret_stable, err);
}

static enum sealift_status
read_until_stable(struct worker *worker, struct batch_item *item, struct sealift_error *err)
{
    bool stable = false;

    for (int i = 0; i < READ_TRIES && !stable; i++) {
        if (i > 0) /* nothing may wait for extents that are about to be dropped */
            TRY(chunk_packer_flush(worker->packer, err));
        item->extents.count = item->xattr_extents.count = 0;
        TRY(read_once(worker, item, &stable, err));
    }
    if (!stable)
        item->changed = true;
    return SEALIFT_OK;
}

/* What stops one path stops only that path; a failure of the machinery stops the upload. */
static bool
is_about_the_path(enum sealift_status status)
{
    return status == SEALIFT_NOT_FOUND || status == SEALIFT_DENIED || status == SEALIFT_IO ||
           status == SEALIFT_CONFLICT;
}

static enum sealift_status
note_unreadable(struct worker *worker, struct batch_item *item, struct sealift_error *err)
{
    struct bytes path = item->entry->meta.path;
    const struct sealift_error reason = *err;

    item->outcome = ITEM_MISSING;
    if (reason.status == SEALIFT_NOT_FOUND && worker->upload->request->live && item->first) {
        item->outcome = ITEM_VANISHED;
        progress_notice(worker->upload->progress, SEALIFT_NOTICE_CHANGED, path,
                        "was deleted while the upload ran: left out");
        return SEALIFT_OK;
    }
    upload_missing(worker->upload, path, reason.message);
    return SEALIFT_OK;
}

static void
count_read(const struct worker *worker, const struct batch_item *item)
{
    uint64_t bytes = item->large != NULL ? item->to - item->from : item->meta.size;

    progress_add(worker->upload->progress, item->last, item->last && item->entry->meta.type == TREE_FILE, bytes, 0);
}

static enum sealift_status
read_item(struct worker *worker, struct batch_item *item, struct sealift_error *err)
{
    enum sealift_status status;

    if (item->entry->meta.type == TREE_HARD_LINK) {
        item->meta = item->entry->meta;
        return SEALIFT_OK;
    }
    if (item->hole && !item->first)
        return add_hole(item, item->to - item->from, err);
    status = read_until_stable(worker, item, err);
    entry_reader_close(worker->reader);
    if (status != SEALIFT_OK)
        return is_about_the_path(status) ? note_unreadable(worker, item, err) : status;
    count_read(worker, item);
    return SEALIFT_OK;
}

static enum sealift_status
read_batch(struct worker *worker, struct batch *batch, struct sealift_error *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        TRY(world_check_cancel(worker->upload->world, err));
        TRY(read_item(worker, &batch->items[i], err));
    }
    return chunk_packer_flush(worker->packer, err);
}

static enum sealift_status
read_batches(struct worker *worker, struct sealift_error *err)
{
    struct upload *upload = worker->upload;
    struct batch *batch;

    while ((batch = queue_pop(upload->planned)) != NULL) {
        enum sealift_status status = read_batch(worker, batch, err);

        if (status != SEALIFT_OK) {
            batch_free(&batch);
            return status;
        }
        sequence_put(upload->finished, batch->ticket, batch);
    }
    return segment_filler_finish(worker->filler, err);
}

enum sealift_status
upload_read(void *argument, struct sealift_error *err)
{
    SCOPED(worker_done) struct worker worker = {.upload = argument};

    TRY(entry_reader_new(worker.upload->world, &worker.reader, err));
    TRY(segment_filler_new(worker.upload, SEGMENT_DATA, &worker.filler, err));
    TRY(chunk_packer_new(worker.upload, worker.filler, &worker.packer, err));
    return read_batches(&worker, err);
}
