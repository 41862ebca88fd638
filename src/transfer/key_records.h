/* The key records of a filesystem in a bucket: each one wrapping of one of its FS keys. */
#ifndef KEY_RECORDS_H
#define KEY_RECORDS_H

#include "key_record.h"
#include "store.h"

/* So many of the newest are looked at. */
#define KEY_RECORDS_MAX 32

struct key_records {
    struct uuid ring[KEY_RECORDS_MAX];
    size_t seen; /* in all */
};

enum sealift_status key_records_list(struct store *store, const struct uuid *fs, struct key_records *ret_records,
                                     struct sealift_error *err);
size_t key_records_count(const struct key_records *records); /* of those that are looked at */
/* The i-th newest of them, from 0. */
const struct uuid *key_records_newest(const struct key_records *records, size_t i);

enum sealift_status key_record_fetch(struct store *store, const struct uuid *fs, const struct uuid *record,
                                     struct key_record *ret_record, struct sealift_error *err);
/* Makes one, puts it, and reads it back. */
enum sealift_status key_record_put(const struct world *world, struct store *store, const struct envelope *envelope,
                                   const struct private_part *names, const struct secret *fs_key,
                                   struct uuid *ret_record, struct sealift_error *err);

#endif
