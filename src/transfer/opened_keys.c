#include "opened_keys.h"

#include "error.h"
#include "key_search.h"
#include "memo_name.h"
#include "scoped.h"

#include <string.h>

/* Beyond those that are being looked at: snapshots come by filesystem, so what is asked for again is asked for soon. */
#define REMEMBERED 64

bool
opened_key_waits(const struct opened_key *key)
{
    return key->failure.status == SEALIFT_UNAVAILABLE;
}

static void
forget_key(void *finding)
{
    struct opened_key *key = finding;

    secret_free(&key->fs_key);
}

enum sealift_status
opened_keys_init(struct opened_keys *keys, size_t threads, struct sealift_error *err)
{
    const size_t most = REMEMBERED + threads;

    TRY(memo_new(most, sizeof(struct opened_key), forget_key, &keys->by_records, err));
    return memo_new(most, sizeof(struct opened_key), forget_key, &keys->by_wrapping, err);
}

void
opened_keys_done(struct opened_keys *keys)
{
    memo_free(&keys->by_wrapping);
    memo_free(&keys->by_records);
}

/* That this key does not open is a finding; what ends all work is a failure. */
static enum sealift_status
note_failure(struct opened_key *key, const struct sealift_error *err)
{
    key->failure = *err;
    return error_ends_all(err->status) ? err->status : SEALIFT_OK;
}

/* --- by key records --- */

struct record_search {
    const struct opened_keys *keys;
    struct store *store;
    const struct uuid *fs;
    const uint8_t *key_check;
};

/* Who has nothing but the bucket needs the names and the at-rest key, too. */
static void
note_what_is_lost(const struct key_found *found, struct opened_key *key)
{
    if (!found->has_names)
        key->failure.status = error_set(&key->failure, SEALIFT_CORRUPT,
                                        "the key opens, and no key record of it has its filesystem's names");
    else if (found->names.encrypted && found->at_rest_key == NULL)
        key->failure.status = error_set(&key->failure, SEALIFT_CORRUPT,
                                        "the key opens, and no key record of it has the at-rest key of its "
                                        "filesystem, which is encrypted");
}

static enum sealift_status
search_records(void *context, void *finding, struct sealift_error *err)
{
    const struct record_search *search = context;
    struct opened_key *key = finding;
    SCOPED(key_found_done) struct key_found found = {0};
    const struct key_search wanted = {
        .store = search->store,
        .routes = search->keys->routes,
        .fs = *search->fs,
        .key_check = search->key_check,
        .whole = true,
    };

    if (key_search_run(search->keys->world, &wanted, &found, err) != SEALIFT_OK)
        return note_failure(key, err);
    note_what_is_lost(&found, key);
    key->record = found.record;
    key->by = found.by;
    memcpy(key->filesystem, found.names.filesystem, sizeof(key->filesystem));
    key->fs_key = TAKE(found.fs_key);
    return SEALIFT_OK;
}

enum sealift_status
opened_keys_by_records(struct opened_keys *keys, struct store *store, const struct uuid *fs,
                       const uint8_t key_check[KEY_CHECK_SIZE], const struct opened_key **ret_key,
                       struct sealift_error *err)
{
    struct record_search search = {keys, store, fs, key_check};
    uint8_t name[SHA256_SIZE];
    const void *finding;

    TRY(memo_name_of_key(store->url, fs, key_check, name, err));
    TRY(memo_hold(keys->by_records, name, search_records, &search, &finding, err));
    *ret_key = finding;
    return SEALIFT_OK;
}

void
opened_keys_release_by_records(struct opened_keys *keys, const struct opened_key *key)
{
    memo_release(keys->by_records, key);
}

/* --- by a manifest's own wrapping --- */

struct manifest_search {
    const struct opened_keys *keys;
    const struct manifest *manifest;
};

static enum sealift_status
open_manifest(void *context, void *finding, struct sealift_error *err)
{
    const struct manifest_search *search = context;
    const struct manifest *manifest = search->manifest;
    struct kms_errand errand = {.fs = manifest->fs, .snapshot = manifest->upload};
    struct opened_key *key = finding;

    if (kms_routes_open(search->keys->routes, &errand, &manifest->envelope, &key->fs_key, NULL, err) != SEALIFT_OK)
        return note_failure(key, err);
    key->by = errand.by;
    return SEALIFT_OK;
}

enum sealift_status
opened_keys_by_manifest(struct opened_keys *keys, const struct manifest *manifest, const struct opened_key **ret_key,
                        struct sealift_error *err)
{
    struct manifest_search search = {keys, manifest};
    uint8_t name[SHA256_SIZE];
    const void *finding;

    TRY(memo_name_of_wrapping(&manifest->envelope, name, err));
    TRY(memo_hold(keys->by_wrapping, name, open_manifest, &search, &finding, err));
    *ret_key = finding;
    return SEALIFT_OK;
}

void
opened_keys_release_by_manifest(struct opened_keys *keys, const struct opened_key *key)
{
    memo_release(keys->by_wrapping, key);
}
