#include "manifest_fetch.h"

#include "error.h"
#include "scoped.h"

enum sealift_status
manifest_fetch(struct store *store, const struct locator *locator, struct manifest *ret_manifest,
               struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {.max = MANIFEST_MAX_SIZE + 1};

    return manifest_read(store, locator, &text, ret_manifest, err);
}

enum sealift_status
manifest_read(struct store *store, const struct locator *locator, struct buf *text, struct manifest *ret_manifest,
              struct sealift_error *err)
{
    char name[NAME_SIZE];
    enum sealift_status status;

    name_of_manifest(&locator->fs, &locator->snapshot, name);
    status = store_get(store, name, MANIFEST_MAX_SIZE, text, err);
    if (status == SEALIFT_NOT_FOUND) {
        char shown[LOCATOR_SIZE];

        locator_format(locator, shown);
        return error_set(err, status,
                         "%s: no snapshot has the locator %s; \"sealift obs snapshots\" lists what is there",
                         store->url, shown);
    }
    if (status != SEALIFT_OK)
        return status;
    return manifest_parse(buf_bytes(text), &locator->fs, &locator->snapshot, ret_manifest, err);
}
