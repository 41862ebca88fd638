#include "output.h"

#include "failure.h"
#include "json_text.h"
#include "quantity.h"
#include "visible.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define TEXTS_SHOWN 3

static const void *
field_of(const struct column *column, const void *row)
{
    return (const char *)row + column->field;
}

static const char *
text_of(const struct column *column, const void *row)
{
    const void *field = field_of(column, row);
    const char *text = column->type == COLUMN_CHARS ? field : *(const char *const *)field;

    return text != NULL && *text != '\0' ? text : NULL;
}

const char *
column_type_name(enum column_type type)
{
    switch (type) {
    case COLUMN_TEXT:
    case COLUMN_CHARS:
        return "text";
    case COLUMN_BYTES:
        return "bytes";
    case COLUMN_COUNT:
        return "count";
    case COLUMN_NUMBER:
        return "number";
    case COLUMN_SECONDS:
        return "seconds";
    case COLUMN_TIME:
        return "time";
    case COLUMN_FLAG:
        return "flag";
    case COLUMN_TEXTS:
        return "texts";
    case COLUMN_END:
        break;
    }
    return "";
}

static void
write_json_text(FILE *out, const char *key, const char *text)
{
    if (text == NULL) {
        fputs("null", out);
        return;
    }
    json_text_write(out, text);
    if (json_text_is_lossless(text))
        return;
    fprintf(out, ",\"%s_hex\":", key);
    json_text_write_hex(out, text);
}

static void
write_json_time(FILE *out, int64_t wall_ns)
{
    char text[QUANTITY_TEXT];

    if (wall_ns == 0) {
        fputs("null", out);
        return;
    }
    quantity_write_time_utc(wall_ns, text);
    fprintf(out, "\"%s\"", text);
}

static const char *const *
texts_of(const struct column *column, const void *row)
{
    static const char *const none[] = {NULL};
    const char *const *texts = *(const char *const *const *)field_of(column, row);

    return texts != NULL ? texts : none;
}

static void
write_json_texts(FILE *out, const char *const *texts)
{
    putc('[', out);
    for (const char *separator = ""; *texts != NULL; texts++, separator = ",") {
        fputs(separator, out);
        json_text_write(out, *texts);
    }
    putc(']', out);
}

static void
write_few(FILE *out, const char *const *texts)
{
    size_t count = 0;

    while (texts[count] != NULL)
        count++;
    for (size_t i = 0; i < count && i < TEXTS_SHOWN; i++) {
        fputs(i > 0 ? ", " : "", out);
        visible_write(out, texts[i]);
    }
    if (count > TEXTS_SHOWN)
        fprintf(out, " and %zu more", count - TEXTS_SHOWN);
}

static void
write_json_value(FILE *out, const struct column *column, const void *row)
{
    const void *field = field_of(column, row);

    switch (column->type) {
    case COLUMN_END:
        break;
    case COLUMN_TEXT:
    case COLUMN_CHARS:
        write_json_text(out, column->key, text_of(column, row));
        break;
    case COLUMN_BYTES:
    case COLUMN_COUNT:
        fprintf(out, "%" PRIu64, *(const uint64_t *)field);
        break;
    case COLUMN_NUMBER:
        fprintf(out, "%" PRId64, *(const int64_t *)field);
        break;
    case COLUMN_SECONDS:
        fprintf(out, "%.3f", *(const double *)field);
        break;
    case COLUMN_TIME:
        write_json_time(out, *(const int64_t *)field);
        break;
    case COLUMN_FLAG:
        fputs(*(const bool *)field ? "true" : "false", out);
        break;
    case COLUMN_TEXTS:
        write_json_texts(out, texts_of(column, row));
        break;
    }
}

void
output_json_fields(FILE *out, const struct column *columns, const void *row)
{
    for (const struct column *column = columns; column->type != COLUMN_END; column++) {
        fprintf(out, "%s\"%s\":", column > columns ? "," : "", column->key);
        write_json_value(out, column, row);
    }
}

void
output_json(FILE *out, const struct column *columns, const void *row)
{
    putc('{', out);
    output_json_fields(out, columns, row);
    putc('}', out);
}

bool
output_is_nothing(const struct column *column, const void *row)
{
    switch (column->type) {
    case COLUMN_TEXT:
    case COLUMN_CHARS:
        return text_of(column, row) == NULL;
    case COLUMN_NUMBER:
    case COLUMN_TIME:
        return *(const int64_t *)field_of(column, row) == 0;
    case COLUMN_TEXTS:
        return *texts_of(column, row) == NULL;
    default:
        return false;
    }
}

void
output_cell(FILE *out, const struct column *column, const void *row)
{
    const void *field = field_of(column, row);
    char text[QUANTITY_TEXT];

    if (output_is_nothing(column, row)) {
        putc('-', out);
        return;
    }
    switch (column->type) {
    case COLUMN_END:
        break;
    case COLUMN_TEXT:
    case COLUMN_CHARS:
        visible_write(out, text_of(column, row));
        break;
    case COLUMN_BYTES:
        quantity_write_bytes(*(const uint64_t *)field, text);
        fputs(text, out);
        break;
    case COLUMN_COUNT:
        fprintf(out, "%" PRIu64, *(const uint64_t *)field);
        break;
    case COLUMN_NUMBER:
        fprintf(out, "%" PRId64, *(const int64_t *)field);
        break;
    case COLUMN_SECONDS:
        quantity_write_seconds(*(const double *)field, text);
        fputs(text, out);
        break;
    case COLUMN_TIME:
        quantity_write_time_local(*(const int64_t *)field, text);
        fputs(text, out);
        break;
    case COLUMN_FLAG:
        fputs(*(const bool *)field ? "yes" : "no", out);
        break;
    case COLUMN_TEXTS:
        write_few(out, texts_of(column, row));
        break;
    }
}

void
output_record(FILE *out, const struct column *columns, const void *row)
{
    size_t width = 0;

    for (const struct column *column = columns; column->type != COLUMN_END; column++)
        if (column->header != NULL && strlen(column->header) > width)
            width = strlen(column->header);
    for (const struct column *column = columns; column->type != COLUMN_END; column++) {
        if (column->header == NULL || output_is_nothing(column, row))
            continue;
        fprintf(out, "%s:%*s ", column->header, (int)(width - strlen(column->header)), "");
        output_cell(out, column, row);
        putc('\n', out);
    }
}

enum sealift_status
output_flush(FILE *out, struct sealift_error *err)
{
    errno = 0;
    if (fflush(out) == 0 && !ferror(out))
        return SEALIFT_OK;
    return failure_set(err, SEALIFT_IO,
                       "standard output: %s; what the command did is done, only what it had to say is lost",
                       errno != 0 ? strerror(errno) : "an earlier write failed");
}
