/* The key records of a filesystem in a bucket: each one wrapping of one of its FS keys. */
#ifndef KEY_RECORDS_H
#define KEY_RECORDS_H

#include "key_record.h"
#include "store.h"

/* Whoever writes the bucket can add some. So many of an FS key's newest are read, ... */
#define KEY_RECORDS_MAX 256
/* ... and so many of them a KMS is asked about. */
#define KEY_RECORDS_ASKED_MAX 32

struct key_records {
    struct uuid ring[KEY_RECORDS_MAX];
    size_t seen; /* in all */
};

/* Those of one FS key: however many there are of others, none of them counts. */
enum sealift_status key_records_list(struct store *store, const struct uuid *fs,
                                     const uint8_t key_check[KEY_CHECK_SIZE], struct key_records *ret_records,
                                     struct sealift_error *err);
size_t key_records_count(const struct key_records *records); /* of those that are looked at */
/* The i-th newest of them, from 0. */
const struct uuid *key_records_newest(const struct key_records *records, size_t i);

/* Calls `each` for every FS key that has records, in the order of the key check values: which record is the newest, and
 * how many there are. One listing, in constant memory; `each` may use the store, and ends the listing with any status
 * that is not OK. */
typedef enum sealift_status key_records_each(void *context, const uint8_t key_check[KEY_CHECK_SIZE],
                                             const struct uuid *newest, uint64_t count, struct sealift_error *err);
enum sealift_status key_records_each_key(struct store *store, const struct uuid *fs, key_records_each *each,
                                         void *context, struct sealift_error *err);

enum sealift_status key_record_fetch(struct store *store, const struct uuid *fs,
                                     const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *record,
                                     struct key_record *ret_record, struct sealift_error *err);

/* The same, with its bytes, as manifest_read() has them. */
enum sealift_status key_record_read(struct store *store, const struct uuid *fs, const uint8_t key_check[KEY_CHECK_SIZE],
                                    const struct uuid *record, struct buf *text, struct key_record *ret_record,
                                    struct sealift_error *err);

/* What a record is made of. */
struct key_record_wish {
    const struct envelope *envelope;
    const struct private_part *names; /* with the generation; with a snapshot's name exactly when ... */
    struct uuid snapshot;             /* ... the FS key is for this upload alone; zero: it is the filesystem's */
    const struct secret *fs_key;      /* the one in the envelope: it seals the names */
    const struct uuid *newest; /* record that there is of this key: the new one is named to sort behind it; or NULL */
};

/* Makes one, puts it, and reads it back. */
enum sealift_status key_record_put(const struct world *world, struct store *store, const struct key_record_wish *wish,
                                   struct uuid *ret_record, struct sealift_error *err);

#endif
