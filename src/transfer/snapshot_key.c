#include "snapshot_key.h"

#include "error.h"
#include "scoped.h"

#include <string.h>

enum sealift_status
manifest_fetch(struct store *store, const struct locator *locator, struct manifest *ret_manifest,
               struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {.max = MANIFEST_MAX_SIZE + 1};
    char name[NAME_SIZE];
    enum sealift_status status;

    name_of_manifest(&locator->fs, &locator->snapshot, name);
    status = store_get(store, name, MANIFEST_MAX_SIZE, &text, err);
    if (status == SEALIFT_NOT_FOUND) {
        char shown[LOCATOR_SIZE];

        locator_format(locator, shown);
        return error_set(err, status,
                         "%s: no snapshot has the locator %s; \"sealift obs snapshots\" lists what is there",
                         store->url, shown);
    }
    if (status != SEALIFT_OK)
        return status;
    if (manifest_parse(buf_bytes(&text), &locator->fs, &locator->snapshot, ret_manifest, err) != SEALIFT_OK)
        return error_prefix(err, "manifest %s", name);
    return SEALIFT_OK;
}

/* The newest records' uuids, in a ring: names sort by time, so the last ones listed are the newest. */
struct newest {
    struct uuid records[SNAPSHOT_KEY_MAX_RECORDS];
    size_t seen;
};

static enum sealift_status
keep_newest(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct newest *newest = context;
    struct uuid fs, record;

    (void)err;
    if (name_parse_key_record(object->name, &fs, &record))
        newest->records[newest->seen++ % SNAPSHOT_KEY_MAX_RECORDS] = record;
    return SEALIFT_OK;
}

static enum sealift_status
list_newest(struct store *store, const struct uuid *fs, struct newest *newest, struct sealift_error *err)
{
    char prefix[NAME_SIZE];

    name_of_key_records(fs, prefix);
    return store_list(store, prefix, NULL, keep_newest, newest, err);
}

static size_t
count_of(const struct newest *newest)
{
    return newest->seen < SNAPSHOT_KEY_MAX_RECORDS ? newest->seen : SNAPSHOT_KEY_MAX_RECORDS;
}

/* The i-th newest, from 0. */
static const struct uuid *
nth_newest(const struct newest *newest, size_t i)
{
    return &newest->records[(newest->seen - 1 - i) % SNAPSHOT_KEY_MAX_RECORDS];
}

static enum sealift_status
fetch_record(struct store *store, const struct uuid *fs, const struct uuid *record, struct key_record *ret_record,
             struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    char name[NAME_SIZE];

    name_of_key_record(fs, record, name);
    TRY(store_get(store, name, KEY_RECORD_MAX_SIZE, &text, err));
    if (key_record_parse(buf_bytes(&text), fs, record, ret_record, err) != SEALIFT_OK)
        return error_prefix(err, "key record %s", name);
    return SEALIFT_OK;
}

/* One snapshot's search for the wrapping that opens. */
struct search {
    const struct world *world;
    kms_chooser *choose;
    void *context;
    const struct manifest *manifest;
    struct secret *fs_key;
    uint64_t opened;
    struct sealift_error first_failure;
};

static void
search_done(struct search *search)
{
    secret_free(&search->fs_key);
}

static enum sealift_status
open_and_authenticate(struct search *search, const struct envelope *envelope, struct secret **ret_fs_key,
                      struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *fs_key = NULL;
    struct kms *kms;

    TRY(search->choose(search->context, &envelope->kms, &kms, err));
    TRY(keyring_open(kms, envelope, &fs_key, NULL, err));
    TRY(manifest_authenticate(search->manifest, fs_key, err));
    *ret_fs_key = TAKE(fs_key);
    return SEALIFT_OK;
}

/* Tries one wrapping. Only a KMS that is not there, or somebody who wants to stop, ends the search. */
static enum sealift_status
try_envelope(struct search *search, const char *where, const struct envelope *envelope, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *fs_key = NULL;
    enum sealift_status status = open_and_authenticate(search, envelope, &fs_key, err);

    if (status == SEALIFT_UNAVAILABLE || status == SEALIFT_CANCELLED || status == SEALIFT_NO_MEMORY)
        return status;
    if (status != SEALIFT_OK) {
        world_log(search->world, LOG_WARNING, "%s does not open: %s", where, err->message);
        if (search->first_failure.status == SEALIFT_OK)
            search->first_failure = *err;
        return SEALIFT_OK;
    }
    search->opened++;
    if (search->fs_key == NULL)
        search->fs_key = TAKE(fs_key);
    return SEALIFT_OK;
}

static enum sealift_status
try_record(struct search *search, struct store *store, const struct uuid *record, struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record parsed = {0};
    char name[NAME_SIZE];

    name_of_key_record(&search->manifest->fs, record, name);
    if (fetch_record(store, &search->manifest->fs, record, &parsed, err) != SEALIFT_OK) {
        if (err->status == SEALIFT_UNAVAILABLE || err->status == SEALIFT_CANCELLED)
            return err->status;
        world_log(search->world, LOG_WARNING, "%s", err->message);
        return SEALIFT_OK;
    }
    if (!digest_equal(parsed.envelope.key_check, search->manifest->key_check, KEY_CHECK_SIZE))
        return SEALIFT_OK; /* of another FS key of this filesystem */
    return try_envelope(search, name, &parsed.envelope, err);
}

static enum sealift_status
try_all(struct search *search, struct store *store, bool up_to_first, struct sealift_error *err)
{
    struct newest newest = {0};
    char name[NAME_SIZE];

    TRY(list_newest(store, &search->manifest->fs, &newest, err));
    for (size_t i = 0; i < count_of(&newest); i++) {
        TRY(try_record(search, store, nth_newest(&newest, i), err));
        if (up_to_first && search->fs_key != NULL)
            return SEALIFT_OK;
    }
    name_of_manifest(&search->manifest->fs, &search->manifest->upload, name);
    return try_envelope(search, name, &search->manifest->envelope, err);
}

enum sealift_status
snapshot_key_open(const struct world *world, struct store *store, kms_chooser *choose, void *context,
                  const struct manifest *manifest, struct secret **ret_fs_key, uint64_t *ret_opened,
                  struct sealift_error *err)
{
    SCOPED(search_done)
    struct search search = {.world = world, .choose = choose, .context = context, .manifest = manifest};

    TRY(try_all(&search, store, ret_opened == NULL, err));
    if (search.fs_key == NULL) {
        char name[NAME_SIZE];

        name_of_manifest(&manifest->fs, &manifest->upload, name);
        *err = search.first_failure;
        return error_prefix(err, "%s cannot be opened", name);
    }
    if (ret_opened != NULL)
        *ret_opened = search.opened;
    *ret_fs_key = TAKE(search.fs_key);
    return SEALIFT_OK;
}

enum sealift_status
key_record_newest(struct store *store, const struct uuid *fs, const uint8_t key_check[KEY_CHECK_SIZE],
                  struct key_record *ret_record, struct sealift_error *err)
{
    struct newest newest = {0};
    char prefix[NAME_SIZE];

    TRY(list_newest(store, fs, &newest, err));
    for (size_t i = 0; i < count_of(&newest); i++) {
        struct key_record record = {0};

        TRY(fetch_record(store, fs, nth_newest(&newest, i), &record, err));
        if (key_check == NULL || digest_equal(record.envelope.key_check, key_check, KEY_CHECK_SIZE)) {
            *ret_record = record;
            return SEALIFT_OK;
        }
        key_record_done(&record);
    }
    name_of_key_records(fs, prefix);
    return error_set(err, SEALIFT_NOT_FOUND, "%s: holds no key record of this filesystem's key", prefix);
}

static enum sealift_status
put_and_read_back(struct store *store, const char *name, struct bytes text, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf back = {0};

    TRY(store_put_small(store, name, text, err));
    TRY(store_get(store, name, KEY_RECORD_MAX_SIZE, &back, err));
    if (!bytes_equal(buf_bytes(&back), text))
        return error_set(err, SEALIFT_CORRUPT, "%s: the store gives back something else than was put", name);
    return SEALIFT_OK;
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
    TRY(put_and_read_back(store, name, buf_bytes(&text), err));
    *ret_record = record.record;
    return SEALIFT_OK;
}
