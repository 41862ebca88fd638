/* An answer of a KMIP server, as hostile as it may be: the first byte chooses what was asked, the rest is the message.
 * Whatever that was, the readers of all operations see the payload. */
#include "kmip_crypt.h"
#include "kmip_discover.h"
#include "kmip_error.h"
#include "kmip_get_attributes.h"
#include "kmip_query.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

static void
insist(bool truth)
{
    if (!truth)
        abort();
}

static struct kmip_request
request_of(uint8_t choice)
{
    static const enum kmip_operation operations[] = {KMIP_GET_ATTRIBUTES, KMIP_QUERY, KMIP_DISCOVER_VERSIONS,
                                                     KMIP_ENCRYPT, KMIP_DECRYPT};

    return (struct kmip_request){
        .version = kmip_versions[choice % KMIP_VERSION_COUNT],
        .operation = operations[choice / KMIP_VERSION_COUNT % 5],
        .batch_id = bytes_of_text(choice < 128 ? "abcdefghijkl" : ""),
    };
}

static bool
is_within(struct bytes part, struct bytes whole)
{
    return part.len == 0 || (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

static void
read_discover(const struct kmip_answer *answer)
{
    enum kmip_version version;
    struct sealift_error err;

    for (size_t count = 0; count <= KMIP_VERSION_COUNT; count++)
        if (kmip_discover_read(answer, kmip_versions, count, &version, &err) == SEALIFT_OK)
            insist(version == KMIP_VERSION_UNKNOWN || kmip_version_text(version)[0] != '\0');
        else
            insist(err.status == SEALIFT_CORRUPT);
}

static void
read_query(const struct kmip_answer *answer)
{
    struct kmip_abilities abilities;
    struct sealift_error err;

    if (kmip_query_read(answer, &abilities, &err) == SEALIFT_OK)
        insist(strlen(abilities.vendor) < sizeof(abilities.vendor));
    else
        insist(err.status == SEALIFT_CORRUPT);
}

static void
read_attributes(const struct kmip_answer *answer)
{
    struct kmip_attributes attributes;
    struct sealift_error err;

    if (kmip_get_attributes_read(answer, &attributes, &err) == SEALIFT_OK)
        insist(attributes.has_usage_mask || attributes.usage_mask == 0);
    else
        insist(err.status == SEALIFT_CORRUPT);
}

static void
read_crypt(const struct kmip_answer *answer)
{
    struct kmip_crypt_result result;
    struct sealift_error err;

    if (kmip_crypt_read(answer, &result, &err) != SEALIFT_OK) {
        insist(err.status == SEALIFT_CORRUPT);
        return;
    }
    insist(is_within(result.data, buf_bytes(&answer->bytes)));
    insist(is_within(result.iv, buf_bytes(&answer->bytes)) && (result.has_iv || result.iv.len == 0));
    insist(is_within(result.tag, buf_bytes(&answer->bytes)) && (result.has_tag || result.tag.len == 0));
}

static void
explain(const struct kmip_answer *answer)
{
    static const struct kmip_place place = {"kms.example:5696", "uid-1"};
    struct sealift_error err;
    enum sealift_status status = kmip_error(answer->operation, &place, answer, &err);

    insist(status != SEALIFT_OK && status == err.status && err.message[0] != '\0');
    (void)kmip_error_is_passing(answer);
    (void)kmip_error_is_about_mode(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(kmip_answer_done) struct kmip_answer answer = {0};
    struct kmip_request request;
    struct sealift_error err;

    if (size < 1 || size > KMIP_MESSAGE_MAX)
        return 0;
    request = request_of(data[0]);
    /* Of exactly that size, so that AddressSanitizer sees a read behind its end. */
    answer.bytes = (struct buf){.data = malloc(size > 1 ? size - 1 : 1), .len = size - 1, .capacity = size - 1};
    insist(answer.bytes.data != NULL);
    memcpy(answer.bytes.data, data + 1, size - 1);
    if (kmip_answer_read(&answer, &request, &err) != SEALIFT_OK) {
        insist(err.status == SEALIFT_CORRUPT || err.status == SEALIFT_INVALID);
        return 0;
    }
    insist(answer.operation == request.operation && strlen(answer.message) < sizeof(answer.message));
    insist(answer.status != KMIP_SUCCESS || !kmip_answer_refuses_version(&answer, request.version));
    if (answer.status != KMIP_SUCCESS)
        explain(&answer);
    read_discover(&answer);
    read_query(&answer);
    read_attributes(&answer);
    read_crypt(&answer);
    return 0;
}
