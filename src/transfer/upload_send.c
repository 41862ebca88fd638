#include "digest.h"
#include "error.h"
#include "scoped.h"
#include "upload_stages.h"

#include <stdlib.h>

static enum sealift_status
send_segment(struct upload *upload, const struct sealed_segment *segment, struct sealift_error *err)
{
    struct log_segment logged = {.id = segment->id, .size = segment->size};
    struct bytes bytes = {segment->buffer, segment->size};
    char name[NAME_SIZE];

    TRY(sha256(bytes, logged.sha256, err));
    name_of_segment(&upload->request->fs, &segment->id.upload, segment->id.kind, segment->id.number, name);
    TRY(store_put(upload->store, name, bytes, logged.sha256, err));
    progress_add(upload->progress, 0, 0, segment->contents, segment->size);
    return upload_log_add(upload->log, &logged, err);
}

enum sealift_status
upload_send(void *argument, struct sealift_error *err)
{
    struct upload *upload = argument;
    struct sealed_segment *segment;

    while ((segment = queue_pop(upload->sealed)) != NULL) {
        enum sealift_status status = SEALIFT_OK;

        if (!atomic_load(&upload->doomed))
            status = send_segment(upload, segment, err);
        pool_give(upload->buffers, segment->buffer);
        free(segment);
        if (status != SEALIFT_OK)
            return status;
    }
    return SEALIFT_OK;
}
