#include "key_records.h"

#include "error.h"
#include "scoped.h"

static enum sealift_status
keep_newest(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct key_records *records = context;
    struct uuid fs, record;

    (void)err;
    if (name_parse_key_record(object->name, &fs, &record))
        records->ring[records->seen++ % KEY_RECORDS_MAX] = record;
    return SEALIFT_OK;
}

/* Names sort by time, so the last ones listed are the newest. */
enum sealift_status
key_records_list(struct store *store, const struct uuid *fs, struct key_records *ret_records, struct sealift_error *err)
{
    struct key_records records = {0};
    char prefix[NAME_SIZE];

    name_of_key_records(fs, prefix);
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

enum sealift_status
key_record_fetch(struct store *store, const struct uuid *fs, const struct uuid *record, struct key_record *ret_record,
                 struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    char name[NAME_SIZE];

    name_of_key_record(fs, record, name);
    TRY(store_get(store, name, KEY_RECORD_MAX_SIZE, &text, err));
    return key_record_parse(buf_bytes(&text), fs, record, ret_record, err);
}

enum sealift_status
key_record_put(const struct world *world, struct store *store, const struct envelope *envelope,
               const struct private_part *names, const struct secret *fs_key, struct uuid *ret_record,
               struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record record = {.fs = envelope->fs, .record = uuid_v7(world)};
    SCOPED(buf_done) struct buf text = {0};
    char name[NAME_SIZE];

    record.created_ns = world->clock->wall_ns(world->clock);
    record.envelope = *envelope;
    TRY(private_part_seal(names, fs_key, &record.fs, &record.record, &record.sealed_private, err));
    TRY(key_record_build(&record, &text, err));
    name_of_key_record(&record.fs, &record.record, name);
    TRY(store_put_proven(store, name, buf_bytes(&text), err));
    *ret_record = record.record;
    return SEALIFT_OK;
}
