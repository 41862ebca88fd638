#include "text.h"

#include "error.h"
#include "scoped.h"

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

void
hex_encode(struct bytes data, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < data.len; i++) {
        *out++ = digits[data.data[i] >> 4];
        *out++ = digits[data.data[i] & 15];
    }
    *out = '\0';
}

bool
hex_decode(const char *text, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++, text += 2) {
        int high = hex_value(text[0]);
        int low = high >= 0 ? hex_value(text[1]) : -1; /* text[1] is there only when text[0] is no NUL */

        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return *text == '\0';
}

enum sealift_status
base64_encode(struct bytes data, struct buf *out, struct sealift_error *err)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *to;

    TRY(buf_reserve(out, (data.len / 3 + 1) * 4, err));
    to = out->data + out->len;
    for (; data.len >= 3; data.data += 3, data.len -= 3) {
        *to++ = (uint8_t)digits[data.data[0] >> 2];
        *to++ = (uint8_t)digits[(data.data[0] & 3) << 4 | data.data[1] >> 4];
        *to++ = (uint8_t)digits[(data.data[1] & 15) << 2 | data.data[2] >> 6];
        *to++ = (uint8_t)digits[data.data[2] & 63];
    }
    if (data.len > 0) {
        uint8_t second = data.len == 2 ? data.data[1] : 0;

        *to++ = (uint8_t)digits[data.data[0] >> 2];
        *to++ = (uint8_t)digits[(data.data[0] & 3) << 4 | second >> 4];
        *to++ = data.len == 2 ? (uint8_t)digits[(second & 15) << 2] : '=';
        *to++ = '=';
    }
    out->len = (size_t)(to - out->data);
    return SEALIFT_OK;
}

static int
base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* Reads `digits` digits (2 to 4) and writes one byte fewer. The bits that are left over must be zero: else two texts
 * would mean the same bytes. */
static bool
decode_group(const uint8_t *text, size_t digits, uint8_t *out)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < 4; i++) {
        int value = i < digits ? base64_value(text[i]) : 0;

        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
    }
    for (size_t i = 0; i < 3; i++) {
        uint8_t byte = (uint8_t)(bits >> (16 - 8 * i));

        if (i < digits - 1)
            out[i] = byte;
        else if (byte != 0)
            return false;
    }
    return true;
}

static enum sealift_status
not_base64(struct sealift_error *err)
{
    return error_set(err, SEALIFT_INVALID, "not base64 (RFC 4648, section 4) in its canonical form");
}

enum sealift_status
base64_decode(struct bytes text, struct buf *out, struct sealift_error *err)
{
    size_t padding = 0, bytes;
    uint8_t *to;

    if (text.len % 4 != 0)
        return not_base64(err);
    while (padding < 2 && padding < text.len && text.data[text.len - 1 - padding] == '=')
        padding++;
    bytes = text.len / 4 * 3 - padding;
    TRY(buf_reserve(out, bytes, err));
    to = out->data + out->len;
    for (size_t at = 0; at < text.len; at += 4, to += 3)
        if (!decode_group(text.data + at, at + 4 < text.len ? 4 : 4 - padding, to))
            return not_base64(err);
    out->len += bytes;
    return SEALIFT_OK;
}
