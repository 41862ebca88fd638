#include "varint.h"

size_t
varint_encode(uint64_t value, uint8_t out[VARINT_MAX_SIZE])
{
    size_t len = 0;

    for (; value >= 0x80; value >>= 7)
        out[len++] = (uint8_t)(value | 0x80);
    out[len++] = (uint8_t)value;
    return len;
}

enum sealift_status
varint_append(struct buf *out, uint64_t value, struct sealift_error *err)
{
    uint8_t bytes[VARINT_MAX_SIZE];

    return buf_append(out, bytes, varint_encode(value, bytes), err);
}

uint64_t
varint_fold(int64_t value)
{
    uint64_t doubled = (uint64_t)value << 1;

    return value < 0 ? ~doubled : doubled;
}

static int64_t
unfold(uint64_t folded)
{
    int64_t half = (int64_t)(folded >> 1);

    return (folded & 1) != 0 ? -half - 1 : half;
}

/* How many bytes the integer at the front has; 0 when it has no end or more bits than 64. */
static size_t
encoded_len(struct bytes from)
{
    for (size_t i = 0; i < from.len && i < VARINT_MAX_SIZE; i++)
        if (from.data[i] < 0x80)
            return i == VARINT_MAX_SIZE - 1 && from.data[i] > 1 ? 0 : i + 1;
    return 0;
}

bool
varint_cut(struct bytes *from, uint64_t max, uint64_t *ret_value)
{
    size_t len = encoded_len(*from);
    uint64_t value = 0;
    struct bytes head;

    if (len == 0 || (len > 1 && from->data[len - 1] == 0))
        return false;
    for (size_t i = len; i-- > 0;)
        value = value << 7 | (from->data[i] & 0x7f);
    if (value > max || !bytes_cut(from, len, &head))
        return false;
    *ret_value = value;
    return true;
}

bool
varint_cut_u32(struct bytes *from, uint32_t max, uint32_t *ret_value)
{
    uint64_t value;

    if (!varint_cut(from, max, &value))
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

bool
varint_cut_signed(struct bytes *from, int64_t *ret_value)
{
    uint64_t folded;

    if (!varint_cut(from, UINT64_MAX, &folded))
        return false;
    *ret_value = unfold(folded);
    return true;
}

bool
varint_cut_bytes(struct bytes *from, struct bytes *ret_bytes)
{
    struct bytes rest = *from;
    uint64_t len;

    if (!varint_cut(&rest, from->len, &len) || !bytes_cut(&rest, (size_t)len, ret_bytes))
        return false;
    *from = rest;
    return true;
}
