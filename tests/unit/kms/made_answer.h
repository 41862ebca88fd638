/* A successful answer of a KMIP server, made item by item. */
#ifndef MADE_ANSWER_H
#define MADE_ANSWER_H

#include "kmip_message.h"

#include <criterion/criterion.h>

struct made_answer {
    struct kmip_request request;
    struct kmip_answer answer;
    struct ttlv_writer writer; /* for the payload's items */
};

static inline void
made_answer_begin(struct made_answer *made, enum kmip_version version, enum kmip_operation operation)
{
    *made = (struct made_answer){.request = {.version = version, .operation = operation},
                                 .answer.bytes = {.wipe = true, .max = KMIP_MESSAGE_MAX}};
    ttlv_writer_init(&made->writer, &made->answer.bytes);
    ttlv_begin(&made->writer, KMIP_TAG_RESPONSE_MESSAGE);
    ttlv_begin(&made->writer, KMIP_TAG_RESPONSE_HEADER);
    kmip_put_version(&made->writer, version);
    ttlv_put_integer(&made->writer, KMIP_TAG_BATCH_COUNT, 1);
    ttlv_end(&made->writer);
    ttlv_begin(&made->writer, KMIP_TAG_BATCH_ITEM);
    ttlv_put_enumeration(&made->writer, KMIP_TAG_OPERATION, operation);
    ttlv_put_enumeration(&made->writer, KMIP_TAG_RESULT_STATUS, KMIP_SUCCESS);
    ttlv_begin(&made->writer, KMIP_TAG_RESPONSE_PAYLOAD);
}

/* Then made->answer is what kmip_answer_read() made of it. */
static inline void
made_answer_end(struct made_answer *made)
{
    struct sealift_error err;

    ttlv_end(&made->writer);
    ttlv_end(&made->writer);
    ttlv_end(&made->writer);
    cr_assert_eq(ttlv_writer_finish(&made->writer, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(kmip_answer_read(&made->answer, &made->request, &err), SEALIFT_OK, "%s", err.message);
}

static inline void
made_answer_done(struct made_answer *made)
{
    kmip_answer_done(&made->answer);
}

#endif
