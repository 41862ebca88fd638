#include "error.h"
#include "scoped.h"
#include "upload_stages.h"

#include <stdlib.h>

struct segment_filler {
    struct upload *upload;
    enum segment_kind kind;
    struct segment_writer *writer;
    uint8_t *buffer;   /* of the open segment */
    uint64_t contents; /* plain bytes in it */
};

enum sealift_status
segment_filler_new(struct upload *upload, enum segment_kind kind, struct segment_filler **ret_filler,
                   struct sealift_error *err)
{
    SCOPED(segment_filler_free) struct segment_filler *filler = calloc(1, sizeof(*filler));
    const struct upload_request *request = upload->request;
    bool store_raw = kind == SEGMENT_DATA && request->no_compression;

    if (filler == NULL)
        return error_no_memory(err);
    filler->upload = upload;
    filler->kind = kind;
    TRY(segment_writer_new(upload->world, request->fs_key, &request->fs, store_raw ? SEGMENT_STORE : SEGMENT_COMPRESS,
                           request->compression_level, &filler->writer, err));
    *ret_filler = TAKE(filler);
    return SEALIFT_OK;
}

void
segment_filler_free(struct segment_filler **filler)
{
    if (*filler == NULL)
        return;
    if ((*filler)->buffer != NULL)
        pool_give((*filler)->upload->buffers, (*filler)->buffer);
    segment_writer_free(&(*filler)->writer);
    free(*filler);
    *filler = NULL;
}

/* Some other stage failed, or somebody asked to stop: the crew knows why. */
static enum sealift_status
stopped(struct sealift_error *err)
{
    return error_set(err, SEALIFT_CANCELLED, "the upload was stopped");
}

static enum sealift_status
open_segment(struct segment_filler *filler, struct sealift_error *err)
{
    struct upload *upload = filler->upload;
    uint32_t number;

    filler->buffer = pool_take(upload->buffers);
    if (filler->buffer == NULL)
        return pool_explain(upload->buffers, err);
    number = atomic_fetch_add(&upload->next_number[filler->kind], 1);
    return segment_writer_begin(filler->writer, filler->kind, &upload->request->upload, number, filler->buffer,
                                pool_buffer_size(upload->buffers), err);
}

static enum sealift_status
hand_on(struct segment_filler *filler, struct sealift_error *err)
{
    SCOPED(free_done) struct sealed_segment *segment = calloc(1, sizeof(*segment));

    if (segment == NULL)
        return error_no_memory(err);
    TRY(segment_writer_finish(filler->writer, &segment->id, &segment->size, err));
    segment->buffer = filler->buffer;
    segment->contents = filler->contents;
    if (!queue_push(filler->upload->sealed, segment))
        return stopped(err);
    filler->buffer = NULL;
    filler->contents = 0;
    segment = NULL;
    return SEALIFT_OK;
}

enum sealift_status
segment_filler_add(struct segment_filler *filler, struct bytes plain, struct frame_ref *ret_ref,
                   struct sealift_error *err)
{
    if (filler->buffer != NULL && !segment_writer_has_room(filler->writer, plain.len))
        TRY(hand_on(filler, err));
    if (filler->buffer == NULL)
        TRY(open_segment(filler, err));
    TRY(segment_writer_add(filler->writer, plain, ret_ref, err));
    filler->contents += filler->kind == SEGMENT_DATA ? plain.len : 0;
    return SEALIFT_OK;
}

enum sealift_status
segment_filler_finish(struct segment_filler *filler, struct sealift_error *err)
{
    return filler->buffer != NULL ? hand_on(filler, err) : SEALIFT_OK;
}
