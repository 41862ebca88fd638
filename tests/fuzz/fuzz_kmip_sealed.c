/* What a KMIP server wrapped, as it stands in an envelope: the first line is the hint's details, the rest the wrapped
 * KEK. What is taken must come out as it went in, and a tag that is moved must come back. */
#include "kmip_sealed.h"
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
insist_same(const struct kmip_sealed *a, const struct kmip_sealed *b)
{
    insist(a->cipher == b->cipher && a->version == b->version && a->has_tag == b->has_tag);
    insist(bytes_equal((struct bytes){a->data, a->data_len}, (struct bytes){b->data, b->data_len}));
    insist(bytes_equal((struct bytes){a->iv, a->iv_len}, (struct bytes){b->iv, b->iv_len}));
    insist(!a->has_tag || memcmp(a->tag, b->tag, sizeof(a->tag)) == 0);
}

static void
write_and_read_again(const struct kmip_sealed *sealed)
{
    SCOPED(buf_done) struct buf text = {0};
    struct kms_hint hint = {.type = "kmip"};
    struct kmip_sealed again;
    struct sealift_error err;
    const char *wrapped;

    insist(kmip_sealed_format(sealed, &hint, &text, &err) == SEALIFT_OK);
    insist(buf_text(&text, &wrapped, &err) == SEALIFT_OK);
    insist(kmip_sealed_parse(&hint, wrapped, &again, &err) == SEALIFT_OK);
    insist_same(sealed, &again);
}

static void
move_and_move_back(const struct kmip_sealed *sealed)
{
    struct kmip_sealed moved, again;

    if (!kmip_sealed_move_tag(sealed, &moved))
        return;
    insist(moved.has_tag != sealed->has_tag);
    insist(kmip_sealed_move_tag(&moved, &again));
    insist_same(sealed, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t details = end != NULL ? (size_t)(end - data) : size, rest = end != NULL ? size - details - 1 : 0;
    static char wrapped[WRAPPED_KEK_MAX + 1];
    struct kms_hint hint = {.type = "kmip"};
    struct kmip_sealed sealed;
    struct sealift_error err;

    if (details >= sizeof(hint.details) || rest >= sizeof(wrapped))
        return 0;
    memcpy(hint.details, data, details);
    memcpy(wrapped, end != NULL ? end + 1 : data, rest);
    wrapped[rest] = '\0';
    if (kmip_sealed_parse(&hint, wrapped, &sealed, &err) != SEALIFT_OK)
        return 0;
    write_and_read_again(&sealed);
    move_and_move_back(&sealed);
    return 0;
}
