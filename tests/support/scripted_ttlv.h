/* TTLV of the scripted KMIP server: a few lines of its own, since it judges what kms/ttlv.h writes and reads. Building
 * aborts where it cannot go on: it is a test's own machinery. */
#ifndef SCRIPTED_TTLV_H
#define SCRIPTED_TTLV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- Building --- */

struct scripted_ttlv {
    uint8_t *data;
    size_t len;
    size_t capacity;
};

void scripted_ttlv_done(struct scripted_ttlv *ttlv);
void scripted_ttlv_raw(struct scripted_ttlv *ttlv, const void *data, size_t len);

/* A structure from here to its end: begin says where it began, end fills in the length. */
size_t scripted_ttlv_begin(struct scripted_ttlv *ttlv, uint32_t tag);
void scripted_ttlv_end(struct scripted_ttlv *ttlv, size_t began);

/* Integer 2, Enumeration 5, Interval 0a in 4 bytes; Long Integer 3, Boolean 6, Date-Time 9 in 8. */
void scripted_ttlv_number(struct scripted_ttlv *ttlv, uint32_t tag, uint8_t type, int64_t value);
/* Text String 7, Byte String 8, or any other type with a value of any length. */
void scripted_ttlv_string(struct scripted_ttlv *ttlv, uint32_t tag, uint8_t type, const void *data, size_t len);
void scripted_ttlv_text(struct scripted_ttlv *ttlv, uint32_t tag, const char *text);

/* --- Reading --- */

struct scripted_item {
    uint32_t tag;
    uint8_t type;
    const uint8_t *at; /* its header */
    size_t whole;      /* header, value and padding */
    const uint8_t *value;
    size_t len;
};

/* NULL when that is one item whose every length, padding (zero) and depth is right; else what is wrong. A type that
 * does not exist may have any length. */
const char *scripted_ttlv_check(const uint8_t *data, size_t len);

/* The next item of a checked structure; false at its end. */
bool scripted_ttlv_next(const uint8_t **at, const uint8_t *end, struct scripted_item *ret_item);
int64_t scripted_ttlv_value(const struct scripted_item *item); /* of a number */

/* The items of a checked message in the order of their headers: how many there are, and where the header of one is. */
size_t scripted_ttlv_count(const uint8_t *data, size_t len);
size_t scripted_ttlv_offset(const uint8_t *data, size_t len, size_t number);

/* A structure read strictly in order. The first complaint stays, and nothing is found after it. */
struct scripted_cursor {
    const uint8_t *at;
    const uint8_t *end;
    uint32_t inside; /* the structure's tag */
    char *complaint; /* 128 bytes, shared by the cursors of a message; empty: none */
};

#define SCRIPTED_COMPLAINT_SIZE 128

struct scripted_cursor scripted_cursor_of(const struct scripted_item *structure, char *complaint);
/* Takes the next item if it has that tag; another type is a complaint. */
bool scripted_cursor_may(struct scripted_cursor *cursor, uint32_t tag, uint8_t type, struct scripted_item *ret_item);
/* The same, and a complaint if it has not. */
bool scripted_cursor_must(struct scripted_cursor *cursor, uint32_t tag, uint8_t type, struct scripted_item *ret_item);
/* A complaint if anything is left: a field in the wrong place, or one that does not belong there. */
bool scripted_cursor_ends(struct scripted_cursor *cursor);
void scripted_complain(char *complaint, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
