#include "error.h"
#include "handle.h"
#include "manifest_fetch.h"
#include "obs.h"
#include "scoped.h"
#include "session.h"
#include "snapshot_key.h"
#include "verify_data.h"
#include "verify_objects.h"

#include <string.h>

struct verify_job {
    struct sealift *sealift;
    const struct sealift_verify_spec *spec;
    struct locator locator;
    struct store *store;
    struct manifest manifest;
    struct secret *fs_key;
    struct session session;
};

static void
job_done(struct verify_job *job)
{
    session_end(&job->session);
    secret_free(&job->fs_key);
    manifest_done(&job->manifest);
    store_free(&job->store);
}

/* By names from the table ... */
static enum sealift_status
find_by_name(struct verify_job *job, struct sealift_error *err)
{
    const struct sealift_verify_spec *spec = job->spec;
    struct table_snapshot snapshot;
    struct table_fs fs;
    struct sealift_obs_spec obs = {.url = fs.obs};

    if (spec->fs == NULL || spec->snapshot == NULL)
        return error_set(err, SEALIFT_INVALID, "name a filesystem and a snapshot, or a locator with its object store");
    TRY(handle_need_table(job->sealift, err));
    TRY(table_fs_get(job->sealift->table, spec->fs, &fs, err));
    TRY(table_snapshot_get(job->sealift->table, &fs.uuid, spec->snapshot, &snapshot, err));
    if (snapshot.status != TABLE_SNAPSHOT_UPLOADED && snapshot.status != TABLE_SNAPSHOT_PARTIAL)
        return error_set(err, SEALIFT_CONFLICT,
                         "snapshot %s of %s: is not uploaded; \"sealift fs snapshot upload %s %s\"", snapshot.name,
                         fs.name, fs.name, snapshot.name);
    job->locator = (struct locator){fs.uuid, snapshot.upload};
    return handle_open_obs(job->sealift, spec->obs.url != NULL ? &spec->obs : &obs, &job->store, err);
}

/* ... or by its locator, without the table knowing of it. */
static enum sealift_status
find(struct verify_job *job, struct sealift_error *err)
{
    if (job->spec->locator == NULL)
        return find_by_name(job, err);
    if (!locator_parse(job->spec->locator, &job->locator))
        return error_set(err, SEALIFT_INVALID, "%s: is no locator; one looks like FS-UUID/SNAPSHOT-UUID",
                         job->spec->locator);
    return handle_open_obs(job->sealift, &job->spec->obs, &job->store, err);
}

static enum sealift_status
open_key(struct verify_job *job, uint64_t *ret_opened, struct sealift_error *err)
{
    struct sealift *sealift = job->sealift;

    return snapshot_key_open(&sealift->world, job->store, handle_choose_kms, sealift, &job->manifest, &job->fs_key,
                             ret_opened, err);
}

static enum sealift_status
verify_keys(struct verify_job *job, struct sealift_verify_result *result, struct sealift_error *err)
{
    struct private_part names;

    TRY(open_key(job, &result->envelopes, err));
    return manifest_private(&job->manifest, job->fs_key, &names, err);
}

static enum sealift_status
verify_all_objects(struct verify_job *job, struct sealift_verify_result *result, struct sealift_error *err)
{
    struct verify_objects_outcome outcome;
    const struct verify_objects_request request = {
        .manifest = &job->manifest,
        .read = job->spec->kind == SEALIFT_VERIFY_READ,
        .budget = job->session.budget,
    };

    TRY(verify_objects(&job->sealift->world, job->store, job->session.progress, &request, &outcome, err));
    result->objects = outcome.objects;
    result->bytes = outcome.bytes;
    result->by_checksum = outcome.by_checksum;
    return SEALIFT_OK;
}

static enum sealift_status
verify_all_data(struct verify_job *job, struct sealift_verify_result *result, struct sealift_error *err)
{
    struct reading_request request = {.manifest = &job->manifest, .budget = job->session.budget};
    struct reading_outcome outcome;

    TRY(open_key(job, NULL, err));
    request.fs_key = job->fs_key;
    TRY(verify_data(&job->sealift->world, job->store, job->session.progress, &request, &outcome, err));
    result->objects = job->manifest.totals.segments;
    result->bytes = outcome.size;
    result->entries = outcome.entries;
    result->chunks = outcome.chunks;
    return SEALIFT_OK;
}

static enum sealift_status
verify(struct verify_job *job, struct sealift_verify_result *result, struct sealift_error *err)
{
    TRY(find(job, err));
    TRY(obs_check_mark(job->store, err));
    locator_format(&job->locator, result->locator);
    TRY(manifest_fetch(job->store, &job->locator, &job->manifest, err));
    TRY(session_begin(job->sealift, &job->spec->transfer, 0, &job->session, err));
    switch (job->spec->kind) {
    case SEALIFT_VERIFY_KEYS:
        TRY(verify_keys(job, result, err));
        break;
    case SEALIFT_VERIFY_OBJECTS:
    case SEALIFT_VERIFY_READ:
        TRY(verify_all_objects(job, result, err));
        break;
    case SEALIFT_VERIFY_DATA:
        TRY(verify_all_data(job, result, err));
        break;
    }
    result->seconds = progress_seconds(job->session.progress);
    return SEALIFT_OK;
}

enum sealift_status
sealift_snapshot_verify(struct sealift *sealift, const struct sealift_verify_spec *spec,
                        struct sealift_verify_result *ret_result, struct sealift_error *err)
{
    SCOPED(job_done) struct verify_job job = {.sealift = sealift, .spec = spec};
    struct sealift_verify_result result = {.kind = spec->kind};

    TRY(verify(&job, &result, err));
    *ret_result = result;
    return SEALIFT_OK;
}
