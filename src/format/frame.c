#include "frame.h"

#include "little_endian.h"

#include <string.h>

void
frame_prefix_encode(const struct frame_prefix *prefix, uint8_t out[FRAME_PREFIX_SIZE])
{
    le_put_u32(out, prefix->length | (uint32_t)prefix->flags << 24);
}

/* The last frame has no body, all others have one; the length alone keeps a hostile frame from being larger than our
 * buffers. */
static bool
is_possible(const struct frame_prefix *prefix)
{
    if (prefix->flags == FRAME_FLAG_LAST)
        return prefix->length == AEAD_TAG_SIZE;
    return (prefix->flags & ~FRAME_FLAG_ZSTD) == 0 && prefix->length > AEAD_TAG_SIZE &&
           prefix->length <= FRAME_MAX_PLAIN + AEAD_TAG_SIZE;
}

bool
frame_prefix_cut(struct bytes *bytes, struct frame_prefix *ret_prefix)
{
    struct frame_prefix prefix;
    struct bytes head;
    uint32_t word;

    if (!bytes_cut(bytes, FRAME_PREFIX_SIZE, &head))
        return false;
    word = le_get_u32(head.data);
    prefix = (struct frame_prefix){.length = word & 0xffffff, .flags = (uint8_t)(word >> 24)};
    if (!is_possible(&prefix))
        return false;
    *ret_prefix = prefix;
    return true;
}

void
frame_aad(const struct uuid *fs, const struct segment_id *segment, uint32_t number, uint8_t flags,
          uint8_t out[FRAME_AAD_SIZE])
{
    segment_header_encode(fs, segment, out);
    le_put_u32(out + SEGMENT_HEADER_SIZE, number);
    out[SEGMENT_HEADER_SIZE + 4] = flags;
}

void
frame_nonce(uint32_t number, uint8_t out[AEAD_NONCE_SIZE])
{
    memset(out, 0, AEAD_NONCE_SIZE);
    le_put_u32(out, number);
}
