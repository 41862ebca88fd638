#include "error.h"
#include "fs_at_rest.h"
#include "handle.h"
#include "manifest_fetch.h"
#include "native_snapshot.h"
#include "new_fs.h"
#include "obs.h"
#include "publish.h"
#include "publish_lock.h"
#include "scoped.h"
#include "session.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_LEVEL 3
#define MOST_LEVEL    19 /* zstd has more, which take hundreds of megabytes */

/* What one upload works with. */
struct upload_job {
    struct sealift *sealift;
    const struct sealift_upload_spec *spec;
    struct table_fs fs;
    struct table_snapshot snapshot;
    struct envelope envelope;
    struct secret *fs_key;
    struct store *store;
    struct session session;
};

static void
job_done(struct upload_job *job)
{
    session_end(&job->session);
    store_free(&job->store);
    secret_free(&job->fs_key);
}

static enum sealift_status
open_store(struct upload_job *job, struct sealift_error *err)
{
    const struct sealift_obs_spec obs = {.url = job->fs.obs};

    if (job->fs.obs[0] == '\0')
        return error_set(err, SEALIFT_INVALID,
                         "filesystem %s has no object store to upload to in the table: it was added with "
                         "--no-key-backup, or downloaded from a URL",
                         job->fs.name);
    TRY(handle_open_obs(job->sealift, &obs, &job->store, err));
    return obs_mark(job->store, err);
}

static enum sealift_status
open_key(struct upload_job *job, struct sealift_error *err)
{
    struct kms *kms;

    TRY(table_fs_envelope(job->sealift->table, &job->fs.uuid, &job->envelope, err));
    TRY(handle_choose_kms(job->sealift, &job->envelope.kms, &kms, err));
    return keyring_open(kms, &job->envelope, &job->fs_key, NULL, err);
}

static const char *
path_of(const struct upload_job *job)
{
    return job->snapshot.source[0] != '\0' ? job->snapshot.source : job->fs.path;
}

static int
level_of(const struct upload_job *job)
{
    return job->spec->compression_level != 0 ? job->spec->compression_level : DEFAULT_LEVEL;
}

static enum sealift_status
cannot_read(const char *path, int error_number, struct sealift_error *err)
{
    if (error_errno(err, error_number, "%s: cannot be read", path) == SEALIFT_NOT_FOUND)
        return error_hint(err, "is the filesystem mounted?");
    return err->status;
}

static enum sealift_status
check_path(const struct upload_job *job, struct sealift_error *err)
{
    struct stat found;

    if (job->snapshot.native[0] != '\0')
        return native_snapshot_check(&job->snapshot, err);
    if (stat(path_of(job), &found) != 0)
        return cannot_read(path_of(job), errno, err);
    if (!S_ISDIR(found.st_mode))
        return error_set(err, SEALIFT_INVALID, "%s: is not a directory any more", path_of(job));
    return fs_at_rest_check_readable(&job->fs, path_of(job), err);
}

/* --- what the table knows of it --- */

static enum sealift_status
check_not_uploaded(const struct table_snapshot *snapshot, struct sealift_error *err)
{
    if (!table_snapshot_is_uploaded(snapshot))
        return SEALIFT_OK;
    return error_set(err, SEALIFT_CONFLICT,
                     "snapshot %s of %s: is uploaded already; \"sealift fs snapshot\" shows its locator",
                     snapshot->name, snapshot->fs_name);
}

/* What may have changed since the rows were read: another process may have uploaded this snapshot, or another one of
 * the filesystem. */
static enum sealift_status
look_again(struct upload_job *job, struct sealift_error *err)
{
    struct table_snapshot now;

    TRY(table_fs_get_by_uuid(job->sealift->table, &job->fs.uuid, &job->fs, err));
    TRY(table_snapshot_get(job->sealift->table, &job->fs.uuid, job->spec->snapshot, &now, err));
    return check_not_uploaded(&now, err);
}

static enum sealift_status
note_begun(struct upload_job *job, struct sealift_error *err)
{
    const struct world *world = &job->sealift->world;

    job->snapshot.status = TABLE_SNAPSHOT_UPLOADING;
    job->snapshot.upload = uuid_v7(world);
    if (job->snapshot.source[0] == '\0')
        job->snapshot.created_ns = world->clock->wall_ns(world->clock);
    return table_snapshot_begin(job->sealift->table, &job->snapshot, err);
}

/* Nothing was published. The failure that is reported is the upload's; that the row could not be put back is only
 * logged. */
static enum sealift_status
give_up(const struct upload_job *job, const struct sealift_error *failure)
{
    struct sealift_error ignored;

    if (table_snapshot_abandon(job->sealift->table, &job->snapshot, &ignored) != SEALIFT_OK)
        world_log(&job->sealift->world, LOG_WARNING, "%s", ignored.message);
    return failure->status;
}

/* A snapshot that another one overtook, as only one that was found in the bucket later can be, takes nothing back. */
static enum sealift_status
note_published(struct upload_job *job, const struct manifest *manifest, struct sealift_error *err)
{
    struct table *table = job->sealift->table;
    struct table_snapshot *row = &job->snapshot;

    row->status = manifest->partial ? TABLE_SNAPSHOT_PARTIAL : TABLE_SNAPSHOT_UPLOADED;
    row->entries = manifest->totals.entries;
    row->size = manifest->totals.size;
    row->stored = manifest->totals.stored;
    if (manifest->sequence <= job->fs.last_sequence)
        return table_snapshot_update(table, row, err);
    return table_snapshot_published(table, row, manifest->sequence, manifest->body_sha256, err);
}

/* --- publishing --- */

static enum sealift_status
prepare_manifest(struct upload_job *job, const struct publication *publication, struct manifest *ret_manifest,
                 struct sealift_error *err)
{
    struct publication with_ancestry = *publication;

    TRY(look_again(job, err));
    with_ancestry.sequence = job->fs.last_sequence + 1;
    with_ancestry.has_predecessor = job->fs.last_sequence > 0;
    memcpy(with_ancestry.predecessor_sha256, job->fs.last_body_sha256, SHA256_SIZE);
    return publish_prepare(&job->sealift->world, job->store, &with_ancestry, ret_manifest, err);
}

static enum sealift_status
publish(struct upload_job *job, const struct publication *publication, struct sealift_error *err)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    SCOPED(fd_done) int lock = -1;

    progress_stage(job->session.progress, "publish");
    if (publish_lock_take(&job->sealift->world, job->sealift->home, &lock, err) != SEALIFT_OK ||
        prepare_manifest(job, publication, &manifest, err) != SEALIFT_OK)
        return give_up(job, err);
    if (publish_put(job->store, publication, &manifest, err) != SEALIFT_OK ||
        note_published(job, &manifest, err) != SEALIFT_OK)
        return error_hint(err,
                          "the snapshot may be in the bucket all the same: upload it again, which looks there first");
    return SEALIFT_OK;
}

static enum sealift_status
carry(struct upload_job *job, struct manifest_totals *ret_totals, uint64_t *ret_changed, struct sealift_error *err)
{
    const struct upload_request request = {
        .path = path_of(job),
        .live = job->snapshot.source[0] == '\0',
        .fs = job->fs.uuid,
        .fs_key = job->fs_key,
        .upload = job->snapshot.upload,
        .allow_missing = job->spec->allow_missing,
        .no_compression = job->spec->no_compression,
        .compression_level = level_of(job),
        .budget = job->session.budget,
    };
    struct upload_outcome outcome;
    struct private_part names;
    const struct publication publication = {
        .request = &request,
        .outcome = &outcome,
        .names = &names,
        .created_ns = job->snapshot.created_ns,
        .envelope = &job->envelope,
        .choose_kms = handle_choose_kms,
        .kms_context = job->sealift,
    };

    new_fs_names(&job->fs, &names);
    memcpy(names.snapshot, job->snapshot.name, sizeof(names.snapshot));
    memcpy(names.source, job->snapshot.source, sizeof(names.source));
    /* What was locked meanwhile was read under names that the kernel makes up: with --allow-missing nothing failed. */
    if (upload_run(&job->sealift->world, job->store, job->session.progress, &request, &outcome, err) != SEALIFT_OK ||
        fs_at_rest_check_readable(&job->fs, path_of(job), err) != SEALIFT_OK)
        return give_up(job, err);
    TRY(publish(job, &publication, err));
    *ret_totals = outcome.totals;
    *ret_changed = outcome.changed;
    return SEALIFT_OK;
}

/* --- an earlier attempt --- */

/* What lies there under its name, but is no manifest of ours, is nothing to go by. */
static enum sealift_status
find_earlier(struct upload_job *job, struct manifest *ret_manifest, bool *ret_found, struct sealift_error *err)
{
    const struct locator locator = {job->fs.uuid, job->snapshot.upload};
    enum sealift_status status = manifest_fetch(job->store, &locator, ret_manifest, err);

    *ret_found = false;
    if (status == SEALIFT_OK)
        status = manifest_authenticate(ret_manifest, job->fs_key, err);
    if (status == SEALIFT_CORRUPT || status == SEALIFT_KEY || status == SEALIFT_INVALID)
        world_log(&job->sealift->world, LOG_WARNING, "an earlier upload of this snapshot is passed over: %s",
                  err->message);
    else if (status != SEALIFT_NOT_FOUND && status != SEALIFT_OK)
        return status;
    *ret_found = status == SEALIFT_OK;
    return SEALIFT_OK;
}

/* An attempt that was killed, or lost its connection, between its manifest and the table: the snapshot exists, and the
 * table is told. */
static enum sealift_status
adopt_earlier(struct upload_job *job, bool *ret_adopted, struct manifest_totals *ret_totals, struct sealift_error *err)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    SCOPED(fd_done) int lock = -1;

    *ret_adopted = false;
    if (job->snapshot.status != TABLE_SNAPSHOT_UPLOADING)
        return SEALIFT_OK;
    TRY(publish_lock_take(&job->sealift->world, job->sealift->home, &lock, err));
    TRY(look_again(job, err));
    TRY(find_earlier(job, &manifest, ret_adopted, err));
    if (!*ret_adopted)
        return SEALIFT_OK;
    *ret_totals = manifest.totals;
    return note_published(job, &manifest, err);
}

/* --- all of it --- */

static enum sealift_status
check_spec(const struct sealift_upload_spec *spec, struct sealift_error *err)
{
    TRY(handle_need(spec->fs, "the filesystem's name", err));
    TRY(handle_need(spec->snapshot, "the snapshot's name", err));
    if (spec->compression_level < 0 || spec->compression_level > MOST_LEVEL)
        return error_set(err, SEALIFT_INVALID, "a compression level of %d: zstd's are 1 to %d", spec->compression_level,
                         MOST_LEVEL);
    return SEALIFT_OK;
}

static enum sealift_status
prepare(struct upload_job *job, struct sealift_error *err)
{
    TRY(check_spec(job->spec, err));
    TRY(handle_need_table(job->sealift, err));
    TRY(table_fs_get(job->sealift->table, job->spec->fs, &job->fs, err));
    TRY(table_snapshot_get(job->sealift->table, &job->fs.uuid, job->spec->snapshot, &job->snapshot, err));
    TRY(check_not_uploaded(&job->snapshot, err));
    TRY(check_path(job, err));
    TRY(open_store(job, err));
    return open_key(job, err);
}

static void
fill_result(const struct upload_job *job, const struct manifest_totals *totals, uint64_t changed,
            struct sealift_upload_result *result)
{
    const struct locator locator = {job->fs.uuid, job->snapshot.upload};

    *result = (struct sealift_upload_result){
        .entries = totals->entries,
        .files = totals->files,
        .directories = totals->directories,
        .others = totals->others,
        .size = totals->size,
        .stored = totals->stored,
        .segments = totals->segments,
        .missing = totals->missing,
        .changed = changed,
        .live = job->snapshot.source[0] == '\0',
        .partial = job->snapshot.status == TABLE_SNAPSHOT_PARTIAL,
        .seconds = job->session.progress != NULL ? progress_seconds(job->session.progress) : 0,
    };
    locator_format(&locator, result->locator);
}

static enum sealift_status
upload(struct upload_job *job, struct sealift_upload_result *ret_result, struct sealift_error *err)
{
    struct manifest_totals totals;
    uint64_t changed = 0;
    bool adopted;

    TRY(prepare(job, err));
    TRY(adopt_earlier(job, &adopted, &totals, err));
    if (!adopted) {
        TRY(session_begin(job->sealift, &job->spec->transfer, level_of(job), &job->session, err));
        TRY(note_begun(job, err));
        TRY(carry(job, &totals, &changed, err));
    }
    native_snapshot_sweep(job->sealift, &job->fs.uuid);
    fill_result(job, &totals, changed, ret_result);
    return SEALIFT_OK;
}

enum sealift_status
sealift_snapshot_upload(struct sealift *sealift, const struct sealift_upload_spec *spec,
                        struct sealift_upload_result *ret_result, struct sealift_error *err)
{
    SCOPED(job_done) struct upload_job job = {.sealift = sealift, .spec = spec};

    return upload(&job, ret_result, err);
}
