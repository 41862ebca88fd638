/* The tables of a configuration table, and how older ones become newer ones. */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "db.h"

/* What `file` and others may know a table by: "SLFT". */
#define SCHEMA_APPLICATION_ID 0x534c4654

/* Migrates to the newest version, in one transaction. A file of a later version, or of another program, is INVALID. */
enum sealift_status schema_migrate(struct db *db, struct sealift_error *err);

#endif
