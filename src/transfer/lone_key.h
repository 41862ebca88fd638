/* The FS key of one snapshot alone (an upload with a new data key): its key records have no use without the snapshot.
 *
 * That a record is for one snapshot alone stands in the clear, where whoever writes the bucket may put it, and no key
 * is there to tell. So a record's own word is not enough: all records of the FS key must say it, and whoever deletes
 * them makes sure that no other manifest names that FS key, nor the table. */
#ifndef LONE_KEY_H
#define LONE_KEY_H

#include "key_records.h"

struct lone_key {
    uint8_t key_check[KEY_CHECK_SIZE];
    struct key_records records; /* none: it is not the key of this snapshot alone */
};

/* Of the upload's key check value, as its manifest says. More records than KEY_RECORDS_MAX, or one that cannot be read,
 * and it is taken for a key that others use. */
enum sealift_status lone_key_find(struct store *store, const struct locator *snapshot,
                                  const uint8_t key_check[KEY_CHECK_SIZE], struct lone_key *ret_key,
                                  struct sealift_error *err);

/* The same without a manifest: it went before the key did, or never came. Reads a record of each FS key of the
 * filesystem. */
enum sealift_status lone_key_find_left(struct store *store, const struct locator *snapshot, struct lone_key *ret_key,
                                       struct sealift_error *err);

#endif
