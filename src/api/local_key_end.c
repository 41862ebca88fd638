#include "local_key_end.h"

#include "error.h"
#include "local.h"
#include "local_holdouts.h"
#include "local_key.h"
#include "obs.h"
#include "scoped.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define OBJECTS_TOLD 20

struct end {
    struct sealift *sealift;
    const char *obs;   /* the store that is looked into */
    uint64_t holdouts; /* FS keys that only the local key opens */
    uint64_t unknown;  /* stores of which that cannot be told */
};

/* --- whether it may go --- */

static enum sealift_status
note_local(void *context, int64_t id, const char *config, struct sealift_error *err)
{
    bool *listed = context;

    (void)id;
    (void)err;
    *listed = *listed || strcmp(config, TABLE_KMS_LOCAL) == 0;
    return SEALIFT_OK;
}

struct count {
    struct table *table;
    uint64_t local;
};

static enum sealift_status
count_local(void *context, const struct table_fs *row, struct sealift_error *err)
{
    struct count *count = context;
    struct envelope envelope;

    TRY(table_fs_envelope(count->table, &row->uuid, &envelope, err));
    count->local += row->moving || strcmp(envelope.kms.type, "local") == 0;
    return SEALIFT_OK;
}

static enum sealift_status
is_over(struct sealift *sealift, bool regardless, bool *ret_over, struct sealift_error *err)
{
    struct count count = {.table = sealift->table};
    bool listed = regardless;

    TRY(table_kms_former_list(sealift->table, note_local, &listed, err));
    TRY(table_fs_list(sealift->table, count_local, &count, err));
    *ret_over = listed && count.local == 0;
    return SEALIFT_OK;
}

/* --- what hangs on it --- */

static enum sealift_status
tell_holdout(void *context, const struct uuid *fs, const char *object, struct sealift_error *err)
{
    struct end *end = context;

    (void)fs;
    (void)err;
    if (end->holdouts++ < OBJECTS_TOLD)
        world_log(&end->sealift->world, LOG_WARNING, "object store %s: only the local key opens %s", end->obs, object);
    return SEALIFT_OK;
}

static enum sealift_status
search_store(struct end *end, const struct table_obs *obs, struct sealift_error *err)
{
    SCOPED(store_free) struct store *store = NULL;
    const struct sealift_obs_spec spec = {.url = obs->name};
    struct local_holdouts search = {.world = &end->sealift->world};

    end->obs = obs->name;
    TRY(handle_open_obs(end->sealift, &spec, &store, err));
    search.store = store;
    TRY(handle_routes(end->sealift, &search.routes, err));
    TRY(kms_routes_first(search.routes, KMS_ROLE_LOCAL, &search.local, err));
    return local_holdouts_find(&search, tell_holdout, end, err);
}

static enum sealift_status
look_into(void *context, const struct table_obs *obs, struct sealift_error *err)
{
    struct end *end = context;
    enum sealift_status status = search_store(end, obs, err);

    if (status == SEALIFT_OK || error_ends_all(status))
        return status;
    TRY(handle_audit_ready(end->sealift, err));
    world_log(&end->sealift->world, LOG_WARNING, "object store %s: what hangs on the local key cannot be told: %s",
              obs->name, err->message);
    end->unknown++;
    return SEALIFT_OK;
}

/* --- the deed --- */

static void
tell_kept(const struct end *end, const char *path)
{
    world_log(&end->sealift->world, LOG_WARNING,
              "the local key %s is kept: %" PRIu64 " keys in buckets open by nothing else, and %" PRIu64
              " object stores could not be looked into (named above). \"sealift kms rewrap --obs NAME\" moves what a "
              "bucket holds, too, and destroys the key when nothing hangs on it any more; \"sealift kms set\" with "
              "--destroy-local-key destroys it all the same",
              path, end->holdouts, end->unknown);
}

static enum sealift_status
destroy(struct sealift *sealift, const char *path, struct sealift_error *err)
{
    enum sealift_status status = local_key_destroy(&sealift->world, path, err);

    if (status != SEALIFT_OK && status != SEALIFT_NOT_FOUND)
        return status;
    if (status == SEALIFT_OK)
        world_log(&sealift->world, LOG_WARNING,
                  "the local key is destroyed: %s was overwritten and removed. Copies of it elsewhere (on other "
                  "machines, in backups) still open what it once wrapped: destroy them, too",
                  path);
    return table_kms_local_destroyed(sealift->table, err);
}

enum sealift_status
local_key_end(struct sealift *sealift, bool regardless, struct sealift_error *err)
{
    SCOPED(free_done) char *path = NULL;
    struct end end = {.sealift = sealift};
    bool over;

    TRY(is_over(sealift, regardless, &over, err));
    if (!over)
        return SEALIFT_OK;
    TRY(local_key_path(sealift->home, &path, err));
    if (access(path, F_OK) == 0)
        TRY(table_obs_list(sealift->table, look_into, &end, err));
    if (end.holdouts + end.unknown == 0 || regardless)
        return destroy(sealift, path, err);
    tell_kept(&end, path);
    return SEALIFT_OK;
}
