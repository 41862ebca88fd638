/* The last stage of a reading: a worker decrypts and expands each frame of a job once, checks every piece against its
 * name, and hands it to the sink. */
#include "error.h"
#include "reading_stages.h"
#include "scoped.h"
#include "shown_path.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct worker {
    struct reading *reading;
    struct segment_reader *reader;
    struct mac *namer;
    uint8_t *plain; /* FRAME_MAX_PLAIN bytes */
};

static void
worker_done(struct worker *worker)
{
    segment_reader_free(&worker->reader);
    mac_free(&worker->namer);
    free(worker->plain);
}

static enum sealift_status
blame(const struct worker *worker, const struct piece *piece, const char *what, struct sealift_error *err)
{
    const struct reading_file *file = piece->file;
    const char *path = worker->reading->sink->file_path(file->handle);
    char name[NAME_SIZE];

    name_of_segment(&worker->reading->request->manifest->fs, &piece->frame.segment.upload, piece->frame.segment.kind,
                    piece->frame.segment.number, name);
    return error_set(err, SEALIFT_CORRUPT, "%s at offset %" PRIu64 ": %s (frame %u of %s)",
                     shown_path(bytes_of_text(path)).text, piece->at, what, piece->frame.number, name);
}

static enum sealift_status
check_piece(struct worker *worker, const struct piece *piece, size_t plain_len, struct sealift_error *err)
{
    uint8_t name[SHA256_SIZE];

    if (piece->offset > plain_len || piece->length > plain_len - piece->offset)
        return blame(worker, piece, "the tree points beyond the frame's end", err);
    TRY(mac_compute(worker->namer, (struct bytes){worker->plain + piece->offset, piece->length}, name, err));
    if (!digest_equal(name, piece->id, CHUNK_ID_SIZE))
        return blame(worker, piece, "the chunk is not what the tree says", err);
    return SEALIFT_OK;
}

static enum sealift_status
deliver(struct worker *worker, struct piece *piece, size_t plain_len, struct sealift_error *err)
{
    struct reading *reading = worker->reading;
    struct reading_file *file = piece->file;
    struct bytes data = {worker->plain + piece->offset, piece->length};

    TRY(check_piece(worker, piece, plain_len, err));
    TRY(reading->sink->file_data(reading->sink->context, file->handle, piece->at, data, err));
    atomic_fetch_add(&reading->chunks, 1);
    progress_add(reading->progress, 0, 0, piece->length, 0);
    piece->file = NULL;
    return reading_file_release(&file, err);
}

static bool
is_same_frame(const struct piece *a, const struct piece *b)
{
    return a->frame.offset == b->frame.offset && a->frame.size == b->frame.size && a->frame.number == b->frame.number;
}

static enum sealift_status
open_frames(struct worker *worker, struct fetch_job *job, struct sealift_error *err)
{
    size_t plain_len = 0;

    for (size_t i = 0; i < job->piece_count; i++) {
        struct piece *piece = &job->pieces[i];
        struct bytes framed = {job->buffer + (piece->frame.offset - job->offset), piece->frame.size};

        TRY(world_check_cancel(worker->reading->world, err));
        if (i == 0 || !is_same_frame(piece, piece - 1))
            TRY(segment_reader_open(worker->reader, &piece->frame, framed, worker->plain, FRAME_MAX_PLAIN, &plain_len,
                                    err));
        TRY(deliver(worker, piece, plain_len, err));
    }
    return SEALIFT_OK;
}

/* Pieces that were delivered have let go of their files. */
static void
drop_rest(struct worker *worker, struct fetch_job *job)
{
    size_t kept = 0;

    for (size_t i = 0; i < job->piece_count; i++)
        if (job->pieces[i].file != NULL)
            job->pieces[kept++] = job->pieces[i];
    job->piece_count = kept;
    reading_drop_job(worker->reading, job);
}

static enum sealift_status
open_jobs(struct worker *worker, struct sealift_error *err)
{
    struct fetch_job *job;

    while ((job = queue_pop(worker->reading->fetched)) != NULL) {
        enum sealift_status status = open_frames(worker, job, err);

        drop_rest(worker, job);
        if (status != SEALIFT_OK)
            return status;
    }
    return SEALIFT_OK;
}

enum sealift_status
reading_open(void *argument, struct sealift_error *err)
{
    SCOPED(worker_done) struct worker worker = {.reading = argument};
    SCOPED(secret_free) struct secret *key = NULL;
    const struct reading_request *request = worker.reading->request;

    worker.plain = malloc(FRAME_MAX_PLAIN);
    if (worker.plain == NULL)
        return error_no_memory(err);
    TRY(segment_reader_new(request->fs_key, &request->manifest->fs, &worker.reader, err));
    TRY(key_for_chunk_ids(request->fs_key, &key, err));
    TRY(mac_new(key, &worker.namer, err));
    return open_jobs(&worker, err);
}
