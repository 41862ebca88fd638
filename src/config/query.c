#include "query.h"

#include "error.h"
#include "scoped.h"

#include <string.h>

enum sealift_status
query_prepare(struct db *db, const char *sql, struct query *ret_query, struct sealift_error *err)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);

    if (code != SQLITE_OK)
        return db_explain(db, code, err);
    *ret_query = (struct query){.db = db, .statement = statement};
    return SEALIFT_OK;
}

void
query_done(struct query *query)
{
    sqlite3_finalize(query->statement);
    query->statement = NULL;
}

enum sealift_status
query_check(const struct query *query, struct sealift_error *err)
{
    if (query->failed != SEALIFT_OK)
        *err = query->err;
    return query->failed;
}

/* --- binding --- */

static void
note_binding(struct query *query, int code)
{
    if (code != SQLITE_OK && query->failed == SEALIFT_OK)
        query->failed = db_explain(query->db, code, &query->err);
}

void
query_bind_text(struct query *query, const char *text)
{
    note_binding(query, sqlite3_bind_text(query->statement, ++query->bound, text, -1, SQLITE_TRANSIENT));
}

void
query_bind_text_or_null(struct query *query, const char *text)
{
    query_bind_text(query, text[0] != '\0' ? text : NULL);
}

void
query_bind_integer(struct query *query, int64_t value)
{
    note_binding(query, sqlite3_bind_int64(query->statement, ++query->bound, value));
}

void
query_bind_unsigned(struct query *query, uint64_t value)
{
    if (value > INT64_MAX)
        query->failed =
            error_set(&query->err, SEALIFT_INVALID, "%s: cannot hold a number beyond 2^63", query->db->path);
    query_bind_integer(query, (int64_t)value);
}

void
query_bind_uuid(struct query *query, const struct uuid *uuid)
{
    char text[UUID_TEXT_SIZE];

    if (uuid != NULL)
        uuid_format(uuid, text);
    query_bind_text(query, uuid != NULL ? text : NULL);
}

void
query_bind_blob(struct query *query, struct bytes data)
{
    note_binding(query, sqlite3_bind_blob64(query->statement, ++query->bound, data.data, data.len, SQLITE_TRANSIENT));
}

/* --- running --- */

enum sealift_status
query_row(struct query *query, bool *ret_row, struct sealift_error *err)
{
    int code;

    TRY(query_check(query, err));
    code = sqlite3_step(query->statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return db_explain(query->db, code, err);
    query->column = 0;
    *ret_row = code == SQLITE_ROW;
    return SEALIFT_OK;
}

enum sealift_status
query_run(struct query *query, unsigned *ret_changed, struct sealift_error *err)
{
    bool row;

    TRY(query_row(query, &row, err));
    if (ret_changed != NULL)
        *ret_changed = (unsigned)sqlite3_changes(query->db->handle);
    return SEALIFT_OK;
}

/* --- reading --- */

static void
note_damage(struct query *query, int column, const char *what)
{
    if (query->failed != SEALIFT_OK)
        return;
    (void)error_set(&query->err, SEALIFT_CORRUPT, "it is damaged (%s in the column \"%s\")", what,
                    sqlite3_column_name(query->statement, column));
    query->failed = db_call_damaged(query->db, &query->err);
}

/* The bytes of a text or blob column, which SQLite keeps until the next row. */
static struct bytes
look_at(struct query *query, int column, int type)
{
    const void *data;

    if (sqlite3_column_type(query->statement, column) == SQLITE_NULL)
        return (struct bytes){(const uint8_t *)"", 0};
    if (sqlite3_column_type(query->statement, column) != type) {
        note_damage(query, column, "another type");
        return (struct bytes){(const uint8_t *)"", 0};
    }
    data = sqlite3_column_blob(query->statement, column);
    return (struct bytes){data, (size_t)sqlite3_column_bytes(query->statement, column)};
}

void
query_read_text(struct query *query, char *out, size_t size)
{
    int column = query->column++;
    struct bytes text = look_at(query, column, SQLITE_TEXT);

    out[0] = '\0';
    if (text.len == 0)
        return;
    if (text.len >= size || memchr(text.data, '\0', text.len) != NULL) {
        note_damage(query, column, "a text that is too long or has a NUL");
        return;
    }
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
}

void
query_read_buf(struct query *query, struct buf *out)
{
    struct bytes text = look_at(query, query->column++, SQLITE_TEXT);

    if (query->failed == SEALIFT_OK)
        query->failed = buf_append_bytes(out, text, &query->err);
}

void
query_read_integer(struct query *query, int64_t *ret_value)
{
    int column = query->column++;

    if (sqlite3_column_type(query->statement, column) != SQLITE_INTEGER)
        note_damage(query, column, "another type");
    *ret_value = sqlite3_column_int64(query->statement, column);
}

void
query_read_unsigned(struct query *query, uint64_t *ret_value)
{
    int64_t value;

    query_read_integer(query, &value);
    if (value < 0)
        note_damage(query, query->column - 1, "a negative number");
    *ret_value = (uint64_t)value;
}

void
query_read_uuid(struct query *query, struct uuid *ret_uuid)
{
    int column = query->column;
    char text[UUID_TEXT_SIZE];

    *ret_uuid = (struct uuid){0};
    query_read_text(query, text, sizeof(text));
    if (text[0] != '\0' && !uuid_parse(text, ret_uuid))
        note_damage(query, column, "no UUID");
}

void
query_read_blob(struct query *query, uint8_t *out, size_t len)
{
    int column = query->column++;
    struct bytes data = look_at(query, column, SQLITE_BLOB);

    memset(out, 0, len);
    if (data.len == len)
        memcpy(out, data.data, len);
    else
        note_damage(query, column, "another length");
}
