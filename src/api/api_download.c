#include "download.h"
#include "error.h"
#include "fs_at_rest.h"
#include "handle.h"
#include "manifest_fetch.h"
#include "new_fs.h"
#include "obs.h"
#include "scoped.h"
#include "session.h"
#include "snapshot_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What one download works with. */
struct download_job {
    struct sealift *sealift;
    const struct sealift_download_spec *spec;
    struct locator locator;
    struct store *store;
    struct manifest manifest;
    struct secret *snapshot_key;
    bool encrypted; /* the new filesystem, at rest */
    struct new_fs fs;
    struct session session;
    struct download *download;
};

static void
job_done(struct download_job *job)
{
    download_free(&job->download);
    session_end(&job->session);
    new_fs_done(&job->fs);
    secret_free(&job->snapshot_key);
    manifest_done(&job->manifest);
    store_free(&job->store);
}

/* A store that is only named by its URL is no row of the table: the new filesystem has its key record there all the
 * same, but no store to upload to. */
static const char *
row_of(const struct sealift_download_spec *spec)
{
    return strstr(spec->obs.url, "://") == NULL && !spec->no_key_backup ? spec->obs.url : NULL;
}

static enum sealift_status
open_snapshot(struct download_job *job, struct sealift_error *err)
{
    struct sealift *sealift = job->sealift;
    struct kms_routes *routes;

    if (!locator_parse(job->spec->locator, &job->locator))
        return error_set(err, SEALIFT_INVALID, "%s: is no locator; one looks like FS-UUID/SNAPSHOT-UUID",
                         job->spec->locator);
    TRY(handle_open_obs(sealift, &job->spec->obs, &job->store, err));
    TRY(obs_check_mark(job->store, err));
    TRY(manifest_fetch(job->store, &job->locator, &job->manifest, err));
    TRY(handle_routes(sealift, &routes, err));
    return snapshot_key_open(&sealift->world, job->store, routes, &job->manifest, &job->snapshot_key, NULL, err);
}

static enum sealift_status
check_spec(struct download_job *job, struct sealift_error *err)
{
    if (job->spec->encrypted && job->spec->allow_unencrypted)
        return error_set(err, SEALIFT_INVALID, "--encrypted and --allow-unencrypted exclude each other");
    TRY(new_fs_check_name(job->sealift, job->spec->name, err));
    if (job->spec->snapshot_name != NULL)
        TRY(table_check_name("snapshot", job->spec->snapshot_name, err));
    TRY(handle_need(job->spec->path, "the path", err));
    return handle_need(job->spec->locator, "the locator", err);
}

static struct store *
key_store(const struct download_job *job)
{
    return job->spec->no_key_backup ? NULL : job->store;
}

static enum sealift_status
put_key(struct download_job *job, struct sealift_error *err)
{
    enum sealift_status status = new_fs_put_key(job->sealift, &job->fs, key_store(job), err);

    if (status == SEALIFT_DENIED)
        return error_hint(err, "the new filesystem's wrapped key is put there; --no-key-backup does without, for a "
                               "bucket that may only be read");
    return status;
}

/* What was encrypted at rest never comes back in the clear unasked. */
static enum sealift_status
choose_encryption(struct download_job *job, struct sealift_error *err)
{
    const struct sealift_download_spec *spec = job->spec;
    struct private_part snapshot;

    TRY(manifest_private(&job->manifest, job->snapshot_key, &snapshot, err));
    job->encrypted = spec->encrypted || (snapshot.encrypted && !spec->allow_unencrypted);
    if (snapshot.encrypted && !job->encrypted)
        world_log(&job->sealift->world, LOG_WARNING,
                  "%s: will not be encrypted at rest, as the filesystem of this snapshot was", spec->path);
    if (!job->encrypted || fs_at_rest_check_place(job->sealift, spec->name, spec->path, err) == SEALIFT_OK)
        return SEALIFT_OK;
    /* What is not empty, or cannot be written to, takes no snapshot in the clear, either. */
    if (spec->encrypted || err->status == SEALIFT_CONFLICT || err->status == SEALIFT_IO)
        return err->status;
    return error_hint(err, "the snapshot is of a filesystem that was encrypted at rest; --allow-unencrypted brings it "
                           "back in the clear all the same");
}

static enum sealift_status
make_keys(struct download_job *job, struct sealift_error *err)
{
    const struct sealift_download_spec *spec = job->spec;
    SCOPED(free_done) char *path = NULL;
    struct new_fs_wish wish = {.name = spec->name, .obs = row_of(spec), .allow_no_kms = spec->allow_no_kms};

    TRY(handle_directory(spec->path, &path, err));
    wish.path = path;
    wish.own_key = &spec->own_key;
    wish.encrypted = job->encrypted;
    TRY(new_fs_make_keys(job->sealift, &wish, &job->fs, err));
    locator_format(&job->locator, job->fs.row.origin);
    return SEALIFT_OK;
}

/* Everything that can be refused is asked for before hours of work: the directory, the KMS's consent to wrap new keys,
 * the right to put their record into the bucket. */
static enum sealift_status
prepare(struct download_job *job, struct sealift_error *err)
{
    const struct sealift_download_spec *spec = job->spec;

    TRY(check_spec(job, err));
    TRY(open_snapshot(job, err));
    TRY(choose_encryption(job, err));
    TRY(session_begin(job->sealift, &spec->transfer, 0, &job->session, err));
    TRY(download_new(&job->sealift->world, job->session.progress, spec->path, &job->download, err));
    TRY(make_keys(job, err));
    return put_key(job, err);
}

static enum sealift_status
check_degraded(const struct download_job *job, const struct download_outcome *outcome, struct sealift_error *err)
{
    if (outcome->degraded == 0 || job->spec->allow_degraded)
        return SEALIFT_OK;
    return error_set(err, SEALIFT_DENIED,
                     "%s: it is complete and filesystem %s is registered, but for %" PRIu64
                     " thing%s that could not be restored here (named above); run as root, or on a filesystem that "
                     "has them; --allow-degraded accepts this",
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
    result->encrypted = job->encrypted;
    uuid_format(&job->fs.row.uuid, result->id);
}

/* The table knows of what was downloaded as the new filesystem's, by the name that was given. */
static enum sealift_status
name_snapshot(struct download_job *job, struct sealift_error *err)
{
    const struct manifest *manifest = &job->manifest;
    struct table_snapshot row = {
        .fs = job->fs.row.uuid,
        .created_ns = manifest->created_ns,
        .status = TABLE_SNAPSHOT_DOWNLOADED,
        .upload = manifest->upload,
        .entries = manifest->totals.entries,
        .size = manifest->totals.size,
        .stored = manifest->totals.stored,
    };

    if (job->spec->snapshot_name == NULL)
        return SEALIFT_OK;
    snprintf(row.name, sizeof(row.name), "%s", job->spec->snapshot_name);
    return table_snapshot_add(job->sealift->table, &row, err);
}

static enum sealift_status
fill(struct download_job *job, struct download_outcome *ret_outcome, struct sealift_error *err)
{
    const struct reading_request request = {
        .manifest = &job->manifest,
        .fs_key = job->snapshot_key,
        .budget = job->session.budget,
    };
    enum sealift_status status;

    TRY(new_fs_encrypt(job->sealift, &job->fs, err));
    status = download_run(job->download, job->store, &request, ret_outcome, err);
    if (status == SEALIFT_OK || status == SEALIFT_CANCELLED || !job->encrypted)
        return status;
    return error_hint(err, "%s is encrypted under a key that is given up now: remove the directory itself",
                      job->spec->path);
}

/* The kernel locks a directory the better the less of it is open. */
static enum sealift_status
give_up(struct download_job *job, const struct sealift_error *failure)
{
    download_free(&job->download);
    new_fs_give_up(job->sealift, &job->fs, key_store(job));
    return failure->status;
}

static enum sealift_status
download(struct download_job *job, struct sealift_download_result *ret_result, struct sealift_error *err)
{
    struct download_outcome outcome;

    TRY(prepare(job, err));
    if (fill(job, &outcome, err) != SEALIFT_OK)
        return give_up(job, err);
    if (new_fs_register(job->sealift, &job->fs, key_store(job), err) != SEALIFT_OK ||
        name_snapshot(job, err) != SEALIFT_OK)
        return error_prefix(err, "%s: all contents are there, but the configuration table could not note it",
                            job->spec->path);
    TRY(check_degraded(job, &outcome, err));
    fill_result(job, &outcome, ret_result);
    return SEALIFT_OK;
}

enum sealift_status
sealift_fs_download(struct sealift *sealift, const struct sealift_download_spec *spec,
                    struct sealift_download_result *ret_result, struct sealift_error *err)
{
    SCOPED(job_done) struct download_job job = {.sealift = sealift, .spec = spec};

    return download(&job, ret_result, err);
}
