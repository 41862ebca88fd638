#include "frame_source.h"

#include "error.h"
#include "scoped.h"
#include "shown_path.h"

#include <stdlib.h>

/* What is read ahead doubles from here on, as long as one frame follows the other: with no more than this between. */
#define FIRST_AHEAD ((size_t)64 << 10)
#define LARGEST_GAP ((size_t)128 << 10)

struct frame_source {
    struct store *store;
    struct uuid fs;
    struct segment_reader *reader;
    size_t read_ahead;
    size_t ahead; /* how much of that it is by now */
    bool is_entered;
    struct segment_id segment; /* that the window is of ... */
    uint64_t segment_size;     /* ... and its size; 0: not asked for yet */
    uint64_t window_offset;
    struct buf window;
    struct buf frame; /* these two: of frame_source_xattrs() */
    struct mac *namer;
    uint64_t fetched, requests;
};

enum sealift_status
frame_source_new(struct store *store, const struct secret *fs_key, const struct uuid *fs, size_t read_ahead,
                 struct frame_source **ret_source, struct sealift_error *err)
{
    SCOPED(frame_source_free) struct frame_source *source = calloc(1, sizeof(*source));
    SCOPED(secret_free) struct secret *key = NULL;

    if (source == NULL)
        return error_no_memory(err);
    source->store = store;
    source->fs = *fs;
    source->read_ahead = read_ahead;
    TRY(segment_reader_new(fs_key, fs, &source->reader, err));
    TRY(key_for_chunk_ids(fs_key, &key, err));
    TRY(mac_new(key, &source->namer, err));
    *ret_source = TAKE(source);
    return SEALIFT_OK;
}

void
frame_source_free(struct frame_source **source)
{
    if (*source == NULL)
        return;
    mac_free(&(*source)->namer);
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

uint64_t
frame_source_requests(const struct frame_source *source)
{
    return source->requests;
}

static void
enter_segment(struct frame_source *source, const struct segment_id *id)
{
    if (source->is_entered && segment_id_equal(&source->segment, id))
        return;
    buf_clear(&source->window);
    source->window_offset = 0;
    source->segment = *id;
    source->segment_size = 0;
    source->is_entered = true;
}

static bool
has_frame(const struct frame_source *source, const struct frame_ref *ref)
{
    return ref->offset >= source->window_offset &&
           (uint64_t)ref->offset + ref->size <= source->window_offset + source->window.len;
}

static size_t
choose_ahead(const struct frame_source *source, const struct frame_ref *ref)
{
    uint64_t end = source->window_offset + source->window.len;
    size_t ahead = source->ahead > 0 ? 2 * source->ahead : FIRST_AHEAD;

    if (source->window.len == 0 || ref->offset < end || ref->offset - end > LARGEST_GAP)
        return 0;
    return ahead < source->read_ahead ? ahead : source->read_ahead;
}

/* The size of the segment says how much there is to read ahead. */
static enum sealift_status
learn_size(struct frame_source *source, const char *name, struct sealift_error *err)
{
    struct store_head head;

    if (source->segment_size > 0)
        return SEALIFT_OK;
    TRY(store_head(source->store, name, &head, err));
    source->segment_size = head.size;
    source->requests++;
    return SEALIFT_OK;
}

static enum sealift_status
fill_window(struct frame_source *source, const struct frame_ref *ref, const char *name, struct sealift_error *err)
{
    size_t want = ref->size; /* a segment that ends before is told by the store */
    uint64_t left = 0;

    source->ahead = choose_ahead(source, ref);
    if (source->ahead > want) {
        TRY(learn_size(source, name, err));
        left = source->segment_size > ref->offset ? source->segment_size - ref->offset : 0;
    }
    if (left > want)
        want = left < source->ahead ? (size_t)left : source->ahead;
    buf_clear(&source->window);
    TRY(buf_reserve(&source->window, want, err));
    TRY(store_get_range(source->store, name, ref->offset, want, source->window.data, err));
    source->window.len = want;
    source->window_offset = ref->offset;
    source->fetched += want;
    source->requests++;
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
    enter_segment(source, &ref->segment);
    if (!has_frame(source, ref))
        TRY(fill_window(source, ref, name, err));
    framed = (struct bytes){source->window.data + (ref->offset - source->window_offset), ref->size};
    buf_clear(out);
    TRY(buf_reserve(out, FRAME_MAX_PLAIN, err));
    TRY(segment_reader_open(source->reader, ref, framed, out->data, FRAME_MAX_PLAIN, &len, err));
    out->len = len;
    return SEALIFT_OK;
}

static enum sealift_status
append_chunk(struct frame_source *source, const struct extent *extent, struct buf *out, struct sealift_error *err)
{
    uint8_t name[SHA256_SIZE];
    struct bytes chunk;

    TRY(frame_source_fetch(source, &extent->frame, &source->frame, err));
    if (extent->hole || extent->offset > source->frame.len || extent->length > source->frame.len - extent->offset)
        return error_set(err, SEALIFT_CORRUPT, "a set of extended attributes lies outside its frame");
    chunk = (struct bytes){source->frame.data + extent->offset, (size_t)extent->length};
    TRY(mac_compute(source->namer, chunk, name, err));
    if (!digest_equal(name, extent->id, CHUNK_ID_SIZE))
        return error_set(err, SEALIFT_CORRUPT, "a set of extended attributes is not what the tree says");
    return buf_append_bytes(out, chunk, err);
}

static enum sealift_status
append_chunks(struct frame_source *source, struct tree_reader *reader, struct buf *out, struct sealift_error *err)
{
    for (;;) {
        struct extent extent;
        bool end;

        TRY(tree_reader_xattr_extent(reader, &extent, &end, err));
        if (end)
            return SEALIFT_OK;
        TRY(append_chunk(source, &extent, out, err));
    }
}

enum sealift_status
frame_source_xattrs(struct frame_source *source, struct tree_reader *reader, struct tree_entry *entry,
                    struct buf *memory, struct sealift_error *err)
{
    if (entry->xattr_list.len == 0)
        return SEALIFT_OK;
    buf_clear(memory);
    if (append_chunks(source, reader, memory, err) != SEALIFT_OK)
        return error_prefix(err, "%s", shown_path(entry->path).text);
    entry->xattrs = buf_bytes(memory);
    return SEALIFT_OK;
}
