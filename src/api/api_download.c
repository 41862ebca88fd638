#include "download.h"
#include "error.h"
#include "handle.h"
#include "manifest_fetch.h"
#include "new_fs.h"
#include "obs.h"
#include "scoped.h"
#include "session.h"
#include "snapshot_key.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What one download works with. */
struct download_job {
    struct sealift *sealift;
    const struct sealift_download_spec *spec;
    struct locator locator;
    struct store *store;
    struct manifest manifest;
    struct secret *snapshot_key;
    struct new_fs fs;
    struct session session;
};

static void
job_done(struct download_job *job)
{
    session_end(&job->session);
    new_fs_done(&job->fs);
    secret_free(&job->snapshot_key);
    manifest_done(&job->manifest);
    store_free(&job->store);
}

/* A store that is only named by its URL is no row of the table: the new filesystem has its key record there all the
 * same, but no store to upload to. */
static const char *
row_of(const struct sealift_obs_spec *obs)
{
    return strstr(obs->url, "://") == NULL ? obs->url : NULL;
}

static enum sealift_status
open_snapshot(struct download_job *job, struct sealift_error *err)
{
    struct sealift *sealift = job->sealift;

    if (!locator_parse(job->spec->locator, &job->locator))
        return error_set(err, SEALIFT_INVALID, "%s: is no locator; one looks like FS-UUID/SNAPSHOT-UUID",
                         job->spec->locator);
    TRY(handle_open_obs(sealift, &job->spec->obs, &job->store, err));
    TRY(obs_check_mark(job->store, err));
    TRY(manifest_fetch(job->store, &job->locator, &job->manifest, err));
    return snapshot_key_open(&sealift->world, job->store, handle_choose_kms, sealift, &job->manifest,
                             &job->snapshot_key, NULL, err);
}

static enum sealift_status
prepare(struct download_job *job, struct sealift_error *err)
{
    SCOPED(free_done) char *path = NULL;

    TRY(new_fs_check_name(job->sealift, job->spec->name, err));
    TRY(open_snapshot(job, err));
    TRY(handle_absolute_path(job->spec->path, &path, err));
    /* The new key is wrapped now: a KMS that lets us unwrap, but not wrap, is told of before hours of work. */
    TRY(new_fs_make_key(job->sealift, job->spec->name, path, row_of(&job->spec->obs), job->spec->allow_no_kms, &job->fs,
                        err));
    locator_format(&job->locator, job->fs.row.origin);
    return session_begin(job->sealift, &job->spec->transfer, &job->session, err);
}

static enum sealift_status
check_degraded(const struct download_job *job, const struct download_outcome *outcome, struct sealift_error *err)
{
    if (outcome->degraded == 0 || job->spec->allow_degraded)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_DENIED,
                     "%s: all contents are there and filesystem %s is registered, but %" PRIu64
                     " attribute%s could not be set (named "
                     "above); run as root, or on a filesystem that has them; --allow-degraded accepts this",
                     job->spec->path, job->spec->name, outcome->degraded, outcome->degraded == 1 ? "" : "s");
}

static void
fill_result(const struct download_job *job, const struct download_outcome *outcome,
            struct sealift_download_result *result)
{
    *result = (struct sealift_download_result){
        .entries = outcome->read.entries,
        .files = outcome->read.files,
        .size = outcome->read.size,
        .fetched = outcome->read.fetched,
        .degraded = outcome->degraded,
        .seconds = progress_seconds(job->session.progress),
    };
    uuid_format(&job->fs.row.uuid, result->id);
}

static enum sealift_status
download(struct download_job *job, struct sealift_download_result *ret_result, struct sealift_error *err)
{
    struct reading_request request = {.manifest = &job->manifest};
    struct download_outcome outcome = {0};
    SCOPED(free_done) char *real = NULL;

    TRY(prepare(job, err));
    request.fs_key = job->snapshot_key;
    request.budget = job->session.budget;
    if (download_run(&job->sealift->world, job->store, job->session.progress, &request, job->spec->path, &outcome,
                     err) != SEALIFT_OK)
        return err->status;
    real = realpath(job->fs.row.path, NULL);
    if (real != NULL && strlen(real) < sizeof(job->fs.row.path))
        snprintf(job->fs.row.path, sizeof(job->fs.row.path), "%s", real);
    TRY(new_fs_register(job->sealift, &job->fs, job->store, err));
    fill_result(job, &outcome, ret_result);
    return check_degraded(job, &outcome, err);
}

enum sealift_status
sealift_fs_download(struct sealift *sealift, const struct sealift_download_spec *spec,
                    struct sealift_download_result *ret_result, struct sealift_error *err)
{
    SCOPED(job_done) struct download_job job = {.sealift = sealift, .spec = spec};

    return download(&job, ret_result, err);
}
