#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Copies `text` into out[*at], showing control characters (but newlines) as \xNN; cuts what does not fit. */
static void
append_shown(char *out, size_t size, size_t *at, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = c == '\n' || (c >= 0x20 && c != 0x7f);
        size_t need = plain ? 1 : 4;

        if (*at + need >= size)
            break;
        if (plain)
            out[*at] = *text;
        else
            snprintf(out + *at, 5, "\\x%02x", c);
        *at += need;
    }
    out[*at] = '\0';
}

static void
append_formatted(char *out, size_t size, size_t *at, const char *format, va_list arguments)
{
    char text[sizeof(((struct sealift_error *)0)->message)];

    vsnprintf(text, sizeof(text), format, arguments);
    append_shown(out, size, at, text);
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
    append_shown(err->message, sizeof(err->message), &at, ": ");
    append_shown(err->message, sizeof(err->message), &at, strerror_r(error_number, reason, sizeof(reason)));
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
    append_shown(err->message, sizeof(err->message), &at, ": ");
    append_shown(err->message, sizeof(err->message), &at, inner.message);
    return err->status;
}

enum sealift_status
error_hint(struct sealift_error *err, const char *format, ...)
{
    size_t at = strlen(err->message);
    va_list arguments;

    append_shown(err->message, sizeof(err->message), &at, "; ");
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
