#include "transaction.h"

#include "scoped.h"

static enum sealift_status
begin(struct db *db, const char *sql, struct transaction *ret_transaction, struct sealift_error *err)
{
    TRY(db_run(db, sql, err));
    ret_transaction->db = db;
    return SEALIFT_OK;
}

enum sealift_status
transaction_begin(struct db *db, struct transaction *ret_transaction, struct sealift_error *err)
{
    return begin(db, "BEGIN IMMEDIATE", ret_transaction, err);
}

enum sealift_status
transaction_begin_reading(struct db *db, struct transaction *ret_transaction, struct sealift_error *err)
{
    return begin(db, "BEGIN DEFERRED", ret_transaction, err);
}

enum sealift_status
transaction_commit(struct transaction *transaction, struct sealift_error *err)
{
    TRY(db_run(transaction->db, "COMMIT", err));
    transaction->db = NULL;
    return SEALIFT_OK;
}

void
transaction_done(struct transaction *transaction)
{
    struct sealift_error ignored; /* the failure that led here is the one to report; closing the file rolls back too */

    if (transaction->db != NULL && !sqlite3_get_autocommit(transaction->db->handle))
        (void)db_run(transaction->db, "ROLLBACK", &ignored);
    transaction->db = NULL;
}
