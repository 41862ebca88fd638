#include "catalogue.h"

#include "error.h"
#include "manifest_fetch.h"
#include "scoped.h"

struct listing {
    const struct world *world;
    struct store *store;
    catalogue_each *each;
    void *context;
    uint64_t manifests; /* of the current filesystem */
};

static enum sealift_status
show_manifest(void *context, const struct store_object *object, struct sealift_error *err)
{
    struct listing *listing = context;
    SCOPED(manifest_done) struct manifest manifest = {0};
    struct locator locator;
    enum sealift_status status;

    TRY(world_check_cancel(listing->world, err));
    if (!name_parse_manifest(object->name, &locator.fs, &locator.snapshot))
        return SEALIFT_OK;
    listing->manifests++;
    status = manifest_fetch(listing->store, &locator, &manifest, err);
    if (error_ends_trying(status))
        return status;
    if (status != SEALIFT_OK) {
        const struct sealift_error failure = *err;

        return listing->each(listing->context, &locator, NULL, &failure, err);
    }
    return listing->each(listing->context, &locator, &manifest, NULL, err);
}

static enum sealift_status
show_filesystem(void *context, const char *folder, struct sealift_error *err)
{
    struct listing *listing = context;
    struct locator locator = {0};
    char prefix[NAME_SIZE];

    if (!uuid_parse(folder, &locator.fs))
        return SEALIFT_OK;
    listing->manifests = 0;
    name_of_manifests(&locator.fs, prefix);
    TRY(store_list(listing->store, prefix, NULL, show_manifest, listing, err));
    if (listing->manifests == 0)
        return listing->each(listing->context, &locator, NULL, NULL, err);
    return SEALIFT_OK;
}

enum sealift_status
catalogue_list(const struct world *world, struct store *store, catalogue_each *each, void *context,
               struct sealift_error *err)
{
    struct listing listing = {.world = world, .store = store, .each = each, .context = context};

    return store_list_folders(store, NAME_FS, show_filesystem, &listing, err);
}
