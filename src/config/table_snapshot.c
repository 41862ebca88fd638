#include "error.h"
#include "query.h"
#include "scoped.h"
#include "table.h"
#include "table_private.h"
#include "transaction.h"

#include <string.h>

#define SELECT                                                                                                         \
    "SELECT snapshot.fs, fs.name, snapshot.name, created_ns, source, status, upload, entries, size, stored, native, "  \
    "CASE status WHEN 'downloaded' THEN fs.origin ELSE '' END "                                                        \
    "FROM snapshot JOIN fs ON fs.uuid = snapshot.fs "

static const char *const status_names[] = {
    [TABLE_SNAPSHOT_ADDED] = "added",           [TABLE_SNAPSHOT_UPLOADING] = "uploading",
    [TABLE_SNAPSHOT_UPLOADED] = "uploaded",     [TABLE_SNAPSHOT_PARTIAL] = "partial",
    [TABLE_SNAPSHOT_DOWNLOADED] = "downloaded",
};

const char *
table_snapshot_status_name(enum table_snapshot_status status)
{
    return status_names[status];
}

bool
table_snapshot_is_uploaded(const struct table_snapshot *snapshot)
{
    return snapshot->status == TABLE_SNAPSHOT_UPLOADED || snapshot->status == TABLE_SNAPSHOT_PARTIAL;
}

/* The table's CHECK allows no other word. */
static enum table_snapshot_status
find_status(const char *name)
{
    unsigned status = TABLE_SNAPSHOT_ADDED;

    while (status < TABLE_SNAPSHOT_DOWNLOADED && strcmp(status_names[status], name) != 0)
        status++;
    return (enum table_snapshot_status)status;
}

static enum sealift_status
read_snapshot(struct query *query, struct table_snapshot *snapshot, struct sealift_error *err)
{
    char status[16];

    query_read_uuid(query, &snapshot->fs);
    query_read_text(query, snapshot->fs_name, sizeof(snapshot->fs_name));
    query_read_text(query, snapshot->name, sizeof(snapshot->name));
    query_read_integer(query, &snapshot->created_ns);
    query_read_text(query, snapshot->source, sizeof(snapshot->source));
    query_read_text(query, status, sizeof(status));
    query_read_uuid(query, &snapshot->upload);
    query_read_unsigned(query, &snapshot->entries);
    query_read_unsigned(query, &snapshot->size);
    query_read_unsigned(query, &snapshot->stored);
    query_read_text(query, snapshot->native, sizeof(snapshot->native));
    query_read_text(query, snapshot->locator, sizeof(snapshot->locator));
    snapshot->status = find_status(status);
    if (table_snapshot_is_uploaded(snapshot))
        locator_format(&(struct locator){snapshot->fs, snapshot->upload}, snapshot->locator);
    return query_check(query, err);
}

static enum sealift_status
say_missing(struct table *table, const struct uuid *fs, const char *name, struct sealift_error *err)
{
    struct table_fs there;

    TRY(table_fs_get_by_uuid(table, fs, &there, err));
    return error_set(err, SEALIFT_NOT_FOUND,
                     "the filesystem \"%s\" has no snapshot \"%s\"; \"sealift fs snapshot\" lists them", there.name,
                     name);
}

enum sealift_status
table_snapshot_get(struct table *table, const struct uuid *fs, const char *name, struct table_snapshot *ret_snapshot,
                   struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    bool row;

    TRY(query_prepare(&table->db, SELECT "WHERE snapshot.fs = ? AND snapshot.name = ?", &query, err));
    query_bind_uuid(&query, fs);
    query_bind_text(&query, name);
    TRY(query_row(&query, &row, err));
    if (!row)
        return say_missing(table, fs, name, err);
    return read_snapshot(&query, ret_snapshot, err);
}

enum sealift_status
table_snapshot_list(struct table *table, const struct uuid *fs, table_each_snapshot *each, void *context,
                    struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    bool row;

    TRY(query_prepare(&table->db,
                      SELECT "WHERE ?1 IS NULL OR snapshot.fs = ?1 ORDER BY fs.name, created_ns, snapshot.name", &query,
                      err));
    query_bind_uuid(&query, fs);
    for (;;) {
        struct table_snapshot snapshot;

        TRY(query_row(&query, &row, err));
        if (!row)
            return SEALIFT_OK;
        TRY(read_snapshot(&query, &snapshot, err));
        TRY(each(context, &snapshot, err));
    }
}

/* Everything but fs and name, in this order. */
static void
bind_values(struct query *query, const struct table_snapshot *snapshot)
{
    query_bind_integer(query, snapshot->created_ns);
    query_bind_text(query, snapshot->source);
    query_bind_text(query, table_snapshot_status_name(snapshot->status));
    query_bind_uuid(query, snapshot->status != TABLE_SNAPSHOT_ADDED ? &snapshot->upload : NULL);
    query_bind_unsigned(query, snapshot->entries);
    query_bind_unsigned(query, snapshot->size);
    query_bind_unsigned(query, snapshot->stored);
    query_bind_text(query, snapshot->native);
}

static enum sealift_status
insert(struct table *table, const struct table_snapshot *snapshot, unsigned *ret_added, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};

    TRY(query_prepare(&table->db,
                      "INSERT INTO snapshot (created_ns, source, status, upload, entries, size, stored, native, fs, "
                      "name) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (fs, name) DO NOTHING",
                      &query, err));
    bind_values(&query, snapshot);
    query_bind_uuid(&query, &snapshot->fs);
    query_bind_text(&query, snapshot->name);
    return query_run(&query, ret_added, err);
}

static enum sealift_status
say_taken(const char *fs, const char *name, struct sealift_error *err)
{
    return error_set(err, SEALIFT_CONFLICT, "the filesystem \"%s\" has a snapshot \"%s\" already; choose another name",
                     fs, name);
}

enum sealift_status
table_snapshot_check_free(struct table *table, const struct uuid *fs, const char *name, struct sealift_error *err)
{
    struct table_snapshot there;
    enum sealift_status status = table_snapshot_get(table, fs, name, &there, err);

    if (status == SEALIFT_OK)
        return say_taken(there.fs_name, name, err);
    return status == SEALIFT_NOT_FOUND ? SEALIFT_OK : status;
}

static enum sealift_status
insert_new(struct table *table, const struct table_snapshot *snapshot, struct sealift_error *err)
{
    struct table_fs fs;
    unsigned added;

    TRY(table_fs_get_by_uuid(table, &snapshot->fs, &fs, err));
    TRY(insert(table, snapshot, &added, err));
    return added != 0 ? SEALIFT_OK : say_taken(fs.name, snapshot->name, err);
}

enum sealift_status
table_snapshot_add(struct table *table, const struct table_snapshot *snapshot, struct sealift_error *err)
{
    SCOPED(transaction_done) struct transaction transaction = {0};

    TRY(table_check_name("snapshot", snapshot->name, err));
    TRY(transaction_begin(&table->db, &transaction, err));
    TRY(insert_new(table, snapshot, err));
    return transaction_commit(&transaction, err);
}

enum sealift_status
table_snapshot_update(struct table *table, const struct table_snapshot *snapshot, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    unsigned changed;

    TRY(query_prepare(&table->db,
                      "UPDATE snapshot SET created_ns = ?, source = ?, status = ?, upload = ?, entries = ?, size = ?, "
                      "stored = ?, native = ? WHERE fs = ? AND name = ?",
                      &query, err));
    bind_values(&query, snapshot);
    query_bind_uuid(&query, &snapshot->fs);
    query_bind_text(&query, snapshot->name);
    TRY(query_run(&query, &changed, err));
    return changed == 1 ? SEALIFT_OK : say_missing(table, &snapshot->fs, snapshot->name, err);
}

enum sealift_status
table_snapshot_remove(struct table *table, const struct uuid *fs, const char *name, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    unsigned changed;

    TRY(query_prepare(&table->db, "DELETE FROM snapshot WHERE fs = ? AND name = ?", &query, err));
    query_bind_uuid(&query, fs);
    query_bind_text(&query, name);
    TRY(query_run(&query, &changed, err));
    return changed == 1 ? SEALIFT_OK : say_missing(table, fs, name, err);
}

/* --- as it was found in a bucket --- */

static enum sealift_status
find_upload(struct table *table, const struct table_snapshot *wanted, bool *ret_found,
            struct table_snapshot *ret_snapshot, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};

    TRY(query_prepare(&table->db, SELECT "WHERE snapshot.fs = ? AND upload = ? AND status <> 'downloaded'", &query,
                      err));
    query_bind_uuid(&query, &wanted->fs);
    query_bind_uuid(&query, &wanted->upload);
    TRY(query_row(&query, ret_found, err));
    return *ret_found ? read_snapshot(&query, ret_snapshot, err) : SEALIFT_OK;
}

/* The process that uploaded it died before it could note that. What it was read from is still to be removed. */
static enum sealift_status
note_ended(struct table *table, const struct table_snapshot *begun, const struct table_snapshot *found,
           struct sealift_error *err)
{
    struct table_snapshot ended = *begun;

    ended.status = found->status;
    ended.created_ns = found->created_ns;
    ended.entries = found->entries;
    ended.size = found->size;
    ended.stored = found->stored;
    return table_snapshot_update(table, &ended, err);
}

enum sealift_status
table_snapshot_found(struct table *table, const struct table_snapshot *snapshot, bool *ret_new,
                     struct sealift_error *err)
{
    struct table_snapshot there;
    bool found;

    if (!table_snapshot_is_uploaded(snapshot))
        return error_set(err, SEALIFT_INTERNAL, "the snapshot \"%s\" is in no bucket", snapshot->name);
    TRY(find_upload(table, snapshot, &found, &there, err));
    *ret_new = !found || !table_snapshot_is_uploaded(&there);
    if (!found)
        return insert_new(table, snapshot, err);
    return *ret_new ? note_ended(table, &there, snapshot, err) : SEALIFT_OK;
}

/* --- uploading --- */

enum sealift_status
table_snapshot_begin(struct table *table, const struct table_snapshot *snapshot, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    struct table_snapshot there;
    unsigned changed;

    TRY(query_prepare(&table->db,
                      "UPDATE snapshot SET status = 'uploading', upload = ?, created_ns = ? "
                      "WHERE fs = ? AND name = ? AND status IN ('added', 'uploading')",
                      &query, err));
    query_bind_uuid(&query, &snapshot->upload);
    query_bind_integer(&query, snapshot->created_ns);
    query_bind_uuid(&query, &snapshot->fs);
    query_bind_text(&query, snapshot->name);
    TRY(query_run(&query, &changed, err));
    if (changed == 1)
        return SEALIFT_OK;
    TRY(table_snapshot_get(table, &snapshot->fs, snapshot->name, &there, err));
    return error_set(err, SEALIFT_CONFLICT, "the snapshot \"%s\" of \"%s\" is %s already", there.name, there.fs_name,
                     there.status == TABLE_SNAPSHOT_DOWNLOADED ? "in a bucket" : "uploaded");
}

enum sealift_status
table_snapshot_abandon(struct table *table, const struct table_snapshot *snapshot, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};

    TRY(query_prepare(&table->db,
                      "UPDATE snapshot SET status = 'added', upload = NULL "
                      "WHERE fs = ? AND name = ? AND status = 'uploading' AND upload = ?",
                      &query, err));
    query_bind_uuid(&query, &snapshot->fs);
    query_bind_text(&query, snapshot->name);
    query_bind_uuid(&query, &snapshot->upload);
    return query_run(&query, NULL, err);
}

enum sealift_status
table_snapshot_published(struct table *table, const struct table_snapshot *snapshot, uint64_t sequence,
                         const uint8_t body_sha256[32], struct sealift_error *err)
{
    SCOPED(transaction_done) struct transaction transaction = {0};

    TRY(transaction_begin(&table->db, &transaction, err));
    TRY(table_snapshot_update(table, snapshot, err));
    TRY(table_fs_publish(table, &snapshot->fs, sequence, body_sha256, err));
    return transaction_commit(&transaction, err);
}
