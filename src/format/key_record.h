/* A key record: one wrapping of a filesystem's FS key, one line of JSON. DESIGN.md sections 1 and 4; docs/FORMAT.md,
 * "Key record". */
#ifndef KEY_RECORD_H
#define KEY_RECORD_H

#include "manifest.h"

#define KEY_RECORD_MAX_SIZE ((size_t)256 << 10)

struct key_record {
    struct uuid fs;
    struct uuid record; /* version 7: the newest sorts last */
    int64_t created_ns;
    struct uuid snapshot; /* the FS key is for this upload alone; zero: it is the filesystem's */
    struct envelope envelope;
    struct buf sealed_private; /* names, so that the bucket is enough to rebuild the table */
};

void key_record_done(struct key_record *record);
/* Seals the names for the record, whose uuids must be set. They name a snapshot exactly when the key is for one
 * alone. */
enum sealift_status key_record_seal(struct key_record *record, const struct private_part *names,
                                    const struct secret *fs_key, struct sealift_error *err);
enum sealift_status key_record_build(const struct key_record *record, struct buf *out, struct sealift_error *err);
/* The uuids and the key check value must be those of the name it was read from. */
enum sealift_status key_record_parse(struct bytes text, const struct uuid *fs, const uint8_t key_check[KEY_CHECK_SIZE],
                                     const struct uuid *record, struct key_record *ret_record,
                                     struct sealift_error *err);
/* `snapshot` stands in the clear, where whoever writes the bucket may add it or leave it out: CORRUPT when what is
 * sealed says otherwise. */
enum sealift_status key_record_private(const struct key_record *record, const struct secret *fs_key,
                                       struct private_part *ret_part, struct sealift_error *err);

#endif
