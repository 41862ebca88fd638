/* The snapshots that are authentic. */
#include "error.h"
#include "manifest_fetch.h"
#include "recovery.h"
#include "scoped.h"
#include "snapshot_key.h"

#include <string.h>

/* FS keys that were opened: a filesystem has few, apart from those for one snapshot alone, which nobody asks for twice.
 */
#define KEYS_MAX 8

struct opened_key {
    uint8_t key_check[KEY_CHECK_SIZE];
    struct secret *fs_key;
};

struct gathering {
    const struct recovery *recovery;
    recovery_each *each;
    void *context;
    uint64_t passed_over;
    struct opened_key keys[KEYS_MAX]; /* a ring */
    size_t next;
};

static void
gathering_done(struct gathering *gathering)
{
    for (size_t i = 0; i < KEYS_MAX; i++)
        secret_free(&gathering->keys[i].fs_key);
}

static const struct secret *
find_key(const struct gathering *gathering, const struct manifest *manifest)
{
    for (size_t i = 0; i < KEYS_MAX; i++)
        if (gathering->keys[i].fs_key != NULL &&
            digest_equal(gathering->keys[i].key_check, manifest->key_check, KEY_CHECK_SIZE))
            return gathering->keys[i].fs_key;
    return NULL;
}

/* The caller's secret is taken. */
static const struct secret *
keep_key(struct gathering *gathering, const uint8_t key_check[KEY_CHECK_SIZE], struct secret **fs_key)
{
    struct opened_key *place = &gathering->keys[gathering->next++ % KEYS_MAX];

    secret_free(&place->fs_key);
    place->fs_key = TAKE(*fs_key);
    memcpy(place->key_check, key_check, KEY_CHECK_SIZE);
    return place->fs_key;
}

static enum sealift_status
open_manifest(struct gathering *gathering, const struct manifest *manifest, struct private_part *ret_names,
              struct sealift_error *err)
{
    const struct recovery *recovery = gathering->recovery;
    const struct secret *fs_key = find_key(gathering, manifest);
    SCOPED(secret_free) struct secret *opened = NULL;

    if (fs_key != NULL) {
        TRY(manifest_authenticate(manifest, fs_key, err));
        return manifest_private(manifest, fs_key, ret_names, err);
    }
    if (recovery->meet != NULL && !kms_routes_knows(recovery->routes, &manifest->envelope.kms))
        TRY(recovery->meet(recovery->context, &manifest->envelope.kms, err));
    TRY(snapshot_key_open(recovery->world, recovery->store, recovery->routes, manifest, &opened, NULL, err));
    fs_key = keep_key(gathering, manifest->key_check, &opened);
    return manifest_private(manifest, fs_key, ret_names, err);
}

static enum sealift_status
read_manifest(struct gathering *gathering, const struct locator *locator, struct manifest *manifest,
              struct private_part *ret_names, struct sealift_error *err)
{
    TRY(manifest_fetch(gathering->recovery->store, locator, manifest, err));
    return open_manifest(gathering, manifest, ret_names, err);
}

static enum sealift_status
look_at_manifest(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct gathering *gathering = context;
    const struct recovery *recovery = gathering->recovery;
    SCOPED(manifest_done) struct manifest manifest = {0};
    struct private_part names;
    struct sealift_error failure;
    struct locator locator;

    TRY(world_check_cancel(recovery->world, err));
    if (!name_parse_manifest(object->name, &locator.fs, &locator.snapshot))
        return SEALIFT_OK;
    if (read_manifest(gathering, &locator, &manifest, &names, &failure) == SEALIFT_OK)
        return gathering->each(gathering->context, &manifest, &names, err);
    if (error_ends_trying(failure.status)) {
        *err = failure;
        return err->status;
    }
    world_log(recovery->world, LOG_WARNING, "%s: this snapshot is passed over: %s", object->name, failure.message);
    gathering->passed_over++;
    return SEALIFT_OK;
}

enum sealift_status
recovery_snapshots(const struct recovery *recovery, const struct key_found *known, recovery_each *each, void *context,
                   uint64_t *ret_passed_over, struct sealift_error *err)
{
    SCOPED(gathering_done)
    struct gathering gathering = {.recovery = recovery, .each = each, .context = context};
    SCOPED(secret_free) struct secret *copy = NULL;
    char prefix[NAME_SIZE];

    if (known != NULL) {
        TRY(secret_copy((struct bytes){known->fs_key->bytes, known->fs_key->len}, &copy, err));
        keep_key(&gathering, known->envelope.key_check, &copy);
    }
    name_of_manifests(&recovery->fs, prefix);
    TRY(store_list(recovery->store, prefix, NULL, look_at_manifest, &gathering, err));
    *ret_passed_over = gathering.passed_over;
    return SEALIFT_OK;
}
