/* What the files of the table share. */
#ifndef TABLE_PRIVATE_H
#define TABLE_PRIVATE_H

#include "db.h"
#include "table.h"

struct table {
    struct db db;
};

/* NOT_FOUND: no filesystem has that UUID. */
enum sealift_status table_fs_none(const struct uuid *uuid, struct sealift_error *err);

/* table_fs_published() inside the caller's transaction. */
enum sealift_status table_fs_publish(struct table *table, const struct uuid *fs, uint64_t sequence,
                                     const uint8_t body_sha256[32], struct sealift_error *err);

/* Part of the caller's transaction; it is the envelope of fs->key_record. */
enum sealift_status table_fs_envelope_insert(struct table *table, const struct table_fs *fs,
                                             const struct envelope *envelope, struct sealift_error *err);

/* Parts of the caller's transaction. */
enum sealift_status table_fs_insert(struct table *table, const struct table_fs *fs, const struct envelope *envelope,
                                    struct sealift_error *err);
/* As table_recover() says; *ret_new: something came of it. CONFLICT: another snapshot has the name. */
enum sealift_status table_snapshot_found(struct table *table, const struct table_snapshot *snapshot, bool *ret_new,
                                         struct sealift_error *err);

#endif
