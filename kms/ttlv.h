/* TTLV, KMIP's encoding: a tag of 3 bytes, a type of 1, a length of 4, and a value padded with zeros to 8 (KMIP 1.2,
 * section 9.1; 2.1, the same in its section 9). Bytes only: what a tag means is not known here.
 *
 * Nothing is allocated per item: a reader's items are views of the message, a writer fills one buffer and goes back to
 * fill in a structure's length when it ends. */
#ifndef TTLV_H
#define TTLV_H

#include "buf.h"

#define TTLV_HEADER_SIZE 8
#define TTLV_MAX_DEPTH   16

enum ttlv_type {
    TTLV_STRUCTURE = 0x01,
    TTLV_INTEGER = 0x02, /* signed 32 bits; masks, too */
    TTLV_LONG_INTEGER = 0x03,
    TTLV_BIG_INTEGER = 0x04, /* two's complement, big-endian, a multiple of 8 bytes */
    TTLV_ENUMERATION = 0x05,
    TTLV_BOOLEAN = 0x06,
    TTLV_TEXT_STRING = 0x07, /* UTF-8 */
    TTLV_BYTE_STRING = 0x08,
    TTLV_DATE_TIME = 0x09,          /* seconds since 1970 */
    TTLV_INTERVAL = 0x0a,           /* seconds */
    TTLV_DATE_TIME_EXTENDED = 0x0b, /* microseconds since 1970; KMIP 2.0 */
};

/* --- Reading --- */

struct ttlv_item {
    uint32_t tag;       /* 0: no item */
    uint8_t type;       /* may be one that is not in the enum: a later KMIP's */
    struct bytes value; /* without the padding; a structure's: its items */
};

/* The one item that `message` is, with every length, every padding and every depth in it checked, so that what follows
 * can only fail for what it does not find. Items of an unknown tag or type pass, as long as they end within what holds
 * them. CORRUPT, saying what and at which offset. */
enum sealift_status ttlv_parse(struct bytes message, struct ttlv_item *ret_item, struct sealift_error *err);

/* The length of the whole item whose first TTLV_HEADER_SIZE bytes these are, padding included. */
uint64_t ttlv_length_of(const uint8_t header[TTLV_HEADER_SIZE]);
uint32_t ttlv_tag_of(const uint8_t header[TTLV_HEADER_SIZE]);
uint8_t ttlv_type_of(const uint8_t header[TTLV_HEADER_SIZE]);

/* The items of a structure, one by one: begin with `*rest` = structure->value; false at the end. */
bool ttlv_next(struct bytes *rest, struct ttlv_item *ret_item);

/* The one item with this tag in a structure; others, known or not, are passed over. ttlv_find() leaves *ret_item with
 * tag 0 where there is none, ttlv_need() calls that CORRUPT; twice, or of another type, is CORRUPT with both. */
enum sealift_status ttlv_find(const struct ttlv_item *structure, uint32_t tag, enum ttlv_type type,
                              struct ttlv_item *ret_item, struct sealift_error *err);
enum sealift_status ttlv_need(const struct ttlv_item *structure, uint32_t tag, enum ttlv_type type,
                              struct ttlv_item *ret_item, struct sealift_error *err);

/* What an item of that type holds; calling one for another type is our own mistake (assert). */
int32_t ttlv_integer(const struct ttlv_item *item);
int64_t ttlv_long_integer(const struct ttlv_item *item);
uint32_t ttlv_enumeration(const struct ttlv_item *item);
bool ttlv_boolean(const struct ttlv_item *item);
int64_t ttlv_date_time(const struct ttlv_item *item); /* also of DATE_TIME_EXTENDED, in its own unit */
uint32_t ttlv_interval(const struct ttlv_item *item);
/* Text as a C string in `out`, cut to size at a character, and at a NUL; a byte that is no UTF-8 becomes a question
 * mark. Control characters stay for who shows it. */
void ttlv_text(const struct ttlv_item *item, char *out, size_t size);

/* --- Writing --- */

/* The first failure sticks, and ttlv_writer_finish() tells it: a full buffer, a text that is not UTF-8, too many
 * levels. What has been written by then is of no use. */
struct ttlv_writer {
    struct buf *out;             /* appended to; one that wipes, since requests hold keys */
    size_t open[TTLV_MAX_DEPTH]; /* where the lengths of the structures that are open stand */
    unsigned depth;
    enum sealift_status status;
    struct sealift_error error;
};

void ttlv_writer_init(struct ttlv_writer *writer, struct buf *out);
void ttlv_begin(struct ttlv_writer *writer, uint32_t tag); /* a structure ... */
void ttlv_end(struct ttlv_writer *writer);                 /* ... up to here */
void ttlv_put_integer(struct ttlv_writer *writer, uint32_t tag, int32_t value);
void ttlv_put_long_integer(struct ttlv_writer *writer, uint32_t tag, int64_t value);
void ttlv_put_big_integer(struct ttlv_writer *writer, uint32_t tag, struct bytes value); /* any length: sign-extended */
void ttlv_put_enumeration(struct ttlv_writer *writer, uint32_t tag, uint32_t value);
void ttlv_put_boolean(struct ttlv_writer *writer, uint32_t tag, bool value);
void ttlv_put_text(struct ttlv_writer *writer, uint32_t tag, const char *value);
void ttlv_put_bytes(struct ttlv_writer *writer, uint32_t tag, struct bytes value);
void ttlv_put_date_time(struct ttlv_writer *writer, uint32_t tag, int64_t seconds);
void ttlv_put_interval(struct ttlv_writer *writer, uint32_t tag, uint32_t seconds);
void ttlv_put_date_time_extended(struct ttlv_writer *writer, uint32_t tag, int64_t microseconds);
enum sealift_status ttlv_writer_finish(struct ttlv_writer *writer, struct sealift_error *err);

#endif
