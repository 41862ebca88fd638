#include "snapshot_key.h"

#include "error.h"
#include "key_search.h"
#include "scoped.h"

enum sealift_status
snapshot_key_open(const struct world *world, struct store *store, struct kms_routes *routes,
                  const struct manifest *manifest, struct secret **ret_fs_key, uint64_t *ret_opened,
                  struct sealift_error *err)
{
    char name[NAME_SIZE];
    SCOPED(key_found_done) struct key_found found = {0};
    const struct key_search search = {
        .store = store,
        .routes = routes,
        .fs = manifest->fs,
        .snapshot = manifest->upload,
        .key_check = manifest->key_check,
        .fallback = &manifest->envelope,
        .fallback_name = name,
        .all = ret_opened != NULL,
    };

    name_of_manifest(&manifest->fs, &manifest->upload, name);
    if (key_search_run(world, &search, &found, err) != SEALIFT_OK)
        return error_prefix(err, "%s cannot be opened", name);
    /* The key is the one that the manifest names, so what does not fit now is the manifest. */
    if (manifest_authenticate(manifest, found.fs_key, err) != SEALIFT_OK)
        return error_prefix(err, "%s", name);
    if (ret_opened != NULL)
        *ret_opened = found.opened;
    *ret_fs_key = TAKE(found.fs_key);
    return SEALIFT_OK;
}

enum sealift_status
snapshot_key_in_force(const struct world *world, struct store *store, struct kms_routes *routes,
                      const struct secret *fs_key, const struct envelope *fallback, struct envelope *ret_envelope,
                      struct sealift_error *err)
{
    SCOPED(key_found_done) struct key_found found = {0};
    const struct key_search search = {
        .store = store,
        .routes = routes,
        .fs = fallback->fs,
        .key_check = fallback->key_check,
        .fallback = fallback,
        .fallback_name = "the configuration table",
        .fs_key = fs_key,
    };

    TRY(key_search_run(world, &search, &found, err));
    *ret_envelope = found.envelope;
    return SEALIFT_OK;
}
