/* Bytes: a view of somebody's (`struct bytes`) and a growable buffer of one's own (`struct buf`). */
#ifndef BUF_H
#define BUF_H

#include <sealift/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view. Whoever made the bytes owns them. */
struct bytes {
    const uint8_t *data;
    size_t len;
};

#define BYTES_OF(array) ((struct bytes){(const uint8_t *)(array), sizeof(array)})

struct bytes bytes_of_text(const char *text);
bool bytes_equal(struct bytes a, struct bytes b); /* not for secrets: see secret_equal() */

/* Cuts the first `n` bytes off *from; false, and nothing is cut, when it has fewer. */
bool bytes_cut(struct bytes *from, size_t n, struct bytes *ret_head);

/* Growable bytes with a ceiling from birth. The zero value is an empty buffer with the default ceiling
 * (BUF_DEFAULT_MAX). */
struct buf {
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t max; /* 0: BUF_DEFAULT_MAX */
    bool wipe;  /* for what may hold a secret, from birth: its memory is of the wiping heap */
};

#define BUF_DEFAULT_MAX ((size_t)64 << 20)

void buf_done(struct buf *buf);
void buf_clear(struct buf *buf); /* length 0; keeps the memory */

/* Room for `more` bytes behind len; NO_MEMORY beyond the ceiling. */
enum sealift_status buf_reserve(struct buf *buf, size_t more, struct sealift_error *err);
enum sealift_status buf_append(struct buf *buf, const void *data, size_t len, struct sealift_error *err);
enum sealift_status buf_append_bytes(struct buf *buf, struct bytes bytes, struct sealift_error *err);
enum sealift_status buf_append_text(struct buf *buf, const char *text, struct sealift_error *err);
[[gnu::format(printf, 2, 4)]] enum sealift_status buf_printf(struct buf *buf, const char *format,
                                                             struct sealift_error *err, ...);

/* The contents as a view, or as a C string (a NUL is kept behind the contents, not counted in len). */
struct bytes buf_bytes(const struct buf *buf);
enum sealift_status buf_text(struct buf *buf, const char **ret_text, struct sealift_error *err);

/* The contents as a malloc()ed C string that the caller frees; the buffer is empty afterwards. Not of
 * one that wipes. */
enum sealift_status buf_steal_text(struct buf *buf, char **ret_text, struct sealift_error *err);

/* Copies that report NO_MEMORY. */
enum sealift_status text_copy(const char *text, char **ret_copy, struct sealift_error *err);
[[gnu::format(printf, 2, 4)]] enum sealift_status text_format(char **ret_text, const char *format,
                                                              struct sealift_error *err, ...);

#endif
