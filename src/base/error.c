#include "error.h"

#include "utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The length of the character at the head of `text` when it may be shown as it is, else 0: it would move a terminal's
 * cursor (C0, DEL, and C1, which is U+0080 to U+009F), or it is not UTF-8, as a file name need not be. */
static size_t
plain_char_len(struct bytes text, bool newlines_stay)
{
    size_t len = utf8_char_len(text);
    bool is_c0 = len == 1 && (text.data[0] < 0x20 || text.data[0] == 0x7f);
    bool is_c1 = len == 2 && text.data[0] == 0xc2 && text.data[1] < 0xa0;

    if (len == 1 && text.data[0] == '\n')
        return newlines_stay ? 1 : 0;
    return is_c0 || is_c1 ? 0 : len;
}

/* Copies `text` into out[*at], showing what is not plain as \xNN; cuts what does not fit, between characters. */
static void
append_shown(char *out, size_t size, size_t *at, const char *text, bool newlines_stay)
{
    struct bytes rest = bytes_of_text(text), head;

    while (rest.len > 0) {
        size_t plain = plain_char_len(rest, newlines_stay);
        size_t room = plain > 0 ? plain : strlen("\\xNN");

        if (*at + room >= size || !bytes_cut(&rest, plain > 0 ? plain : 1, &head))
            break;
        if (plain > 0)
            memcpy(out + *at, head.data, plain);
        else
            snprintf(out + *at, size - *at, "\\x%02x", head.data[0]);
        *at += room;
    }
    out[*at] = '\0';
}

static size_t
count_newlines(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

/* Newlines stay when they are all the format's own. When an argument brought some along, no line break
 * can be trusted. */
[[gnu::format(printf, 4, 0)]] static void
append_formatted(char *out, size_t size, size_t *at, const char *format, va_list arguments)
{
    char text[sizeof(((struct sealift_error *)0)->message)];

    vsnprintf(text, sizeof(text), format, arguments);
    append_shown(out, size, at, text, count_newlines(text) <= count_newlines(format));
}

enum sealift_status
error_set(struct sealift_error *err, enum sealift_status status, const char *format, ...)
{
    size_t at = 0;
    va_list arguments;

    err->status = status;
    va_start(arguments, format);
    append_formatted(err->message, sizeof(err->message), &at, format, arguments);
    va_end(arguments);
    return status;
}

static enum sealift_status
status_of_errno(int error_number)
{
    switch (error_number) {
    case EACCES:
    case EPERM:
        return SEALIFT_DENIED;
    case ENOENT:
        return SEALIFT_NOT_FOUND;
    case EEXIST:
        return SEALIFT_CONFLICT;
    case ENOMEM:
        return SEALIFT_NO_MEMORY;
    default:
        return SEALIFT_IO;
    }
}

enum sealift_status
error_errno(struct sealift_error *err, int error_number, const char *format, ...)
{
    size_t at = 0;
    va_list arguments;
    char reason[128];

    err->status = status_of_errno(error_number);
    va_start(arguments, format);
    append_formatted(err->message, sizeof(err->message), &at, format, arguments);
    va_end(arguments);
    append_shown(err->message, sizeof(err->message), &at, ": ", true);
    append_shown(err->message, sizeof(err->message), &at, strerror_r(error_number, reason, sizeof(reason)), true);
    errno = error_number;
    return err->status;
}

enum sealift_status
error_prefix(struct sealift_error *err, const char *format, ...)
{
    struct sealift_error inner = *err;
    size_t at = 0;
    va_list arguments;

    va_start(arguments, format);
    append_formatted(err->message, sizeof(err->message), &at, format, arguments);
    va_end(arguments);
    append_shown(err->message, sizeof(err->message), &at, ": ", true);
    append_shown(err->message, sizeof(err->message), &at, inner.message, true);
    return err->status;
}

enum sealift_status
error_hint(struct sealift_error *err, const char *format, ...)
{
    size_t at = strlen(err->message);
    va_list arguments;

    append_shown(err->message, sizeof(err->message), &at, "; ", true);
    va_start(arguments, format);
    append_formatted(err->message, sizeof(err->message), &at, format, arguments);
    va_end(arguments);
    return err->status;
}

enum sealift_status
error_no_memory(struct sealift_error *err)
{
    return error_set(err, SEALIFT_NO_MEMORY, "out of memory");
}

bool
error_ends_all(enum sealift_status status)
{
    return status == SEALIFT_CANCELLED || status == SEALIFT_NO_MEMORY || status == SEALIFT_INTERNAL;
}

bool
error_ends_trying(enum sealift_status status)
{
    return status == SEALIFT_UNAVAILABLE || error_ends_all(status);
}

const char *
sealift_status_name(enum sealift_status status)
{
    switch (status) {
    case SEALIFT_OK:
        return "ok";
    case SEALIFT_INVALID:
        return "invalid";
    case SEALIFT_DENIED:
        return "denied";
    case SEALIFT_NOT_FOUND:
        return "not-found";
    case SEALIFT_CONFLICT:
        return "conflict";
    case SEALIFT_UNAVAILABLE:
        return "unavailable";
    case SEALIFT_CORRUPT:
        return "corrupt";
    case SEALIFT_KEY:
        return "key";
    case SEALIFT_IO:
        return "io";
    case SEALIFT_NO_MEMORY:
        return "no-memory";
    case SEALIFT_CANCELLED:
        return "cancelled";
    case SEALIFT_INTERNAL:
        return "internal";
    }
    return "unknown";
}
