#include "lone_key.h"

#include "error.h"
#include "scoped.h"

#include <string.h>

static enum sealift_status
is_of_snapshot(struct store *store, const struct locator *snapshot, const uint8_t key_check[KEY_CHECK_SIZE],
               const struct uuid *record, bool *ret_is, struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record parsed = {0};
    enum sealift_status status = key_record_fetch(store, &snapshot->fs, key_check, record, &parsed, err);

    *ret_is = status == SEALIFT_OK && uuid_equal(&parsed.snapshot, &snapshot->snapshot);
    return error_ends_trying(status) ? status : SEALIFT_OK;
}

enum sealift_status
lone_key_find(struct store *store, const struct locator *snapshot, const uint8_t key_check[KEY_CHECK_SIZE],
              struct lone_key *ret_key, struct sealift_error *err)
{
    struct lone_key key = {0};
    bool alone = true;

    memcpy(key.key_check, key_check, KEY_CHECK_SIZE);
    TRY(key_records_list(store, &snapshot->fs, key_check, &key.records, err));
    if (key.records.seen > KEY_RECORDS_MAX)
        alone = false;
    for (size_t i = 0; alone && i < key_records_count(&key.records); i++)
        TRY(is_of_snapshot(store, snapshot, key_check, key_records_newest(&key.records, i), &alone, err));
    if (!alone)
        key.records = (struct key_records){0};
    *ret_key = key;
    return SEALIFT_OK;
}

/* --- whose manifest is gone --- */

struct left {
    struct store *store;
    const struct locator *snapshot;
    struct lone_key *key;
};

static enum sealift_status
look_at_key(void *context, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *newest, uint64_t count,
            struct sealift_error *err)
{
    const struct left *left = context;
    bool is_its_own = false;

    (void)count;
    if (key_records_count(&left->key->records) > 0)
        return SEALIFT_OK;
    TRY(is_of_snapshot(left->store, left->snapshot, key_check, newest, &is_its_own, err));
    return is_its_own ? lone_key_find(left->store, left->snapshot, key_check, left->key, err) : SEALIFT_OK;
}

enum sealift_status
lone_key_find_left(struct store *store, const struct locator *snapshot, struct lone_key *ret_key,
                   struct sealift_error *err)
{
    struct lone_key key = {0};
    struct left left = {store, snapshot, &key};

    TRY(key_records_each_key(store, &snapshot->fs, look_at_key, &left, err));
    *ret_key = key;
    return SEALIFT_OK;
}
