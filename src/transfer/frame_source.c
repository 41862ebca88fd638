#include "frame_source.h"

#include "error.h"
#include "scoped.h"

#include <stdlib.h>

struct frame_source {
    struct store *store;
    struct uuid fs;
    struct segment_reader *reader;
    size_t read_ahead;
    struct segment_id segment; /* that the window is of ... */
    uint64_t segment_size;     /* ... and its size; 0: none yet */
    uint64_t window_offset;
    struct buf window;
    struct buf frame; /* of frame_source_xattrs() */
    uint64_t fetched;
};

enum sealift_status
frame_source_new(struct store *store, const struct secret *fs_key, const struct uuid *fs, size_t read_ahead,
                 struct frame_source **ret_source, struct sealift_error *err)
{
    SCOPED(frame_source_free) struct frame_source *source = calloc(1, sizeof(*source));

    if (source == NULL)
        return error_no_memory(err);
    source->store = store;
    source->fs = *fs;
    source->read_ahead = read_ahead;
    TRY(segment_reader_new(fs_key, fs, &source->reader, err));
    *ret_source = TAKE(source);
    return SEALIFT_OK;
}

void
frame_source_free(struct frame_source **source)
{
    if (*source == NULL)
        return;
    segment_reader_free(&(*source)->reader);
    buf_done(&(*source)->window);
    buf_done(&(*source)->frame);
    free(*source);
    *source = NULL;
}

uint64_t
frame_source_fetched(const struct frame_source *source)
{
    return source->fetched;
}

static enum sealift_status
enter_segment(struct frame_source *source, const struct segment_id *id, const char *name, struct sealift_error *err)
{
    struct store_head head;

    if (source->segment_size != 0 && segment_id_equal(&source->segment, id))
        return SEALIFT_OK;
    buf_clear(&source->window);
    source->segment_size = 0;
    TRY(store_head(source->store, name, &head, err));
    source->segment = *id;
    source->segment_size = head.size;
    return SEALIFT_OK;
}

static bool
has_frame(const struct frame_source *source, const struct frame_ref *ref)
{
    return ref->offset >= source->window_offset &&
           (uint64_t)ref->offset + ref->size <= source->window_offset + source->window.len;
}

static enum sealift_status
fill_window(struct frame_source *source, const struct frame_ref *ref, const char *name, struct sealift_error *err)
{
    uint64_t left = source->segment_size > ref->offset ? source->segment_size - ref->offset : 0;
    size_t want = source->read_ahead > ref->size ? source->read_ahead : ref->size;

    if (left < ref->size)
        return error_set(err, SEALIFT_CORRUPT, "%s: ends before frame %u, which the tree says is in it", name,
                         ref->number);
    if (want > left)
        want = (size_t)left;
    buf_clear(&source->window);
    TRY(buf_reserve(&source->window, want, err));
    TRY(store_get_range(source->store, name, ref->offset, want, source->window.data, err));
    source->window.len = want;
    source->window_offset = ref->offset;
    source->fetched += want;
    return SEALIFT_OK;
}

enum sealift_status
frame_source_fetch(void *context, const struct frame_ref *ref, struct buf *out, struct sealift_error *err)
{
    struct frame_source *source = context;
    char name[NAME_SIZE];
    struct bytes framed;
    size_t len;

    name_of_segment(&source->fs, &ref->segment.upload, ref->segment.kind, ref->segment.number, name);
    TRY(enter_segment(source, &ref->segment, name, err));
    if (!has_frame(source, ref))
        TRY(fill_window(source, ref, name, err));
    framed = (struct bytes){source->window.data + (ref->offset - source->window_offset), ref->size};
    buf_clear(out);
    TRY(buf_reserve(out, FRAME_MAX_PLAIN, err));
    TRY(segment_reader_open(source->reader, ref, framed, out->data, FRAME_MAX_PLAIN, &len, err));
    out->len = len;
    return SEALIFT_OK;
}

enum sealift_status
frame_source_xattrs(struct frame_source *source, struct tree_reader *reader, struct buf *out, struct sealift_error *err)
{
    for (;;) {
        struct extent extent;
        bool end;

        TRY(tree_reader_xattr_extent(reader, &extent, &end, err));
        if (end)
            return SEALIFT_OK;
        TRY(frame_source_fetch(source, &extent.frame, &source->frame, err));
        if (extent.hole || extent.offset > source->frame.len || extent.length > source->frame.len - extent.offset)
            return error_set(err, SEALIFT_CORRUPT, "a set of extended attributes lies outside its frame");
        TRY(buf_append(out, source->frame.data + extent.offset, (size_t)extent.length, err));
    }
}
