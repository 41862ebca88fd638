/* A transaction: what was not committed when its scope ends is rolled back. */
#ifndef TRANSACTION_H
#define TRANSACTION_H

#include "db.h"

struct transaction {
    struct db *db; /* NULL: none is open */
};

/* Waits for the one writer that a table can have, so that nothing that is read inside can change before
 * it is written. */
enum sealift_status transaction_begin(struct db *db, struct transaction *ret_transaction, struct sealift_error *err);
/* Everything that is read inside is of one moment. */
enum sealift_status transaction_begin_reading(struct db *db, struct transaction *ret_transaction,
                                              struct sealift_error *err);
enum sealift_status transaction_commit(struct transaction *transaction, struct sealift_error *err);
void transaction_done(struct transaction *transaction);

#endif
