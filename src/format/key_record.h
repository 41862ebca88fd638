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
    struct envelope envelope;
    struct buf sealed_private; /* names, so that the bucket is enough to rebuild the table */
};

void key_record_done(struct key_record *record);
enum sealift_status key_record_build(const struct key_record *record, struct buf *out, struct sealift_error *err);
/* The uuids must be those of the name it was read from. */
enum sealift_status key_record_parse(struct bytes text, const struct uuid *fs, const struct uuid *record,
                                     struct key_record *ret_record, struct sealift_error *err);

#endif
