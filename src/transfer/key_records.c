#include "key_records.h"

#include "error.h"
#include "scoped.h"

#include <string.h>

static enum sealift_status
keep_newest(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct key_records *records = context;
    uint8_t key_check[KEY_CHECK_SIZE];
    struct uuid fs, record;

    (void)err;
    if (name_parse_key_record(object->name, &fs, key_check, &record))
        records->ring[records->seen++ % KEY_RECORDS_MAX] = record;
    return SEALIFT_OK;
}

/* The records of one key sort by time, so the last ones listed are the newest. */
enum sealift_status
key_records_list(struct store *store, const struct uuid *fs, const uint8_t key_check[KEY_CHECK_SIZE],
                 struct key_records *ret_records, struct sealift_error *err)
{
    struct key_records records = {0};
    char prefix[NAME_SIZE];

    name_of_key_records_of(fs, key_check, prefix);
    TRY(store_list(store, prefix, NULL, keep_newest, &records, err));
    *ret_records = records;
    return SEALIFT_OK;
}

size_t
key_records_count(const struct key_records *records)
{
    return records->seen < KEY_RECORDS_MAX ? records->seen : KEY_RECORDS_MAX;
}

const struct uuid *
key_records_newest(const struct key_records *records, size_t i)
{
    return &records->ring[(records->seen - 1 - i) % KEY_RECORDS_MAX];
}

/* --- every key --- */

/* The records that came last in a listing and are of the same key. */
struct run {
    uint8_t key_check[KEY_CHECK_SIZE];
    struct uuid newest;
    uint64_t count;
    key_records_each *each;
    void *context;
};

static enum sealift_status
end_run(struct run *run, struct sealift_error *err)
{
    uint64_t count = run->count;

    run->count = 0;
    return count > 0 ? run->each(run->context, run->key_check, &run->newest, count, err) : SEALIFT_OK;
}

static enum sealift_status
lengthen_run(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct run *run = context;
    uint8_t key_check[KEY_CHECK_SIZE];
    struct uuid fs, record;

    if (!name_parse_key_record(object->name, &fs, key_check, &record))
        return SEALIFT_OK;
    if (memcmp(key_check, run->key_check, KEY_CHECK_SIZE) != 0)
        TRY(end_run(run, err));
    memcpy(run->key_check, key_check, KEY_CHECK_SIZE);
    run->newest = record;
    run->count++;
    return SEALIFT_OK;
}

enum sealift_status
key_records_each_key(struct store *store, const struct uuid *fs, key_records_each *each, void *context,
                     struct sealift_error *err)
{
    struct run run = {.each = each, .context = context};
    char prefix[NAME_SIZE];

    name_of_key_records(fs, prefix);
    TRY(store_list(store, prefix, NULL, lengthen_run, &run, err));
    return end_run(&run, err);
}

/* --- one record --- */

enum sealift_status
key_record_fetch(struct store *store, const struct uuid *fs, const uint8_t key_check[KEY_CHECK_SIZE],
                 const struct uuid *record, struct key_record *ret_record, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};

    return key_record_read(store, fs, key_check, record, &text, ret_record, err);
}

enum sealift_status
key_record_read(struct store *store, const struct uuid *fs, const uint8_t key_check[KEY_CHECK_SIZE],
                const struct uuid *record, struct buf *text, struct key_record *ret_record, struct sealift_error *err)
{
    char name[NAME_SIZE];

    name_of_key_record(fs, key_check, record, name);
    TRY(store_get(store, name, KEY_RECORD_MAX_SIZE, text, err));
    return key_record_parse(buf_bytes(text), fs, key_check, record, ret_record, err);
}

enum sealift_status
key_record_put(const struct world *world, struct store *store, const struct key_record_wish *wish,
               struct uuid *ret_record, struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record record = {.fs = wish->envelope->fs};
    SCOPED(buf_done) struct buf text = {0};
    char name[NAME_SIZE];

    record.record = wish->newest != NULL ? uuid_v7_behind(world, wish->newest) : uuid_v7(world);
    record.created_ns = world->clock->wall_ns(world->clock);
    record.snapshot = wish->snapshot;
    record.envelope = *wish->envelope;
    TRY(key_record_seal(&record, wish->names, wish->fs_key, err));
    TRY(key_record_build(&record, &text, err));
    name_of_key_record(&record.fs, record.envelope.key_check, &record.record, name);
    TRY(store_put_proven(store, name, buf_bytes(&text), err));
    *ret_record = record.record;
    return SEALIFT_OK;
}
