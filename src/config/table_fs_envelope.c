#include "error.h"
#include "query.h"
#include "scoped.h"
#include "table.h"
#include "table_private.h"
#include "transaction.h"

#include <string.h>

/* --- reading it --- */

static enum sealift_status
parse_envelope(struct bytes text, const struct uuid *fs, struct envelope *ret_envelope, struct sealift_error *err)
{
    SCOPED(json_free) struct json *json = NULL;
    struct envelope envelope;

    TRY(json_parse(text, "the envelope of a filesystem", &json, err));
    TRY(envelope_read(json, &envelope, err));
    if (!uuid_equal(&envelope.fs, fs))
        return error_set(err, SEALIFT_CORRUPT, "the envelope of a filesystem belongs to another one");
    *ret_envelope = envelope;
    return SEALIFT_OK;
}

/* By one statement: between two, another process may put another envelope in its place. */
static enum sealift_status
read_envelope(struct table *table, const struct uuid *fs, struct buf *out, bool *ret_row, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};

    TRY(query_prepare(&table->db,
                      "SELECT envelope.envelope FROM fs LEFT JOIN envelope "
                      "ON envelope.fs = fs.uuid AND envelope.key_record = fs.key_record WHERE fs.uuid = ?",
                      &query, err));
    query_bind_uuid(&query, fs);
    TRY(query_row(&query, ret_row, err));
    if (*ret_row)
        query_read_buf(&query, out);
    return query_check(&query, err);
}

enum sealift_status
table_fs_envelope(struct table *table, const struct uuid *fs, struct envelope *ret_envelope, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    enum sealift_status status;
    bool row;

    TRY(read_envelope(table, fs, &text, &row, err));
    if (!row)
        return table_fs_none(fs, err);
    status = parse_envelope(buf_bytes(&text), fs, ret_envelope, err);
    return status == SEALIFT_CORRUPT ? db_call_damaged(&table->db, err) : status;
}

/* --- another one in its place --- */

enum sealift_status
table_fs_envelope_insert(struct table *table, const struct table_fs *fs, const struct envelope *envelope,
                         struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    SCOPED(buf_done) struct buf json = {0};
    const char *text;

    if (!uuid_equal(&envelope->fs, &fs->uuid))
        return error_set(err, SEALIFT_INTERNAL, "the envelope is of another filesystem than \"%s\"", fs->name);
    TRY(envelope_to_json(envelope, &json, err));
    TRY(buf_text(&json, &text, err));
    TRY(query_prepare(&table->db, "INSERT INTO envelope (fs, key_record, envelope) VALUES (?, ?, ?)", &query, err));
    query_bind_uuid(&query, &fs->uuid);
    query_bind_uuid(&query, &fs->key_record);
    query_bind_text(&query, text);
    return query_run(&query, NULL, err);
}

/* What only the caller can have mixed up. The at-rest key is in no other place: with it goes everything that the
 * filesystem's directory holds. */
static enum sealift_status
check_rewrap(const struct table_fs *there, const struct table_fs_rewrap *rewrap, struct sealift_error *err)
{
    if (there->at_rest[0] != '\0' && !rewrap->envelope->has_at_rest_key)
        return error_set(err, SEALIFT_INTERNAL, "filesystem \"%s\": its new envelope lacks its at-rest key",
                         there->name);
    if (rewrap->own_key != NULL && strlen(rewrap->own_key) >= TABLE_OWN_KEY_MAX)
        return error_set(err, SEALIFT_INVALID,
                         "filesystem \"%s\": what says where its own key is has more than %d bytes", there->name,
                         TABLE_OWN_KEY_MAX - 1);
    return SEALIFT_OK;
}

static enum sealift_status
update_fs(struct table *table, const struct table_fs *there, const struct table_fs_rewrap *rewrap,
          struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};

    TRY(query_prepare(&table->db,
                      "UPDATE fs SET key_record = ?, own_key = ?, generation = ?, moving = ? WHERE uuid = ?", &query,
                      err));
    query_bind_uuid(&query, &rewrap->key_record);
    query_bind_text(&query, rewrap->own_key != NULL ? rewrap->own_key : there->own_key);
    query_bind_unsigned(&query, rewrap->generation != 0 ? rewrap->generation : there->generation);
    query_bind_integer(&query, there->moving && !rewrap->moved);
    query_bind_uuid(&query, &rewrap->fs);
    return query_run(&query, NULL, err);
}

static enum sealift_status
delete_others(struct table *table, const struct table_fs_rewrap *rewrap, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};

    TRY(query_prepare(&table->db, "DELETE FROM envelope WHERE fs = ? AND key_record <> ?", &query, err));
    query_bind_uuid(&query, &rewrap->fs);
    query_bind_uuid(&query, &rewrap->key_record);
    return query_run(&query, NULL, err);
}

static enum sealift_status
refuse_as_changed(const struct table_fs *there, struct sealift_error *err)
{
    return error_set(err, SEALIFT_CONFLICT,
                     "filesystem \"%s\": its key was changed by another process meanwhile; run the command again",
                     there->name);
}

/* The envelope was wrapped where it belonged to then. A change of KMS marks all that are to move as moving. */
static bool
belongs_elsewhere(const struct table_fs *there, const struct table_fs *as_read)
{
    return as_read != NULL && (there->moving != as_read->moving || strcmp(there->own_key, as_read->own_key) != 0);
}

static enum sealift_status
replace_envelope(struct table *table, const struct table_fs *there, const struct table_fs_rewrap *rewrap,
                 struct sealift_error *err)
{
    struct table_fs now = *there;

    if (!uuid_equal(&there->key_record, rewrap->expected))
        return refuse_as_changed(there, err);
    now.key_record = rewrap->key_record;
    TRY(table_fs_envelope_insert(table, &now, rewrap->envelope, err));
    return delete_others(table, rewrap, err);
}

enum sealift_status
table_fs_rewrapped(struct table *table, const struct table_fs_rewrap *rewrap, struct sealift_error *err)
{
    SCOPED(transaction_done) struct transaction transaction = {0};
    struct table_fs there;

    TRY(transaction_begin(&table->db, &transaction, err));
    TRY(table_fs_get_by_uuid(table, &rewrap->fs, &there, err));
    TRY(check_rewrap(&there, rewrap, err));
    if (belongs_elsewhere(&there, rewrap->as_read))
        return refuse_as_changed(&there, err);
    if (!uuid_equal(&there.key_record, &rewrap->key_record))
        TRY(replace_envelope(table, &there, rewrap, err));
    TRY(update_fs(table, &there, rewrap, err));
    return transaction_commit(&transaction, err);
}
