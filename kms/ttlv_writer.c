#include "ttlv.h"

#include "error.h"
#include "utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

void
ttlv_writer_init(struct ttlv_writer *writer, struct buf *out)
{
    *writer = (struct ttlv_writer){.out = out};
}

static void
append(struct ttlv_writer *writer, const void *data, size_t len)
{
    if (writer->status == SEALIFT_OK)
        writer->status = buf_append(writer->out, data, len, &writer->error);
}

static void
store_big_endian(uint8_t *out, size_t size, uint64_t value)
{
    for (size_t i = size; i > 0; i--, value >>= 8)
        out[i - 1] = (uint8_t)value;
}

static void
put_header(struct ttlv_writer *writer, uint32_t tag, enum ttlv_type type, size_t len)
{
    uint8_t header[TTLV_HEADER_SIZE];

    assert(tag <= 0xffffff);
    if (len > UINT32_MAX && writer->status == SEALIFT_OK)
        writer->status = error_set(&writer->error, SEALIFT_INVALID,
                                   "tag %06" PRIx32 ": %zu bytes are more than an item of TTLV can hold", tag, len);
    store_big_endian(header, 4, (uint64_t)tag << 8 | (uint64_t)type);
    store_big_endian(header + 4, 4, len);
    append(writer, header, sizeof(header));
}

static void
put_padded(struct ttlv_writer *writer, uint32_t tag, enum ttlv_type type, const void *value, size_t len)
{
    static const uint8_t zeros[8];

    put_header(writer, tag, type, len);
    append(writer, value, len);
    append(writer, zeros, (8 - len % 8) % 8);
}

static void
put_number(struct ttlv_writer *writer, uint32_t tag, enum ttlv_type type, size_t size, uint64_t value)
{
    uint8_t bytes[8];

    store_big_endian(bytes, size, value);
    put_padded(writer, tag, type, bytes, size);
}

void
ttlv_begin(struct ttlv_writer *writer, uint32_t tag)
{
    if (writer->depth < TTLV_MAX_DEPTH)
        writer->open[writer->depth] = writer->out->len + 4;
    else if (writer->status == SEALIFT_OK)
        writer->status = error_set(&writer->error, SEALIFT_INTERNAL, "tag %06" PRIx32 ": more than %d structures deep",
                                   tag, TTLV_MAX_DEPTH);
    writer->depth++;
    put_header(writer, tag, TTLV_STRUCTURE, 0);
}

void
ttlv_end(struct ttlv_writer *writer)
{
    size_t at, len;

    assert(writer->depth > 0);
    writer->depth--;
    if (writer->status != SEALIFT_OK)
        return;
    at = writer->open[writer->depth];
    len = writer->out->len - at - 4;
    if (len > UINT32_MAX)
        writer->status =
            error_set(&writer->error, SEALIFT_INVALID, "%zu bytes are more than a structure of TTLV can hold", len);
    else
        store_big_endian(writer->out->data + at, 4, len);
}

void
ttlv_put_integer(struct ttlv_writer *writer, uint32_t tag, int32_t value)
{
    put_number(writer, tag, TTLV_INTEGER, 4, (uint32_t)value);
}

void
ttlv_put_long_integer(struct ttlv_writer *writer, uint32_t tag, int64_t value)
{
    put_number(writer, tag, TTLV_LONG_INTEGER, 8, (uint64_t)value);
}

/* Sign-extended in front: this padding counts as part of the value. */
void
ttlv_put_big_integer(struct ttlv_writer *writer, uint32_t tag, struct bytes value)
{
    uint8_t sign[8];
    size_t missing = value.len > 0 ? (8 - value.len % 8) % 8 : 8;

    memset(sign, value.len > 0 && value.data[0] >= 0x80 ? 0xff : 0, sizeof(sign));
    put_header(writer, tag, TTLV_BIG_INTEGER, missing + value.len);
    append(writer, sign, missing);
    append(writer, value.data, value.len);
}

void
ttlv_put_enumeration(struct ttlv_writer *writer, uint32_t tag, uint32_t value)
{
    put_number(writer, tag, TTLV_ENUMERATION, 4, value);
}

void
ttlv_put_boolean(struct ttlv_writer *writer, uint32_t tag, bool value)
{
    put_number(writer, tag, TTLV_BOOLEAN, 8, value);
}

void
ttlv_put_text(struct ttlv_writer *writer, uint32_t tag, const char *value)
{
    /* Not shown: it may be a password. */
    if (writer->status == SEALIFT_OK && !utf8_is_valid(bytes_of_text(value)))
        writer->status = error_set(&writer->error, SEALIFT_INVALID,
                                   "tag %06" PRIx32 ": KMIP's texts are UTF-8, and this is not", tag);
    put_padded(writer, tag, TTLV_TEXT_STRING, value, strlen(value));
}

void
ttlv_put_bytes(struct ttlv_writer *writer, uint32_t tag, struct bytes value)
{
    put_padded(writer, tag, TTLV_BYTE_STRING, value.data, value.len);
}

void
ttlv_put_date_time(struct ttlv_writer *writer, uint32_t tag, int64_t seconds)
{
    put_number(writer, tag, TTLV_DATE_TIME, 8, (uint64_t)seconds);
}

void
ttlv_put_interval(struct ttlv_writer *writer, uint32_t tag, uint32_t seconds)
{
    put_number(writer, tag, TTLV_INTERVAL, 4, seconds);
}

void
ttlv_put_date_time_extended(struct ttlv_writer *writer, uint32_t tag, int64_t microseconds)
{
    put_number(writer, tag, TTLV_DATE_TIME_EXTENDED, 8, (uint64_t)microseconds);
}

enum sealift_status
ttlv_writer_finish(struct ttlv_writer *writer, struct sealift_error *err)
{
    assert(writer->depth == 0);
    if (writer->status != SEALIFT_OK)
        *err = writer->error;
    return writer->status;
}
