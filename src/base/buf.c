#include "buf.h"

#include "error.h"
#include "scoped.h"
#include "wiping_heap.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes
bytes_of_text(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

bool
bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool
bytes_cut(struct bytes *from, size_t n, struct bytes *ret_head)
{
    if (from->len < n)
        return false;
    *ret_head = (struct bytes){from->data, n};
    if (n > 0) /* an empty view may be NULL */
        from->data += n;
    from->len -= n;
    return true;
}

void
buf_done(struct buf *buf)
{
    if (buf->wipe)
        wiping_heap_free(buf->data);
    else
        free(buf->data);
    *buf = (struct buf){.max = buf->max, .wipe = buf->wipe};
}

void
buf_clear(struct buf *buf)
{
    buf->len = 0;
}

enum sealift_status
buf_reserve(struct buf *buf, size_t more, struct sealift_error *err)
{
    size_t max = buf->max != 0 ? buf->max : BUF_DEFAULT_MAX;
    size_t capacity = buf->capacity != 0 ? buf->capacity : 256;
    uint8_t *data;

    if (more > max || buf->len > max - more)
        return error_set(err, SEALIFT_NO_MEMORY, "a buffer would grow beyond its ceiling of %zu bytes", max);
    if (buf->len + more <= buf->capacity)
        return SEALIFT_OK;
    while (capacity < buf->len + more)
        capacity *= 2;
    if (capacity > max)
        capacity = max;
    data = buf->wipe ? wiping_heap_realloc(buf->data, capacity) : realloc(buf->data, capacity);
    if (data == NULL)
        return error_no_memory(err);
    buf->data = data;
    buf->capacity = capacity;
    return SEALIFT_OK;
}

enum sealift_status
buf_append(struct buf *buf, const void *data, size_t len, struct sealift_error *err)
{
    if (len == 0)
        return SEALIFT_OK;
    TRY(buf_reserve(buf, len, err));
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    return SEALIFT_OK;
}

enum sealift_status
buf_append_bytes(struct buf *buf, struct bytes bytes, struct sealift_error *err)
{
    return buf_append(buf, bytes.data, bytes.len, err);
}

enum sealift_status
buf_append_text(struct buf *buf, const char *text, struct sealift_error *err)
{
    return buf_append(buf, text, strlen(text), err);
}

[[gnu::format(printf, 2, 0)]] static enum sealift_status
append_formatted(struct buf *buf, const char *format, va_list arguments, struct sealift_error *err)
{
    va_list again;
    int len;

    va_copy(again, arguments);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0)
        return error_set(err, SEALIFT_INTERNAL, "a message could not be formatted");
    TRY(buf_reserve(buf, (size_t)len + 1, err));
    vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, format, arguments);
    buf->len += (size_t)len;
    return SEALIFT_OK;
}

enum sealift_status
buf_printf(struct buf *buf, const char *format, struct sealift_error *err, ...)
{
    enum sealift_status status;
    va_list arguments;

    va_start(arguments, err);
    status = append_formatted(buf, format, arguments, err);
    va_end(arguments);
    return status;
}

struct bytes
buf_bytes(const struct buf *buf)
{
    return (struct bytes){buf->data, buf->len};
}

enum sealift_status
buf_text(struct buf *buf, const char **ret_text, struct sealift_error *err)
{
    TRY(buf_reserve(buf, 1, err));
    buf->data[buf->len] = '\0';
    *ret_text = (const char *)buf->data;
    return SEALIFT_OK;
}

enum sealift_status
buf_steal_text(struct buf *buf, char **ret_text, struct sealift_error *err)
{
    const char *text;

    assert(!buf->wipe);
    TRY(buf_text(buf, &text, err));
    *ret_text = (char *)buf->data;
    *buf = (struct buf){.max = buf->max};
    return SEALIFT_OK;
}

enum sealift_status
text_copy(const char *text, char **ret_copy, struct sealift_error *err)
{
    char *copy = strdup(text);

    if (copy == NULL)
        return error_no_memory(err);
    *ret_copy = copy;
    return SEALIFT_OK;
}

enum sealift_status
text_format(char **ret_text, const char *format, struct sealift_error *err, ...)
{
    SCOPED(buf_done) struct buf buf = {0};
    enum sealift_status status;
    va_list arguments;

    va_start(arguments, err);
    status = append_formatted(&buf, format, arguments, err);
    va_end(arguments);
    if (status != SEALIFT_OK)
        return status;
    return buf_steal_text(&buf, ret_text, err);
}
