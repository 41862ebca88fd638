#include "tree_frame.h"

#include "error.h"
#include "scoped.h"
#include "varint.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct tree_frame_place {
    uint32_t segment; /* index into segments */
    uint32_t offset, size, number;
};

/* The fewest bytes of an element in the tables: a count that the rest of the frame cannot hold allocates nothing. */
#define SEGMENT_MIN_ENCODED (1 + sizeof(struct uuid) + 1 + SEGMENT_SALT_SIZE)
#define PLACE_MIN_ENCODED   ((size_t)4)

/* Until a frame is loaded again, it has an item that is not there: reading on behind a failure is an
 * error, not an end. */
static void
forget(struct tree_frame *frame)
{
    free(frame->segments);
    free(frame->frames);
    *frame = (struct tree_frame){.plain = frame->plain, .items_left = 1, .item_count = 1};
}

void
tree_frame_done(struct tree_frame *frame)
{
    forget(frame);
    buf_done(&frame->plain);
}

static enum sealift_status
ends_early(struct sealift_error *err)
{
    return error_set(err, SEALIFT_CORRUPT, "it ends too early, or a number in it is out of bounds");
}

static bool
cut_segment(struct bytes *from, struct segment_id *ret_segment)
{
    struct bytes kind, upload, salt;
    struct segment_id segment;

    if (!bytes_cut(from, 1, &kind) || !bytes_cut(from, sizeof(struct uuid), &upload) ||
        !varint_cut_u32(from, NAME_NUMBER_MAX, &segment.number) || !bytes_cut(from, SEGMENT_SALT_SIZE, &salt))
        return false;
    segment.kind = kind.data[0];
    memcpy(segment.upload.bytes, upload.data, upload.len);
    memcpy(segment.salt, salt.data, salt.len);
    *ret_segment = segment;
    return true;
}

static enum sealift_status
read_segments(struct tree_frame *frame, struct bytes *from, struct sealift_error *err)
{
    uint64_t count;

    if (!varint_cut(from, from->len / SEGMENT_MIN_ENCODED, &count))
        return ends_early(err);
    frame->segments = calloc(count + 1, sizeof(*frame->segments));
    if (frame->segments == NULL)
        return error_no_memory(err);
    for (; frame->segment_count < count; frame->segment_count++)
        if (!cut_segment(from, &frame->segments[frame->segment_count]))
            return ends_early(err);
    return SEALIFT_OK;
}

static bool
cut_place(struct bytes *from, size_t segment_count, struct tree_frame_place *ret_place)
{
    return segment_count > 0 && varint_cut_u32(from, (uint32_t)segment_count - 1, &ret_place->segment) &&
           varint_cut_u32(from, UINT32_MAX, &ret_place->offset) && varint_cut_u32(from, UINT32_MAX, &ret_place->size) &&
           varint_cut_u32(from, UINT32_MAX, &ret_place->number);
}

static struct frame_ref
ref_of(const struct tree_frame *frame, const struct tree_frame_place *place)
{
    return (struct frame_ref){.segment = frame->segments[place->segment],
                              .offset = place->offset,
                              .size = place->size,
                              .number = place->number};
}

static enum sealift_status
read_frames(struct tree_frame *frame, struct bytes *from, struct sealift_error *err)
{
    uint64_t count;

    if (!varint_cut(from, from->len / PLACE_MIN_ENCODED, &count))
        return ends_early(err);
    frame->frames = calloc(count + 1, sizeof(*frame->frames));
    if (frame->frames == NULL)
        return error_no_memory(err);
    for (; frame->frame_count < count; frame->frame_count++) {
        struct tree_frame_place *place = &frame->frames[frame->frame_count];
        struct frame_ref ref;

        if (!cut_place(from, frame->segment_count, place))
            return ends_early(err);
        ref = ref_of(frame, place);
        if (!frame_ref_is_possible(&ref))
            return error_set(err, SEALIFT_CORRUPT, "it refers to a frame that cannot be");
    }
    return SEALIFT_OK;
}

static enum sealift_status
read_head(struct bytes *from, enum tree_frame_kind kind, unsigned level, struct sealift_error *err)
{
    struct bytes head;

    if (!bytes_cut(from, 2, &head))
        return ends_early(err);
    if (head.data[0] != kind || head.data[1] != level)
        return error_set(err, SEALIFT_CORRUPT, "it is of kind %u, level %u where kind %u, level %u belongs",
                         (unsigned)head.data[0], (unsigned)head.data[1], (unsigned)kind, level);
    return SEALIFT_OK;
}

static enum sealift_status
parse(struct tree_frame *frame, enum tree_frame_kind kind, unsigned level, struct sealift_error *err)
{
    struct bytes rest = buf_bytes(&frame->plain);

    if (rest.len > FRAME_MAX_PLAIN)
        return error_set(err, SEALIFT_CORRUPT, "it has %zu bytes, more than a frame can have", rest.len);
    TRY(read_head(&rest, kind, level, err));
    TRY(read_segments(frame, &rest, err));
    TRY(read_frames(frame, &rest, err));
    if (!varint_cut(&rest, rest.len, &frame->item_count) || frame->item_count == 0)
        return ends_early(err);
    frame->all_items = rest;
    tree_frame_rewind(frame);
    return SEALIFT_OK;
}

void
tree_frame_rewind(struct tree_frame *frame)
{
    frame->items = frame->all_items;
    frame->items_left = frame->item_count;
}

enum sealift_status
tree_frame_load(struct tree_frame *frame, tree_fetch *fetch, void *context, const struct frame_ref *ref,
                enum tree_frame_kind kind, unsigned level, struct sealift_error *err)
{
    forget(frame);
    TRY(fetch(context, ref, &frame->plain, err));
    if (parse(frame, kind, level, err) != SEALIFT_OK)
        return tree_frame_prefix(ref, err);
    return SEALIFT_OK;
}

enum sealift_status
tree_frame_follow(const struct tree_frame *frame, uint64_t index, enum segment_kind kind, struct frame_ref *ret_ref,
                  struct sealift_error *err)
{
    struct frame_ref ref;

    if (index >= frame->frame_count)
        return error_set(err, SEALIFT_CORRUPT, "reference %" PRIu64 " of %zu: there is no such reference", index,
                         frame->frame_count);
    ref = ref_of(frame, &frame->frames[index]);
    if (ref.segment.kind != kind)
        return error_set(err, SEALIFT_CORRUPT, "reference %" PRIu64 " leads to a segment of the wrong kind", index);
    *ret_ref = ref;
    return SEALIFT_OK;
}

enum sealift_status
tree_frame_is_read(const struct tree_frame *frame, bool *ret_end, struct sealift_error *err)
{
    if ((frame->items_left == 0) != (frame->items.len == 0))
        return error_set(err, SEALIFT_CORRUPT, "the items of a tree frame do not end where they should");
    *ret_end = frame->items_left == 0;
    return SEALIFT_OK;
}

enum sealift_status
tree_frame_prefix(const struct frame_ref *ref, struct sealift_error *err)
{
    char upload[UUID_TEXT_SIZE];

    uuid_format(&ref->segment.upload, upload);
    return error_prefix(err, "tree frame %" PRIu32 " of segment %" PRIu32 " of upload %s", ref->number,
                        ref->segment.number, upload);
}
