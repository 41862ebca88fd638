#include "key_owner.h"

#include "bucket_filesystems.h"
#include "error.h"
#include "key_records.h"
#include "obs.h"
#include "scoped.h"

#include <string.h>

void
key_owner_done(struct key_owner *owner)
{
    store_free(&owner->store);
}

/* --- finding it --- */

static enum sealift_status
find_by_name(struct sealift *sealift, const struct sealift_key_spec *spec, struct key_owner *owner,
             struct sealift_error *err)
{
    struct sealift_obs_spec obs = spec->obs;

    TRY(handle_need_table(sealift, err));
    TRY(table_fs_get(sealift->table, spec->fs, &owner->row, err));
    TRY(table_fs_envelope(sealift->table, &owner->row.uuid, &owner->envelope, err));
    owner->by_name = true;
    owner->fs = owner->row.uuid;
    if (obs.url == NULL && owner->row.obs[0] != '\0')
        obs = (struct sealift_obs_spec){.url = owner->row.obs};
    return obs.url != NULL ? handle_open_obs(sealift, &obs, &owner->store, err) : SEALIFT_OK;
}

static enum sealift_status
find_by_locator(struct sealift *sealift, const struct sealift_key_spec *spec, struct key_owner *owner,
                struct sealift_error *err)
{
    struct locator locator;

    if (locator_parse(spec->locator, &locator)) {
        owner->fs = locator.fs;
        owner->snapshot = locator.snapshot;
    } else if (!uuid_parse(spec->locator, &owner->fs)) {
        return error_set(err, SEALIFT_INVALID, "\"%s\" is no locator (FILESYSTEM/SNAPSHOT) and no filesystem's UUID",
                         spec->locator);
    }
    TRY(handle_open_obs(sealift, &spec->obs, &owner->store, err));
    TRY(obs_check_mark(owner->store, err));
    /* Of a snapshot the manifest is asked for, which says more. */
    return uuid_is_zero(&owner->snapshot) ? bucket_filesystems_need(owner->store, &owner->fs, err) : SEALIFT_OK;
}

enum sealift_status
key_owner_find(struct sealift *sealift, const struct sealift_key_spec *spec, struct key_owner *ret_owner,
               struct sealift_error *err)
{
    SCOPED(key_owner_done) struct key_owner owner = {0};

    if ((spec->fs != NULL) == (spec->locator != NULL))
        return error_set(err, SEALIFT_INVALID, "name a filesystem, or a locator with its object store");
    if (spec->fs != NULL)
        TRY(find_by_name(sealift, spec, &owner, err));
    else
        TRY(find_by_locator(sealift, spec, &owner, err));
    *ret_owner = owner;
    owner.store = NULL;
    return SEALIFT_OK;
}

enum sealift_status
key_owner_need_store(const struct key_owner *owner, struct sealift_error *err)
{
    if (owner->store != NULL)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_INVALID,
                     "filesystem %s has no object store (it was added with --no-key-backup), and key records are in "
                     "one: name it with --obs",
                     owner->row.name);
}

/* --- the key in force --- */

struct newest {
    const struct key_owner *owner;
    struct uuid record; /* zero: none yet */
    uint8_t key_check[KEY_CHECK_SIZE];
};

static enum sealift_status
keep_newer(void *context, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *record, uint64_t count,
           struct sealift_error *err)
{
    SCOPED(key_record_done) struct key_record read = {0};
    struct newest *newest = context;
    enum sealift_status status;

    (void)count;
    if (uuid_compare(record, &newest->record) <= 0)
        return SEALIFT_OK;
    status = key_record_fetch(newest->owner->store, &newest->owner->fs, key_check, record, &read, err);
    if (status == SEALIFT_CORRUPT || status == SEALIFT_INVALID || status == SEALIFT_NOT_FOUND)
        return SEALIFT_OK; /* it says nothing */
    TRY(status);
    if (!uuid_is_zero(&read.snapshot))
        return SEALIFT_OK;
    newest->record = *record;
    memcpy(newest->key_check, key_check, KEY_CHECK_SIZE);
    return SEALIFT_OK;
}

enum sealift_status
key_owner_in_force(const struct key_owner *owner, uint8_t ret_key_check[KEY_CHECK_SIZE], bool *ret_any,
                   struct sealift_error *err)
{
    struct newest newest = {.owner = owner};

    if (owner->by_name)
        memcpy(newest.key_check, owner->envelope.key_check, KEY_CHECK_SIZE);
    else
        TRY(key_records_each_key(owner->store, &owner->fs, keep_newer, &newest, err));
    *ret_any = owner->by_name || !uuid_is_zero(&newest.record);
    memcpy(ret_key_check, newest.key_check, KEY_CHECK_SIZE);
    return SEALIFT_OK;
}
