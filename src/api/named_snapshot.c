#include "named_snapshot.h"

#include "error.h"
#include "manifest_fetch.h"
#include "obs.h"
#include "scoped.h"
#include "snapshot_key.h"

void
named_snapshot_done(struct named_snapshot *snapshot)
{
    secret_free(&snapshot->fs_key);
    manifest_done(&snapshot->manifest);
    store_free(&snapshot->store);
}

/* By names from the table ... */
static enum sealift_status
find_by_name(struct sealift *sealift, const struct snapshot_name *name, struct named_snapshot *found,
             struct sealift_error *err)
{
    struct table_snapshot snapshot;
    struct table_fs fs;
    struct sealift_obs_spec obs = {.url = fs.obs};

    if (name->fs == NULL || name->snapshot == NULL)
        return error_set(err, SEALIFT_INVALID, "name a filesystem and a snapshot, or a locator with its object store");
    TRY(handle_need_table(sealift, err));
    TRY(table_fs_get(sealift->table, name->fs, &fs, err));
    TRY(table_snapshot_get(sealift->table, &fs.uuid, name->snapshot, &snapshot, err));
    if (!locator_parse(snapshot.locator, &found->locator))
        return error_set(err, SEALIFT_CONFLICT,
                         "snapshot %s of %s: is not uploaded; \"sealift fs snapshot upload %s %s\"", snapshot.name,
                         fs.name, fs.name, snapshot.name);
    if (name->obs->url == NULL && fs.obs[0] == '\0')
        return error_set(err, SEALIFT_INVALID,
                         "filesystem %s has no object store in the table; name its snapshot by its locator (%s) and "
                         "the store",
                         fs.name, snapshot.locator);
    return handle_open_obs(sealift, name->obs->url != NULL ? name->obs : &obs, &found->store, err);
}

/* ... or by its locator, without the table knowing of it. */
static enum sealift_status
find(struct sealift *sealift, const struct snapshot_name *name, struct named_snapshot *found, struct sealift_error *err)
{
    if (name->locator == NULL)
        return find_by_name(sealift, name, found, err);
    if (!locator_parse(name->locator, &found->locator))
        return error_set(err, SEALIFT_INVALID, "%s: is no locator; one looks like FS-UUID/SNAPSHOT-UUID",
                         name->locator);
    return handle_open_obs(sealift, name->obs, &found->store, err);
}

enum sealift_status
named_snapshot_find(struct sealift *sealift, const struct snapshot_name *name, struct named_snapshot *snapshot,
                    struct sealift_error *err)
{
    TRY(find(sealift, name, snapshot, err));
    TRY(obs_check_mark(snapshot->store, err));
    return manifest_fetch(snapshot->store, &snapshot->locator, &snapshot->manifest, err);
}

enum sealift_status
named_snapshot_open(struct sealift *sealift, struct named_snapshot *snapshot, uint64_t *ret_opened,
                    struct sealift_error *err)
{
    struct kms_routes *routes;

    TRY(handle_routes(sealift, &routes, err));
    return snapshot_key_open(&sealift->world, snapshot->store, routes, &snapshot->manifest, &snapshot->fs_key,
                             ret_opened, err);
}
