#include "error.h"
#include "handle.h"
#include "new_fs.h"
#include "obs.h"
#include "publish.h"
#include "scoped.h"
#include "session.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_LEVEL 3

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

static enum sealift_status
check_path(const struct upload_job *job, struct sealift_error *err)
{
    struct stat found;

    if (stat(path_of(job), &found) != 0)
        return error_errno(err, errno, "%s: cannot be read; is the filesystem mounted?", path_of(job));
    if (!S_ISDIR(found.st_mode))
        return error_set(err, SEALIFT_INVALID, "%s: is not a directory any more", path_of(job));
    return SEALIFT_OK;
}

static void
describe_row(struct table_snapshot *row, const struct manifest_totals *totals)
{
    row->status = totals->missing > 0 ? TABLE_SNAPSHOT_PARTIAL : TABLE_SNAPSHOT_UPLOADED;
    row->entries = totals->entries;
    row->size = totals->size;
    row->stored = totals->stored;
}

static enum sealift_status
record_published(struct upload_job *job, const struct manifest_totals *totals, uint64_t sequence,
                 const uint8_t body_sha256[SHA256_SIZE], struct sealift_error *err)
{
    const struct locator locator = {job->fs.uuid, job->snapshot.upload};
    char shown[LOCATOR_SIZE];

    describe_row(&job->snapshot, totals);
    locator_format(&locator, shown);
    if (table_snapshot_published(job->sealift->table, &job->snapshot, sequence, body_sha256, err) != SEALIFT_OK)
        return error_prefix(
            err, "the snapshot is in the bucket (locator %s), but the configuration table could not note it", shown);
    return SEALIFT_OK;
}

/* An earlier attempt that was killed between its manifest and the table: the snapshot exists, the table is told. */
static enum sealift_status
adopt_earlier(struct upload_job *job, bool *ret_adopted, struct sealift_error *err)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    const struct locator locator = {job->fs.uuid, job->snapshot.upload};
    enum sealift_status status;

    *ret_adopted = false;
    if (job->snapshot.status != TABLE_SNAPSHOT_UPLOADING)
        return SEALIFT_OK;
    status = manifest_fetch(job->store, &locator, &manifest, err);
    if (status == SEALIFT_NOT_FOUND)
        return SEALIFT_OK;
    if (status != SEALIFT_OK)
        return status;
    TRY(manifest_authenticate(&manifest, job->fs_key, err));
    TRY(record_published(job, &manifest.totals, manifest.sequence, manifest.body_sha256, err));
    *ret_adopted = true;
    return SEALIFT_OK;
}

static enum sealift_status
note_begun(struct upload_job *job, struct sealift_error *err)
{
    const struct world *world = &job->sealift->world;

    job->snapshot.status = TABLE_SNAPSHOT_UPLOADING;
    job->snapshot.upload = uuid_v7(world);
    if (job->snapshot.source[0] == '\0')
        job->snapshot.created_ns = world->clock->wall_ns(world->clock);
    return table_snapshot_update(job->sealift->table, &job->snapshot, err);
}

/* The failure that is reported is the upload's; that the row could not be put back is only logged. */
static void
note_failed(struct upload_job *job)
{
    struct sealift_error ignored;

    job->snapshot.status = TABLE_SNAPSHOT_ADDED;
    if (table_snapshot_update(job->sealift->table, &job->snapshot, &ignored) != SEALIFT_OK)
        world_log(&job->sealift->world, LOG_WARNING, "%s", ignored.message);
}

static enum sealift_status
publish_outcome(struct upload_job *job, const struct upload_request *request, const struct upload_outcome *outcome,
                struct sealift_error *err)
{
    struct private_part names;
    struct publication publication = {
        .request = request,
        .outcome = outcome,
        .names = &names,
        .sequence = job->fs.last_sequence + 1,
        .has_predecessor = job->fs.last_sequence > 0,
        .created_ns = job->snapshot.created_ns,
        .envelope = &job->envelope,
        .choose_kms = handle_choose_kms,
        .kms_context = job->sealift,
    };
    uint8_t body_sha256[SHA256_SIZE];

    new_fs_names(&job->fs, &names);
    memcpy(names.snapshot, job->snapshot.name, sizeof(names.snapshot));
    memcpy(names.source, job->snapshot.source, sizeof(names.source));
    memcpy(publication.predecessor_sha256, job->fs.last_body_sha256, SHA256_SIZE);
    progress_stage(job->session.progress, "publish");
    TRY(publish(&job->sealift->world, job->store, &publication, body_sha256, err));
    return record_published(job, &outcome->totals, publication.sequence, body_sha256, err);
}

static enum sealift_status
carry(struct upload_job *job, struct upload_outcome *ret_outcome, struct sealift_error *err)
{
    const struct upload_request request = {
        .path = path_of(job),
        .live = job->snapshot.source[0] == '\0',
        .fs = job->fs.uuid,
        .fs_key = job->fs_key,
        .upload = job->snapshot.upload,
        .allow_missing = job->spec->allow_missing,
        .no_compression = job->spec->no_compression,
        .compression_level = job->spec->compression_level != 0 ? job->spec->compression_level : DEFAULT_LEVEL,
        .budget = job->session.budget,
    };

    TRY(upload_run(&job->sealift->world, job->store, job->session.progress, &request, ret_outcome, err));
    return publish_outcome(job, &request, ret_outcome, err);
}

static enum sealift_status
prepare(struct upload_job *job, struct sealift_error *err)
{
    TRY(table_fs_get(job->sealift->table, job->spec->fs, &job->fs, err));
    TRY(table_snapshot_get(job->sealift->table, &job->fs.uuid, job->spec->snapshot, &job->snapshot, err));
    if (job->snapshot.status == TABLE_SNAPSHOT_UPLOADED || job->snapshot.status == TABLE_SNAPSHOT_PARTIAL)
        return error_set(err, SEALIFT_CONFLICT,
                         "snapshot %s of %s: is uploaded already; \"sealift fs snapshot\" shows its locator",
                         job->snapshot.name, job->fs.name);
    TRY(check_path(job, err));
    TRY(open_store(job, err));
    return open_key(job, err);
}

static void
fill_result(const struct upload_job *job, const struct upload_outcome *outcome, struct sealift_upload_result *result)
{
    const struct locator locator = {job->fs.uuid, job->snapshot.upload};
    const struct manifest_totals *totals = &outcome->totals;

    *result = (struct sealift_upload_result){
        .entries = job->snapshot.entries,
        .files = totals->files,
        .directories = totals->directories,
        .others = totals->others,
        .size = job->snapshot.size,
        .stored = job->snapshot.stored,
        .segments = totals->segments,
        .missing = totals->missing,
        .changed = outcome->changed,
        .live = job->snapshot.source[0] == '\0',
        .partial = job->snapshot.status == TABLE_SNAPSHOT_PARTIAL,
        .seconds = job->session.progress != NULL ? progress_seconds(job->session.progress) : 0,
    };
    locator_format(&locator, result->locator);
}

static enum sealift_status
upload(struct upload_job *job, struct sealift_upload_result *ret_result, struct sealift_error *err)
{
    struct upload_outcome outcome = {0};
    bool adopted;

    TRY(prepare(job, err));
    TRY(adopt_earlier(job, &adopted, err));
    if (!adopted) {
        TRY(session_begin(job->sealift, &job->spec->transfer, &job->session, err));
        TRY(note_begun(job, err));
        if (carry(job, &outcome, err) != SEALIFT_OK) {
            if (job->snapshot.status == TABLE_SNAPSHOT_UPLOADING)
                note_failed(job);
            return err->status;
        }
    }
    fill_result(job, &outcome, ret_result);
    return SEALIFT_OK;
}

enum sealift_status
sealift_snapshot_upload(struct sealift *sealift, const struct sealift_upload_spec *spec,
                        struct sealift_upload_result *ret_result, struct sealift_error *err)
{
    SCOPED(job_done) struct upload_job job = {.sealift = sealift, .spec = spec};

    return upload(&job, ret_result, err);
}
