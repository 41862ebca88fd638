#include "bucket_filesystems.h"

#include "error.h"
#include "key_records.h"
#include "scoped.h"

#include <stdlib.h>

struct listing {
    struct store *store;
    struct buf *out;
};

static enum sealift_status
note_manifest(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct bucket_filesystem *found = context;
    struct uuid fs, upload;

    (void)err;
    if (name_parse_manifest(object->name, &fs, &upload) && uuid_compare(&upload, &found->newest) > 0)
        found->newest = upload;
    return SEALIFT_OK;
}

static enum sealift_status
note_key(void *context, const uint8_t key_check[KEY_CHECK_SIZE], const struct uuid *newest, uint64_t count,
         struct sealift_error *err)
{
    struct bucket_filesystem *found = context;

    (void)key_check;
    (void)count;
    (void)err;
    if (uuid_compare(newest, &found->newest) > 0)
        found->newest = *newest;
    return SEALIFT_OK;
}

/* A folder without any of these holds what a purge left, or nothing of ours. */
static enum sealift_status
look_at(struct listing *listing, const struct uuid *fs, struct sealift_error *err)
{
    struct bucket_filesystem found = {.fs = *fs};
    char prefix[NAME_SIZE];

    name_of_manifests(fs, prefix);
    TRY(store_list(listing->store, prefix, NULL, note_manifest, &found, err));
    TRY(key_records_each_key(listing->store, fs, note_key, &found, err));
    return uuid_is_zero(&found.newest) ? SEALIFT_OK : buf_append(listing->out, &found, sizeof(found), err);
}

static enum sealift_status
look_at_folder(void *context, const char *folder, struct sealift_error *err)
{
    struct uuid fs;

    return uuid_parse(folder, &fs) ? look_at(context, &fs, err) : SEALIFT_OK;
}

static int
newest_first(const void *a, const void *b)
{
    const struct bucket_filesystem *one = a, *other = b;

    return uuid_compare(&other->newest, &one->newest);
}

enum sealift_status
bucket_filesystems_list(struct store *store, const struct uuid *only, struct buf *out, struct sealift_error *err)
{
    struct listing listing = {store, out};

    if (only != NULL)
        return look_at(&listing, only, err);
    TRY(store_list_folders(store, NAME_FS, look_at_folder, &listing, err));
    if (out->len > 0)
        qsort(out->data, out->len / sizeof(struct bucket_filesystem), sizeof(struct bucket_filesystem), newest_first);
    return SEALIFT_OK;
}

enum sealift_status
bucket_filesystems_need(struct store *store, const struct uuid *fs, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf found = {0};
    char id[UUID_TEXT_SIZE];

    TRY(bucket_filesystems_list(store, fs, &found, err));
    if (found.len > 0)
        return SEALIFT_OK;
    uuid_format(fs, id);
    return error_set(err, SEALIFT_NOT_FOUND,
                     "%s: holds nothing of a filesystem %s; \"sealift obs snapshots\" lists them", store->url, id);
}
