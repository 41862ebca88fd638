#include "error.h"
#include "query.h"
#include "scoped.h"
#include "table.h"
#include "table_private.h"

enum sealift_status
table_kms_set(struct table *table, const char *config, struct sealift_error *err)
{
    SCOPED(query_done) struct query query = {0};

    TRY(query_prepare(&table->db, "INSERT OR REPLACE INTO kms (one, config) VALUES (1, ?)", &query, err));
    query_bind_text(&query, config);
    return query_run(&query, NULL, err);
}

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
