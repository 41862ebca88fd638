#include "http_answer.h"

#include "error.h"
#include "scoped.h"

#include <curl/curl.h>
#include <string.h>

#define MAX_HEADER_BYTES ((size_t)256 << 10)

void
http_answer_done(struct http_answer *answer)
{
    buf_done(&answer->text);
    buf_done(&answer->headers);
    *answer = (struct http_answer){0};
}

static struct bytes
trim(struct bytes text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = (struct bytes){text.data + 1, text.len - 1};
    while (text.len > 0 && memchr(" \t\r\n", text.data[text.len - 1], 4) != NULL)
        text.len--;
    return text;
}

static enum sealift_status
append_lower(struct buf *out, struct bytes name, struct sealift_error *err)
{
    size_t at = out->len;

    TRY(buf_append_bytes(out, name, err));
    for (; at < out->len; at++)
        if (out->data[at] >= 'A' && out->data[at] <= 'Z')
            out->data[at] |= 0x20;
    return SEALIFT_OK;
}

enum sealift_status
http_answer_add_header(struct http_answer *answer, struct bytes line, struct sealift_error *err)
{
    const uint8_t *colon = memchr(line.data, ':', line.len);
    struct bytes name;

    if (line.len >= 5 && memcmp(line.data, "HTTP/", 5) == 0) {
        buf_clear(&answer->headers);
        return SEALIFT_OK;
    }
    if (colon == NULL)
        return SEALIFT_OK;
    if (line.len > MAX_HEADER_BYTES - answer->headers.len)
        return error_set(err, SEALIFT_CORRUPT, "the answer has more than %zu bytes of headers", MAX_HEADER_BYTES);
    bytes_cut(&line, (size_t)(colon - line.data), &name);
    bytes_cut(&line, 1, &(struct bytes){0});
    TRY(append_lower(&answer->headers, name, err));
    TRY(buf_append_text(&answer->headers, ": ", err));
    TRY(buf_append_bytes(&answer->headers, trim(line), err));
    return buf_append_text(&answer->headers, "\n", err);
}

enum sealift_status
http_answer_add_text(struct http_answer *answer, struct bytes data, size_t max, struct sealift_error *err)
{
    if (data.len > max - answer->text.len)
        return error_set(err, SEALIFT_CORRUPT, "the answer has more than the %zu bytes that are expected", max);
    answer->text.max = max + 1; /* a final NUL */
    answer->text.wipe = true;   /* it may be a token */
    return buf_append_bytes(&answer->text, data, err);
}

/* The first line of `*rest`, without its newline. */
static bool
cut_line(struct bytes *rest, struct bytes *ret_line)
{
    const uint8_t *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;

    if (end == NULL)
        return false;
    bytes_cut(rest, (size_t)(end - rest->data), ret_line);
    return bytes_cut(rest, 1, &(struct bytes){0});
}

bool
http_answer_header(const struct http_answer *answer, const char *name, char *out, size_t size)
{
    struct bytes rest = buf_bytes(&answer->headers);
    struct bytes line, head;

    while (cut_line(&rest, &line)) {
        if (!bytes_cut(&line, strlen(name), &head) || !bytes_equal(head, bytes_of_text(name)) ||
            !bytes_cut(&line, 2, &head) || memcmp(head.data, ": ", 2) != 0)
            continue;
        if (line.len >= size)
            line.len = size - 1;
        memcpy(out, line.data, line.len);
        out[line.len] = '\0';
        return true;
    }
    return false;
}

bool
http_date_parse(const char *text, int64_t *ret_wall_ns)
{
    time_t seconds = curl_getdate(text, NULL);

    if (seconds == -1)
        return false;
    *ret_wall_ns = (int64_t)seconds * NS_PER_S;
    return true;
}
