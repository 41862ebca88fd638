/* A connection to a SQLite file, set up so that what it wrote survives a power cut and what it reads may be hostile:
 * WAL, synchronous FULL, foreign keys, no trusted schema, no triggers and views. */
#ifndef DB_H
#define DB_H

#include "world.h"

#include <sqlite3.h>

struct db {
    const struct world *world;
    sqlite3 *handle;
    char *path;
};

/* Makes the file (mode 0600) when there is none. */
enum sealift_status db_open(const struct world *world, const char *path, struct db *ret_db, struct sealift_error *err);
void db_done(struct db *db);

/* Statements without parameters and without rows. */
enum sealift_status db_run(struct db *db, const char *sql, struct sealift_error *err);

/* What SQLite's result code means for us, with the way out. */
enum sealift_status db_explain(const struct db *db, int code, struct sealift_error *err);

/* CORRUPT: puts the file before the message that `err` holds already, and the way out behind it. */
enum sealift_status db_call_damaged(const struct db *db, struct sealift_error *err);

#endif
