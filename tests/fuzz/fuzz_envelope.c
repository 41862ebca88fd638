/* envelope_read() on anything; what it accepts must be written so that it reads back as the same, and is opened without
 * harm. */
#include "envelope.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

static void
insist(bool truth)
{
    if (!truth)
        abort();
}

static void
write_and_read_again(const struct envelope *envelope)
{
    SCOPED(buf_done) struct buf once = {0}, twice = {0};
    SCOPED(json_free) struct json *json = NULL;
    struct envelope again;
    struct sealift_error err;

    insist(envelope_to_json(envelope, &once, &err) == SEALIFT_OK);
    insist(json_parse(buf_bytes(&once), "again", &json, &err) == SEALIFT_OK);
    insist(envelope_read(json, &again, &err) == SEALIFT_OK);
    insist(envelope_to_json(&again, &twice, &err) == SEALIFT_OK);
    insist(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
}

/* No input can be sealed under this KEK, short of breaking AES-GCM. */
static void
fail_to_open(const struct envelope *envelope)
{
    SCOPED(secret_free) struct secret *kek = NULL, *fs_key = NULL, *at_rest_key = NULL;
    struct sealift_error err;

    insist(secret_copy(bytes_of_text("a KEK that nobody seals anything"), &kek, &err) == SEALIFT_OK);
    insist(envelope_open(envelope, kek, &fs_key, &at_rest_key, &err) == SEALIFT_CORRUPT);
    insist(fs_key == NULL && at_rest_key == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(json_free) struct json *json = NULL;
    struct envelope envelope;
    struct sealift_error err;

    if (json_parse((struct bytes){data, size}, "fuzz", &json, &err) != SEALIFT_OK ||
        envelope_read(json, &envelope, &err) != SEALIFT_OK)
        return 0;
    write_and_read_again(&envelope);
    fail_to_open(&envelope);
    return 0;
}
