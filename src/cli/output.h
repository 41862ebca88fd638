/* Results. One table of columns a kind of result says how a struct of the public API looks as JSON and to people's
 * eyes; docs/JSON.md describes the same tables, and a test holds the two together. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <sealift/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The comment names the field. In JSON: text or null; a number; "2026-11-24T14:45:57Z" or null; true or false; an
 * array of text. */
enum column_type {
    COLUMN_END,
    COLUMN_TEXT,    /* const char *; NULL and the empty text are nothing */
    COLUMN_CHARS,   /* char[], ends with NUL */
    COLUMN_BYTES,   /* uint64_t; "1.5 GiB" for people */
    COLUMN_COUNT,   /* uint64_t */
    COLUMN_NUMBER,  /* int64_t; 0 is nothing for people */
    COLUMN_SECONDS, /* double */
    COLUMN_TIME,    /* int64_t, nanoseconds since 1970; 0 is nothing; local time for people */
    COLUMN_FLAG,    /* bool; "yes" or "no" for people */
    COLUMN_TEXTS,   /* const char *const *, UTF-8, ends with NULL; NULL and the empty list are nothing. For people only
                       the first of many */
};

struct column {
    const char *key;    /* in JSON */
    const char *header; /* for people; NULL: only in JSON */
    enum column_type type;
    size_t field; /* offsetof in the struct */
};

const char *column_type_name(enum column_type type); /* "text", "bytes" ...: as in docs/JSON.md */

/* One JSON object, without a newline. A text that is not UTF-8 (a path may be any bytes) is followed by KEY_hex with
 * all of its bytes. */
void output_json(FILE *out, const struct column *columns, const void *row);
/* What stands between its braces. */
void output_json_fields(FILE *out, const struct column *columns, const void *row);
/* A value a line, aligned; what is nothing is left out. */
void output_record(FILE *out, const struct column *columns, const void *row);
/* One value for people; "-" when it is nothing. */
void output_cell(FILE *out, const struct column *column, const void *row);
bool output_is_nothing(const struct column *column, const void *row);

/* Writes out what is buffered. IO: standard output cannot take it. */
enum sealift_status output_flush(FILE *out, struct sealift_error *err);

#endif
