#include "removed_snapshot.h"

#include "error.h"
#include "obs.h"
#include "scoped.h"

#include <string.h>

void
removed_snapshot_done(struct removed_snapshot *snapshot)
{
    store_free(&snapshot->store);
}

/* Only what was uploaded from here is in the filesystem's own store. */
static bool
is_upload(const struct table_snapshot *row)
{
    return row->status != TABLE_SNAPSHOT_ADDED && row->status != TABLE_SNAPSHOT_DOWNLOADED;
}

static enum sealift_status
find_by_name(struct sealift *sealift, const struct sealift_snapshot_remove_spec *spec,
             struct removed_snapshot *snapshot, struct sealift_error *err)
{
    const struct sealift_obs_spec obs = {.url = snapshot->fs.obs};

    TRY(handle_need(spec->fs, "the filesystem's name", err));
    TRY(handle_need(spec->snapshot, "the snapshot's name", err));
    TRY(table_fs_get(sealift->table, spec->fs, &snapshot->fs, err));
    TRY(table_snapshot_get(sealift->table, &snapshot->fs.uuid, spec->snapshot, &snapshot->row, err));
    snapshot->has_row = true;
    if (!is_upload(&snapshot->row))
        return SEALIFT_OK;
    snapshot->locator = (struct locator){snapshot->fs.uuid, snapshot->row.upload};
    if (snapshot->fs.obs[0] == '\0')
        return error_set(err, SEALIFT_INVALID,
                         "filesystem %s has no object store in the table: say where the snapshot is, with its locator "
                         "and --obs",
                         snapshot->fs.name);
    return handle_open_obs(sealift, &obs, &snapshot->store, err);
}

static enum sealift_status
note_upload(void *context, const struct table_snapshot *row, struct sealift_error *err)
{
    struct removed_snapshot *snapshot = context;

    (void)err;
    if (!is_upload(row) || !uuid_equal(&row->upload, &snapshot->locator.snapshot))
        return SEALIFT_OK;
    snapshot->row = *row;
    snapshot->has_row = true;
    return SEALIFT_OK;
}

static bool
same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/* Whether the store that was named is the one that the filesystem uploads to, and not a copy of it. */
static enum sealift_status
is_store_of_fs(const struct sealift *sealift, const struct sealift_obs_spec *given, const struct table_fs *fs,
               bool *ret_is, struct sealift_error *err)
{
    SCOPED(obs_options_free) struct obs_options *options = NULL;
    struct sealift_obs_spec own;
    struct table_obs row;

    *ret_is = same_text(given->url, fs->obs);
    if (*ret_is || fs->obs[0] == '\0' || strstr(given->url, "://") == NULL)
        return SEALIFT_OK;
    TRY(table_obs_get(sealift->table, fs->obs, &row, err));
    TRY(obs_options_from_json(bytes_of_text(row.options), &options, &own, err));
    *ret_is = same_text(given->url, row.url) && same_text(given->endpoint, own.endpoint);
    return SEALIFT_OK;
}

static enum sealift_status
find_by_locator(struct sealift *sealift, const struct sealift_snapshot_remove_spec *spec,
                struct removed_snapshot *snapshot, struct sealift_error *err)
{
    enum sealift_status status;
    bool is_own;

    if (!locator_parse(spec->locator, &snapshot->locator))
        return error_set(err, SEALIFT_INVALID, "%s: is no locator; one looks like FS-UUID/SNAPSHOT-UUID",
                         spec->locator);
    TRY(handle_need(spec->obs.url, "the object store of the locator", err));
    TRY(handle_open_obs(sealift, &spec->obs, &snapshot->store, err));
    status = table_fs_get_by_uuid(sealift->table, &snapshot->locator.fs, &snapshot->fs, err);
    if (status == SEALIFT_NOT_FOUND)
        return SEALIFT_OK;
    TRY(status);
    TRY(is_store_of_fs(sealift, &spec->obs, &snapshot->fs, &is_own, err));
    if (!is_own)
        return SEALIFT_OK;
    return table_snapshot_list(sealift->table, &snapshot->fs.uuid, note_upload, snapshot, err);
}

enum sealift_status
removed_snapshot_find(struct sealift *sealift, const struct sealift_snapshot_remove_spec *spec,
                      struct removed_snapshot *ret_snapshot, struct sealift_error *err)
{
    if (spec->locator != NULL)
        return find_by_locator(sealift, spec, ret_snapshot, err);
    return find_by_name(sealift, spec, ret_snapshot, err);
}
