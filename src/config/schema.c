#include "schema.h"

#include "error.h"
#include "query.h"
#include "scoped.h"
#include "transaction.h"

#include <inttypes.h>

/* `user_version` counts how many of these a table has seen. One that has been released is never changed. UUIDs are
 * text, so that an admin can read the table; times are nanoseconds since 1970. */
static const char *const migrations[] = {
    "CREATE TABLE obs ("
    "  name TEXT NOT NULL PRIMARY KEY,"
    "  url TEXT NOT NULL,"
    "  options TEXT NOT NULL,"   /* JSON */
    "  abilities TEXT NOT NULL," /* JSON */
    "  added_ns INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE kms ("
    "  one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),"
    "  config TEXT NOT NULL" /* JSON */
    ") STRICT;"
    "CREATE TABLE fs ("
    "  uuid TEXT NOT NULL PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  path TEXT NOT NULL UNIQUE,"
    "  obs TEXT REFERENCES obs (name)," /* NULL: none */
    "  added_ns INTEGER NOT NULL,"
    "  origin TEXT NOT NULL,"     /* a locator, or empty */
    "  key_record TEXT NOT NULL," /* of the envelope in force */
    "  last_sequence INTEGER NOT NULL CHECK (last_sequence >= 0),"
    "  last_body_sha256 BLOB NOT NULL CHECK (length(last_body_sha256) = 32),"
    "  FOREIGN KEY (uuid, key_record) REFERENCES envelope (fs, key_record) DEFERRABLE INITIALLY DEFERRED"
    ") STRICT;"
    "CREATE INDEX fs_obs ON fs (obs);"
    "CREATE TABLE envelope ("
    "  fs TEXT NOT NULL REFERENCES fs (uuid),"
    "  key_record TEXT NOT NULL,"
    "  envelope TEXT NOT NULL," /* JSON: wrapped keys */
    "  PRIMARY KEY (fs, key_record)"
    ") STRICT;"
    "CREATE TABLE snapshot ("
    "  fs TEXT NOT NULL REFERENCES fs (uuid),"
    "  name TEXT NOT NULL,"
    "  created_ns INTEGER NOT NULL,"
    "  source TEXT NOT NULL," /* empty: a live read */
    "  status TEXT NOT NULL CHECK (status IN ('added', 'uploading', 'uploaded', 'partial')),"
    "  upload TEXT CHECK ((upload IS NULL) = (status = 'added')),"
    "  entries INTEGER NOT NULL CHECK (entries >= 0),"
    "  size INTEGER NOT NULL CHECK (size >= 0),"
    "  stored INTEGER NOT NULL CHECK (stored >= 0),"
    "  PRIMARY KEY (fs, name)"
    ") STRICT;",

    "ALTER TABLE fs ADD COLUMN at_rest TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE fs ADD COLUMN incomplete INTEGER NOT NULL DEFAULT 0 CHECK (incomplete IN (0, 1));"
    "ALTER TABLE fs ADD COLUMN selection TEXT NOT NULL DEFAULT '{}';" /* JSON */
    "ALTER TABLE snapshot ADD COLUMN native TEXT NOT NULL DEFAULT '';",

    /* SQLite changes no CHECK of a table that is there: snapshot is made anew. Nothing refers to it. */
    "ALTER TABLE fs ADD COLUMN own_key TEXT NOT NULL DEFAULT '';" /* JSON; empty: the cluster key */
    "ALTER TABLE fs ADD COLUMN generation INTEGER NOT NULL DEFAULT 1 CHECK (generation >= 1);"
    "ALTER TABLE fs ADD COLUMN moving INTEGER NOT NULL DEFAULT 0 CHECK (moving IN (0, 1));" /* to the KMS in force */
    "CREATE TABLE newer_snapshot ("
    "  fs TEXT NOT NULL REFERENCES fs (uuid),"
    "  name TEXT NOT NULL,"
    "  created_ns INTEGER NOT NULL,"
    "  source TEXT NOT NULL," /* empty: a live read, unless `native` is set */
    "  native TEXT NOT NULL,"
    "  status TEXT NOT NULL CHECK (status IN ('added', 'uploading', 'uploaded', 'partial', 'downloaded')),"
    "  upload TEXT CHECK ((upload IS NULL) = (status = 'added'))," /* downloaded: the origin's */
    "  entries INTEGER NOT NULL CHECK (entries >= 0),"
    "  size INTEGER NOT NULL CHECK (size >= 0),"
    "  stored INTEGER NOT NULL CHECK (stored >= 0),"
    "  PRIMARY KEY (fs, name)"
    ") STRICT;"
    "INSERT INTO newer_snapshot (fs, name, created_ns, source, native, status, upload, entries, size, stored)"
    "  SELECT fs, name, created_ns, source, native, status, upload, entries, size, stored FROM snapshot;"
    "DROP TABLE snapshot;"
    "ALTER TABLE newer_snapshot RENAME TO snapshot;"
    "CREATE TABLE former_kms ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT," /* the latest has the highest */
    "  config TEXT NOT NULL UNIQUE"           /* JSON */
    ") STRICT;",
};

#define NEWEST ((int64_t)(sizeof(migrations) / sizeof(migrations[0])))

static enum sealift_status
ask_number(struct db *db, const char *sql, int64_t *ret_number, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    bool row;

    TRY(query_prepare(db, sql, &query, err));
    TRY(query_row(&query, &row, err));
    query_read_integer(&query, ret_number);
    return query_check(&query, err);
}

/* Within a transaction: another process may be migrating at this moment. */
static enum sealift_status
read_version(struct db *db, int64_t *ret_version, struct sealift_error *err)
{
    int64_t application, version, tables;

    TRY(ask_number(db, "PRAGMA application_id", &application, err));
    TRY(ask_number(db, "PRAGMA user_version", &version, err));
    TRY(ask_number(db, "SELECT count(*) FROM sqlite_schema", &tables, err));
    if (application != SCHEMA_APPLICATION_ID && (application != 0 || version != 0 || tables != 0))
        return error_set(err, SEALIFT_INVALID, "%s: is the database of another program; move it away", db->path);
    if (version < 0 || version > NEWEST)
        return error_set(err, SEALIFT_INVALID,
                         "%s: was written by a later sealift (table version %" PRId64 ", this one knows %" PRId64
                         "); use that one, or a newer one",
                         db->path, version, NEWEST);
    *ret_version = version;
    return SEALIFT_OK;
}

static enum sealift_status
note_version(struct db *db, struct sealift_error *err)
{
    SCOPED(free_done) char *sql = NULL;

    TRY(text_format(&sql, "PRAGMA application_id = %d; PRAGMA user_version = %" PRId64, err, SCHEMA_APPLICATION_ID,
                    NEWEST));
    return db_run(db, sql, err);
}

static enum sealift_status
is_newest(struct db *db, bool *ret_newest, struct sealift_error *err)
{
    SCOPED(transaction_done) struct transaction transaction = {0};
    int64_t version;

    TRY(transaction_begin_reading(db, &transaction, err));
    TRY(read_version(db, &version, err));
    *ret_newest = version == NEWEST;
    return SEALIFT_OK;
}

enum sealift_status
schema_migrate(struct db *db, struct sealift_error *err)
{
    SCOPED(transaction_done) struct transaction transaction = {0};
    bool newest;
    int64_t version;

    TRY(is_newest(db, &newest, err));
    if (newest)
        return SEALIFT_OK;

    TRY(transaction_begin(db, &transaction, err));
    TRY(read_version(db, &version, err)); /* another process may have been faster */
    for (; version < NEWEST; version++)
        TRY(db_run(db, migrations[version], err));
    TRY(note_version(db, err));
    return transaction_commit(&transaction, err);
}
