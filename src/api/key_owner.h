/* Whose keys: a filesystem that somebody named, or one snapshot of it, and the bucket that has its key records. */
#ifndef KEY_OWNER_H
#define KEY_OWNER_H

#include "handle.h"

#include <sealift/keys.h>

/* The zero value holds nothing. */
struct key_owner {
    struct uuid fs;
    struct uuid snapshot; /* zero: all of the filesystem */
    struct store *store;  /* NULL: it is in none */
    bool by_name;         /* of the table, whose row and envelope follow */
    struct table_fs row;
    struct envelope envelope;
};

void key_owner_done(struct key_owner *owner);
enum sealift_status key_owner_find(struct sealift *sealift, const struct sealift_key_spec *spec,
                                   struct key_owner *ret_owner, struct sealift_error *err);
/* The same, and INVALID when there is no bucket. */
enum sealift_status key_owner_need_store(const struct key_owner *owner, struct sealift_error *err);

/* Which FS key is in force: the table's; without one, as far as can be told without opening any, that of the newest
 * record that is not for one snapshot alone. *ret_any: there is one. */
enum sealift_status key_owner_in_force(const struct key_owner *owner, uint8_t ret_key_check[KEY_CHECK_SIZE],
                                       bool *ret_any, struct sealift_error *err);

#endif
