#include "error.h"
#include "query.h"
#include "scoped.h"
#include "table.h"
#include "table_private.h"
#include "transaction.h"

enum sealift_status
table_kms_get(struct table *table, struct buf *out, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    bool row;

    TRY(query_prepare(&table->db, "SELECT config FROM kms", &query, err));
    TRY(query_row(&query, &row, err));
    if (!row)
        return error_set(err, SEALIFT_NOT_FOUND, "no KMS is configured; name one with \"sealift kms set\"");
    query_read_buf(&query, out);
    return query_check(&query, err);
}

/* --- another one --- */

static enum sealift_status
put_in_force(struct table *table, const char *config, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};

    TRY(query_prepare(&table->db, "INSERT OR REPLACE INTO kms (one, config) VALUES (1, ?)", &query, err));
    query_bind_text(&query, config);
    return query_run(&query, NULL, err);
}

static enum sealift_status
forget_former(struct table *table, const char *config, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};

    TRY(query_prepare(&table->db, "DELETE FROM former_kms WHERE config = ?", &query, err));
    query_bind_text(&query, config != NULL ? config : TABLE_KMS_LOCAL);
    return query_run(&query, NULL, err);
}

static enum sealift_status
is_in_force(struct table *table, const char *config, bool *ret_in_force, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};

    TRY(query_prepare(&table->db, "SELECT 1 WHERE (SELECT config FROM kms) IS ?", &query, err));
    query_bind_text(&query, config);
    return query_row(&query, ret_in_force, err);
}

#define WAS_IN_FORCE                                                                                                   \
    "SELECT config FROM kms UNION ALL "                                                                                \
    "SELECT '" TABLE_KMS_LOCAL "' WHERE NOT EXISTS (SELECT 1 FROM kms) AND EXISTS (SELECT 1 FROM fs)"

static enum sealift_status
replace(struct table *table, const char *config, bool move, struct sealift_error *err)
{
    if (move) {
        TRY(db_run(&table->db, "INSERT OR REPLACE INTO former_kms (config) " WAS_IN_FORCE, err));
        TRY(db_run(&table->db, "UPDATE fs SET moving = 1", err));
    }
    if (config != NULL)
        TRY(put_in_force(table, config, err));
    else
        TRY(db_run(&table->db, "DELETE FROM kms", err));
    return forget_former(table, config, err);
}

enum sealift_status
table_kms_replace(struct table *table, const char *config, bool move, struct sealift_error *err)
{
    SCOPED(transaction_done) struct transaction transaction = {0};
    bool in_force;

    TRY(transaction_begin(&table->db, &transaction, err));
    TRY(is_in_force(table, config, &in_force, err));
    if (in_force)
        return SEALIFT_OK;
    TRY(replace(table, config, move, err));
    return transaction_commit(&transaction, err);
}

enum sealift_status
table_kms_set(struct table *table, const char *config, struct sealift_error *err)
{
    return table_kms_replace(table, config, false, err);
}

/* --- the former ones --- */

enum sealift_status
table_kms_former_list(struct table *table, table_each_former_kms *each, void *context, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};
    bool row;

    TRY(query_prepare(&table->db, "SELECT id, config FROM former_kms ORDER BY id DESC", &query, err));
    for (;;) {
        SCOPED(buf_done) struct buf config = {0};
        const char *text;
        int64_t id;

        TRY(query_row(&query, &row, err));
        if (!row)
            return SEALIFT_OK;
        query_read_integer(&query, &id);
        query_read_buf(&query, &config);
        TRY(query_check(&query, err));
        TRY(buf_text(&config, &text, err));
        TRY(each(context, id, text, err));
    }
}

enum sealift_status
table_kms_moved(struct table *table, struct sealift_error *err)
{
    return db_run(&table->db,
                  "DELETE FROM former_kms WHERE config <> '" TABLE_KMS_LOCAL "' "
                  "AND NOT EXISTS (SELECT 1 FROM fs WHERE moving)",
                  err);
}

enum sealift_status
table_kms_local_destroyed(struct table *table, struct sealift_error *err)
{
    return forget_former(table, TABLE_KMS_LOCAL, err);
}
