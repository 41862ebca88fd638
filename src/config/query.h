/* One prepared statement: parameters are bound, and columns read, in their order. A failure of either is remembered and
 * reported by the next call that can fail, so that binding and reading are as plain as the statement. */
#ifndef QUERY_H
#define QUERY_H

#include "buf.h"
#include "db.h"
#include "uuid.h"

struct query {
    struct db *db;
    sqlite3_stmt *statement;
    int bound;  /* parameters so far */
    int column; /* columns of this row so far */
    enum sealift_status failed;
    struct sealift_error err;
};

enum sealift_status query_prepare(struct db *db, const char *sql, struct query *ret_query, struct sealift_error *err);
void query_done(struct query *query);

void query_bind_text(struct query *query, const char *text);
void query_bind_text_or_null(struct query *query, const char *text); /* an empty text is NULL */
void query_bind_integer(struct query *query, int64_t value);
void query_bind_unsigned(struct query *query, uint64_t value);      /* SQLite's integers end at 2^63 - 1 */
void query_bind_uuid(struct query *query, const struct uuid *uuid); /* as text; NULL is NULL */
void query_bind_blob(struct query *query, struct bytes data);

/* The next row; or runs a statement that has none, and says how many rows it changed (may be NULL). */
enum sealift_status query_row(struct query *query, bool *ret_row, struct sealift_error *err);
enum sealift_status query_run(struct query *query, unsigned *ret_changed, struct sealift_error *err);

/* A column that does not fit, or is not what it should be, is CORRUPT; NULL reads as empty text or a zero UUID. */
void query_read_text(struct query *query, char *out, size_t size);
void query_read_buf(struct query *query, struct buf *out); /* appends */
void query_read_integer(struct query *query, int64_t *ret_value);
void query_read_unsigned(struct query *query, uint64_t *ret_value);
void query_read_uuid(struct query *query, struct uuid *ret_uuid);
void query_read_blob(struct query *query, uint8_t *out, size_t len); /* exactly `len` bytes */

/* Whether all that was bound and read is well. */
enum sealift_status query_check(const struct query *query, struct sealift_error *err);

#endif
