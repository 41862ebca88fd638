#include "failure.h"

#include <stdarg.h>
#include <stdio.h>

enum sealift_status
failure_set(struct sealift_error *err, enum sealift_status status, const char *format, ...)
{
    va_list arguments;

    err->status = status;
    va_start(arguments, format);
    vsnprintf(err->message, sizeof(err->message), format, arguments);
    va_end(arguments);
    return status;
}

enum sealift_status
failure_no_memory(struct sealift_error *err)
{
    return failure_set(err, SEALIFT_NO_MEMORY, "out of memory");
}
