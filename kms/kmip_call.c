#include "kmip_call.h"

#include "kmip_error.h"

void
kmip_reply_done(struct kmip_reply *reply)
{
    kmip_answer_done(&reply->answer);
    *reply = (struct kmip_reply){0};
}

enum sealift_status
kmip_reply_check(const struct kmip_reply *reply, const struct kmip_call *call, struct sealift_error *err)
{
    struct kmip_place place = {reply->server, call->uid};

    if (reply->answer.status == KMIP_SUCCESS)
        return SEALIFT_OK;
    return kmip_error(call->operation, &place, &reply->answer, err);
}
