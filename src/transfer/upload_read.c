/* The second stage: a worker reads batches, each item of them. */
#include "error.h"
#include "item_reader.h"
#include "scoped.h"

static enum sealift_status
read_batch(struct upload *upload, struct item_reader *reader, struct batch *batch, struct sealift_error *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        TRY(world_check_cancel(upload->world, err));
        TRY(item_reader_read(reader, &batch->items[i], err));
    }
    return item_reader_flush(reader, err);
}

enum sealift_status
upload_read(void *argument, struct sealift_error *err)
{
    SCOPED(item_reader_free) struct item_reader *reader = NULL;
    struct upload *upload = argument;
    struct batch *batch;

    TRY(item_reader_new(upload, &reader, err));
    while ((batch = queue_pop(upload->planned)) != NULL) {
        enum sealift_status status = read_batch(upload, reader, batch, err);

        if (status != SEALIFT_OK) {
            batch_free(&batch);
            return status;
        }
        sequence_put(upload->finished, batch->ticket, batch);
    }
    TRY(item_reader_finish(reader, err));
    upload_producer_done(upload);
    return SEALIFT_OK;
}
