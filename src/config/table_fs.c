#include "error.h"
#include "query.h"
#include "scoped.h"
#include "table.h"
#include "table_private.h"
#include "transaction.h"

#include <inttypes.h>
#include <string.h>

#define COLUMNS                                                                                                        \
    "name, uuid, path, obs, added_ns, origin, key_record, last_sequence, last_body_sha256, "                           \
    "at_rest, selection, incomplete, own_key, generation, moving"

static enum sealift_status
read_fs(struct query *query, struct table_fs *fs, struct sealift_error *err)
{
    int64_t incomplete = 0, moving = 0;

    query_read_text(query, fs->name, sizeof(fs->name));
    query_read_uuid(query, &fs->uuid);
    query_read_text(query, fs->path, sizeof(fs->path));
    query_read_text(query, fs->obs, sizeof(fs->obs));
    query_read_integer(query, &fs->added_ns);
    query_read_text(query, fs->origin, sizeof(fs->origin));
    query_read_uuid(query, &fs->key_record);
    query_read_unsigned(query, &fs->last_sequence);
    query_read_blob(query, fs->last_body_sha256, sizeof(fs->last_body_sha256));
    query_read_text(query, fs->at_rest, sizeof(fs->at_rest));
    query_read_text(query, fs->selection, sizeof(fs->selection));
    query_read_integer(query, &incomplete);
    query_read_text(query, fs->own_key, sizeof(fs->own_key));
    query_read_unsigned(query, &fs->generation);
    query_read_integer(query, &moving);
    fs->incomplete = incomplete != 0;
    fs->moving = moving != 0;
    return query_check(query, err);
}

enum sealift_status
table_fs_get(struct table *table, const char *name, struct table_fs *ret_fs, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    bool row;

    TRY(query_prepare(&table->db, "SELECT " COLUMNS " FROM fs WHERE name = ?", &query, err));
    query_bind_text(&query, name);
    TRY(query_row(&query, &row, err));
    if (!row)
        return error_set(err, SEALIFT_NOT_FOUND, "there is no filesystem \"%s\"; \"sealift fs\" lists them", name);
    return read_fs(&query, ret_fs, err);
}

enum sealift_status
table_fs_none(const struct uuid *uuid, struct sealift_error *err)
{
    char text[UUID_TEXT_SIZE];

    uuid_format(uuid, text);
    return error_set(err, SEALIFT_NOT_FOUND, "there is no filesystem with the UUID %s; \"sealift fs\" lists them",
                     text);
}

enum sealift_status
table_fs_get_by_uuid(struct table *table, const struct uuid *uuid, struct table_fs *ret_fs, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    bool row;

    TRY(query_prepare(&table->db, "SELECT " COLUMNS " FROM fs WHERE uuid = ?", &query, err));
    query_bind_uuid(&query, uuid);
    TRY(query_row(&query, &row, err));
    return row ? read_fs(&query, ret_fs, err) : table_fs_none(uuid, err);
}

enum sealift_status
table_fs_list(struct table *table, table_each_fs *each, void *context, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    bool row;

    TRY(query_prepare(&table->db, "SELECT " COLUMNS " FROM fs ORDER BY name", &query, err));
    for (;;) {
        struct table_fs fs;

        TRY(query_row(&query, &row, err));
        if (!row)
            return SEALIFT_OK;
        TRY(read_fs(&query, &fs, err));
        TRY(each(context, &fs, err));
    }
}

struct turns {
    table_fs_wanted *wanted;
    const void *context;
    struct buf uuids;
};

static void
turns_done(struct turns *turns)
{
    buf_done(&turns->uuids);
}

static enum sealift_status
note_wanted(void *context, const struct table_fs *fs, struct sealift_error *err)
{
    struct turns *turns = context;

    return turns->wanted(turns->context, fs) ? buf_append(&turns->uuids, &fs->uuid, sizeof(fs->uuid), err) : SEALIFT_OK;
}

enum sealift_status
table_fs_in_turn(struct table *table, table_fs_wanted *wanted, table_each_fs *each, void *context,
                 struct sealift_error *err)
{
    SCOPED(turns_done) struct turns turns = {.wanted = wanted, .context = context};
    const struct uuid *uuids;

    TRY(table_fs_list(table, note_wanted, &turns, err));
    uuids = (const void *)turns.uuids.data;
    for (size_t i = 0; i < turns.uuids.len / sizeof(*uuids); i++) {
        struct table_fs fs;
        enum sealift_status status = table_fs_get_by_uuid(table, &uuids[i], &fs, err);

        if (status == SEALIFT_NOT_FOUND)
            continue;
        TRY(status);
        TRY(each(context, &fs, err));
    }
    return SEALIFT_OK;
}

/* --- adding --- */

static enum sealift_status
say_name_taken(const char *name, struct sealift_error *err)
{
    return error_set(err, SEALIFT_CONFLICT, "there is a filesystem \"%s\" already; choose another name", name);
}

enum sealift_status
table_fs_check_free(struct table *table, const struct table_fs *fs, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    char name[TABLE_NAME_MAX];
    int64_t incomplete = 0;
    bool row;

    TRY(query_prepare(&table->db, "SELECT name, incomplete FROM fs WHERE name = ? OR path = ? OR uuid = ?", &query,
                      err));
    query_bind_text(&query, fs->name);
    query_bind_text(&query, fs->path);
    query_bind_uuid(&query, &fs->uuid);
    TRY(query_row(&query, &row, err));
    if (!row)
        return SEALIFT_OK;
    query_read_text(&query, name, sizeof(name));
    query_read_integer(&query, &incomplete);
    TRY(query_check(&query, err));
    if (incomplete != 0)
        return error_set(err, SEALIFT_CONFLICT,
                         "filesystem \"%s\" is being made by another process, or its making was cut off: then remove "
                         "its directory, and give the command that made it again",
                         name);
    if (strcmp(name, fs->name) == 0)
        return say_name_taken(name, err);
    return error_set(err, SEALIFT_CONFLICT, "%s is the filesystem \"%s\" already", fs->path, name);
}

static enum sealift_status
need_obs(struct table *table, const char *name, struct sealift_error *err)
{
    struct table_obs obs;

    return name[0] != '\0' ? table_obs_get(table, name, &obs, err) : SEALIFT_OK;
}

static enum sealift_status
insert_fs(struct table *table, const struct table_fs *fs, const struct envelope *envelope, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};

    TRY(query_prepare(&table->db,
                      "INSERT INTO fs (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                      "EXISTS (SELECT 1 FROM former_kms WHERE ? OR config <> '" TABLE_KMS_LOCAL "'))",
                      &query, err));
    query_bind_text(&query, fs->name);
    query_bind_uuid(&query, &fs->uuid);
    query_bind_text(&query, fs->path);
    query_bind_text_or_null(&query, fs->obs);
    query_bind_integer(&query, fs->added_ns);
    query_bind_text(&query, fs->origin);
    query_bind_uuid(&query, &fs->key_record);
    query_bind_unsigned(&query, fs->last_sequence);
    query_bind_blob(&query, BYTES_OF(fs->last_body_sha256));
    query_bind_text(&query, fs->at_rest);
    query_bind_text(&query, fs->selection[0] != '\0' ? fs->selection : "{}");
    query_bind_integer(&query, fs->incomplete);
    query_bind_text(&query, fs->own_key);
    query_bind_unsigned(&query, fs->generation != 0 ? fs->generation : 1);
    query_bind_integer(&query, strcmp(envelope->kms.type, "local") == 0);
    return query_run(&query, NULL, err);
}

enum sealift_status
table_fs_insert(struct table *table, const struct table_fs *fs, const struct envelope *envelope,
                struct sealift_error *err)
{
    TRY(table_check_name("filesystem", fs->name, err));
    TRY(table_fs_check_free(table, fs, err));
    TRY(need_obs(table, fs->obs, err));
    TRY(insert_fs(table, fs, envelope, err));
    return table_fs_envelope_insert(table, fs, envelope, err);
}

enum sealift_status
table_fs_add(struct table *table, const struct table_fs *fs, const struct envelope *envelope, struct sealift_error *err)
{
    SCOPED(transaction_done) struct transaction transaction = {0};

    TRY(transaction_begin(&table->db, &transaction, err));
    TRY(table_fs_insert(table, fs, envelope, err));
    return transaction_commit(&transaction, err);
}

enum sealift_status
table_fs_complete(struct table *table, const struct uuid *fs, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    unsigned changed;

    TRY(query_prepare(&table->db, "UPDATE fs SET incomplete = 0 WHERE uuid = ?", &query, err));
    query_bind_uuid(&query, fs);
    TRY(query_run(&query, &changed, err));
    if (changed == 0)
        return error_set(err, SEALIFT_NOT_FOUND, "another process took the filesystem out of the table meanwhile");
    return SEALIFT_OK;
}

enum sealift_status
table_fs_select(struct table *table, const struct uuid *uuid, const char *selection, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    struct table_fs there;

    TRY(table_fs_get_by_uuid(table, uuid, &there, err));
    TRY(query_prepare(&table->db, "UPDATE fs SET selection = ? WHERE uuid = ?", &query, err));
    query_bind_text(&query, selection);
    query_bind_uuid(&query, uuid);
    return query_run(&query, NULL, err);
}

static enum sealift_status
check_name_free(struct table *table, const struct uuid *uuid, const char *name, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    bool taken;

    TRY(query_prepare(&table->db, "SELECT 1 FROM fs WHERE name = ? AND uuid <> ?", &query, err));
    query_bind_text(&query, name);
    query_bind_uuid(&query, uuid);
    TRY(query_row(&query, &taken, err));
    return taken ? say_name_taken(name, err) : SEALIFT_OK;
}

enum sealift_status
table_fs_rename(struct table *table, const struct uuid *uuid, const char *name, struct sealift_error *err)
{
    SCOPED(transaction_done) struct transaction transaction = {0};
    SCOPED(query_done) struct query query = {0};
    struct table_fs there;

    TRY(table_check_name("filesystem", name, err));
    TRY(transaction_begin(&table->db, &transaction, err));
    TRY(table_fs_get_by_uuid(table, uuid, &there, err));
    TRY(check_name_free(table, uuid, name, err));
    TRY(query_prepare(&table->db, "UPDATE fs SET name = ? WHERE uuid = ?", &query, err));
    query_bind_text(&query, name);
    query_bind_uuid(&query, uuid);
    TRY(query_run(&query, NULL, err));
    return transaction_commit(&transaction, err);
}

/* --- removing --- */

static enum sealift_status
delete_rows(struct table *table, const char *sql, const struct uuid *fs, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};

    TRY(query_prepare(&table->db, sql, &query, err));
    query_bind_uuid(&query, fs);
    return query_run(&query, NULL, err);
}

enum sealift_status
table_fs_remove(struct table *table, const struct uuid *fs, struct sealift_error *err)
{
    SCOPED(transaction_done) struct transaction transaction = {0};

    TRY(transaction_begin(&table->db, &transaction, err));
    TRY(delete_rows(table, "DELETE FROM snapshot WHERE fs = ?", fs, err));
    TRY(delete_rows(table, "DELETE FROM envelope WHERE fs = ?", fs, err));
    TRY(delete_rows(table, "DELETE FROM fs WHERE uuid = ?", fs, err));
    return transaction_commit(&transaction, err);
}

/* --- what was published --- */

enum sealift_status
table_fs_publish(struct table *table, const struct uuid *fs, uint64_t sequence, const uint8_t body_sha256[32],
                 struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    struct table_fs there;

    TRY(table_fs_get_by_uuid(table, fs, &there, err));
    if (sequence <= there.last_sequence)
        return error_set(err, SEALIFT_CONFLICT,
                         "filesystem \"%s\": a snapshot with the sequence %" PRIu64
                         " was published meanwhile, so %" PRIu64 " is too late; upload again",
                         there.name, there.last_sequence, sequence);
    TRY(query_prepare(&table->db, "UPDATE fs SET last_sequence = ?, last_body_sha256 = ? WHERE uuid = ?", &query, err));
    query_bind_unsigned(&query, sequence);
    query_bind_blob(&query, (struct bytes){body_sha256, 32});
    query_bind_uuid(&query, fs);
    return query_run(&query, NULL, err);
}

enum sealift_status
table_fs_published(struct table *table, const struct uuid *fs, uint64_t sequence, const uint8_t body_sha256[32],
                   struct sealift_error *err)
{
    SCOPED(transaction_done) struct transaction transaction = {0};

    TRY(transaction_begin(&table->db, &transaction, err));
    TRY(table_fs_publish(table, fs, sequence, body_sha256, err));
    return transaction_commit(&transaction, err);
}
