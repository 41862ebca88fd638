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
#include "upload_key.h"
#include "upload_source.h"
#include "work_lock.h"

#include <string.h>

#define DEFAULT_LEVEL 3
#define MOST_LEVEL    19 /* zstd has more, which take hundreds of megabytes */

/* What one upload works with. */
struct upload_job {
    struct sealift *sealift;
    const struct sealift_upload_spec *spec;
    struct upload_source source;
    char selection[SELECTION_MAX]; /* the source's, as JSON */
    struct uuid upload;            /* this attempt */
    struct upload_key key;
    struct store *store;
    struct session session;
    struct work_lock *lock; /* from its beginning on: it can be told from one that was cut off */
};

static void
job_done(struct upload_job *job)
{
    session_end(&job->session);
    work_lock_free(&job->lock);
    store_free(&job->store);
    upload_key_done(&job->key);
    upload_source_done(&job->source);
}

static enum sealift_status
open_store(struct upload_job *job, struct sealift_error *err)
{
    const struct sealift_obs_spec obs = {.url = job->source.fs.obs};

    if (job->source.fs.obs[0] == '\0')
        return error_set(err, SEALIFT_INVALID,
                         "filesystem %s has no object store to upload to in the table: it was added with "
                         "--no-key-backup, or downloaded from a URL",
                         job->source.fs.name);
    TRY(handle_open_obs(job->sealift, &obs, &job->store, err));
    return obs_mark(job->store, err);
}

static enum sealift_status
open_key(struct upload_job *job, struct sealift_error *err)
{
    const struct table_fs *fs = &job->source.fs;

    job->upload = uuid_v7(&job->sealift->world);
    if (job->spec->new_data_key)
        return upload_key_make(job->sealift, fs, &job->upload, &job->key, err);
    return upload_key_open(job->sealift, fs, &job->upload, &job->key, err);
}

static int
level_of(const struct upload_job *job)
{
    return job->spec->compression_level != 0 ? job->spec->compression_level : DEFAULT_LEVEL;
}

/* --- what the table knows of it --- */

static enum sealift_status
note_begun(struct upload_job *job, struct sealift_error *err)
{
    const struct world *world = &job->sealift->world;

    job->source.snapshot.status = TABLE_SNAPSHOT_UPLOADING;
    job->source.snapshot.upload = job->upload;
    if (upload_source_is_live(&job->source))
        job->source.snapshot.created_ns = world->clock->wall_ns(world->clock);
    TRY(work_lock_take(job->sealift->home, &job->source.snapshot.upload, &job->lock, err));
    return table_snapshot_begin(job->sealift->table, &job->source.snapshot, err);
}

/* Nothing was published. The failure that is reported is the upload's; that the row could not be put back is only
 * logged. */
static enum sealift_status
give_up(const struct upload_job *job, const struct sealift_error *failure)
{
    struct sealift_error ignored;

    if (table_snapshot_abandon(job->sealift->table, &job->source.snapshot, &ignored) != SEALIFT_OK)
        world_log(&job->sealift->world, LOG_WARNING, "%s", ignored.message);
    return failure->status;
}

/* A snapshot that another one overtook, as only one that was found in the bucket later can be, takes nothing back. */
static enum sealift_status
note_published(struct upload_job *job, const struct manifest *manifest, struct sealift_error *err)
{
    struct table *table = job->sealift->table;
    struct table_snapshot *row = &job->source.snapshot;

    row->status = manifest->partial ? TABLE_SNAPSHOT_PARTIAL : TABLE_SNAPSHOT_UPLOADED;
    row->entries = manifest->totals.entries;
    row->size = manifest->totals.size;
    row->stored = manifest->totals.stored;
    if (manifest->sequence <= job->source.fs.last_sequence)
        return table_snapshot_update(table, row, err);
    return table_snapshot_published(table, row, manifest->sequence, manifest->body_sha256, err);
}

/* --- publishing --- */

/* The filesystem's keys may have moved to another KMS in the hours of the upload. */
static enum sealift_status
follow_kms(struct upload_job *job, struct publication *publication, struct sealift_error *err)
{
    TRY(handle_follow_kms(job->sealift, err));
    if (publication->alone == NULL)
        return SEALIFT_OK;
    return handle_fs_kms(job->sealift, &job->source.fs, true, &publication->alone, err);
}

static enum sealift_status
prepare_manifest(struct upload_job *job, const struct publication *publication, struct manifest *ret_manifest,
                 struct sealift_error *err)
{
    struct publication with_ancestry = *publication;

    TRY(upload_source_look_again(job->sealift, &job->source, err));
    TRY(follow_kms(job, &with_ancestry, err));
    with_ancestry.sequence = job->source.fs.last_sequence + 1;
    with_ancestry.has_predecessor = job->source.fs.last_sequence > 0;
    memcpy(with_ancestry.predecessor_sha256, job->source.fs.last_body_sha256, SHA256_SIZE);
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

/* What was locked meanwhile was read under names that the kernel makes up. With --allow-missing nothing failed; without
 * it the files that could not be opened are not what is wrong. */
static enum sealift_status
read_source(struct upload_job *job, const struct upload_request *request, struct upload_outcome *ret_outcome,
            struct sealift_error *err)
{
    struct sealift_error locked;
    enum sealift_status status =
        upload_run(&job->sealift->world, job->store, job->session.progress, request, ret_outcome, err);

    if ((status == SEALIFT_OK || status == SEALIFT_DENIED) &&
        fs_at_rest_check_readable(&job->source.fs, upload_source_path(&job->source), &locked) != SEALIFT_OK) {
        *err = locked;
        return err->status;
    }
    return status;
}

static enum sealift_status
carry(struct upload_job *job, struct upload_outcome *ret_outcome, struct sealift_error *err)
{
    const struct upload_request request = {
        .path = upload_source_path(&job->source),
        .live = upload_source_is_live(&job->source),
        .fs = job->source.fs.uuid,
        .fs_key = job->key.fs_key,
        .upload = job->upload,
        .selection = &job->source.selection,
        .allow_missing = job->spec->allow_missing,
        .cross_mounts = job->spec->cross_mounts,
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
        .created_ns = job->source.snapshot.created_ns,
        .envelope = &job->key.envelope,
        .routes = job->sealift->routes, /* open_key() made them */
        .alone = job->key.alone,
    };

    new_fs_names(&job->source.fs, &names);
    memcpy(names.snapshot, job->source.snapshot.name, sizeof(names.snapshot));
    memcpy(names.source, job->source.snapshot.source, sizeof(names.source));
    memcpy(names.selection, job->selection, sizeof(names.selection));
    if (read_source(job, &request, &outcome, err) != SEALIFT_OK)
        return give_up(job, err);
    TRY(publish(job, &publication, err));
    *ret_outcome = outcome;
    return SEALIFT_OK;
}

/* --- an earlier attempt --- */

/* It may have had a key for this snapshot alone. */
static enum sealift_status
authenticate_earlier(struct upload_job *job, const struct manifest *manifest, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *its_key = NULL;

    if (digest_equal(manifest->key_check, job->key.envelope.key_check, KEY_CHECK_SIZE))
        return manifest_authenticate(manifest, job->key.fs_key, err);
    return snapshot_key_open(&job->sealift->world, job->store, job->sealift->routes, manifest, &its_key, NULL, err);
}

static enum sealift_status
pass_over_earlier(struct upload_job *job, const struct sealift_error *why)
{
    world_log(&job->sealift->world, LOG_WARNING, "an earlier upload of this snapshot is passed over: %s", why->message);
    return SEALIFT_OK;
}

/* Whoever may not decrypt cannot tell a manifest of ours from a forged one. */
static enum sealift_status
pass_over_unread(struct upload_job *job, const struct locator *locator)
{
    char text[LOCATOR_SIZE];

    locator_format(locator, text);
    world_log(&job->sealift->world, LOG_WARNING,
              "an earlier upload of this snapshot may be in the bucket, as %s; without the right to decrypt nobody can "
              "tell, so the snapshot is uploaded once more",
              text);
    return SEALIFT_OK;
}

/* What lies there under its name, but is no manifest of ours, is nothing to go by. */
static bool
is_nothing_of_ours(enum sealift_status status)
{
    return status == SEALIFT_CORRUPT || status == SEALIFT_KEY || status == SEALIFT_INVALID;
}

static enum sealift_status
find_earlier(struct upload_job *job, struct manifest *ret_manifest, bool *ret_found, struct sealift_error *err)
{
    const struct locator locator = {job->source.fs.uuid, job->source.snapshot.upload};
    enum sealift_status status = manifest_fetch(job->store, &locator, ret_manifest, err);

    *ret_found = false;
    if (status == SEALIFT_NOT_FOUND)
        return SEALIFT_OK;
    if (is_nothing_of_ours(status))
        return pass_over_earlier(job, err);
    TRY(status);
    if (job->key.alone != NULL)
        return pass_over_unread(job, &locator);
    status = authenticate_earlier(job, ret_manifest, err);
    /* Which key it claims to need, or which namespace, is the word of whoever wrote it. */
    if (is_nothing_of_ours(status) || status == SEALIFT_DENIED || status == SEALIFT_NOT_FOUND)
        return pass_over_earlier(job, err);
    *ret_found = status == SEALIFT_OK;
    return status;
}

/* An attempt that was killed, or lost its connection, between its manifest and the table: the snapshot exists, and the
 * table is told. */
static enum sealift_status
adopt_earlier(struct upload_job *job, bool *ret_adopted, struct manifest_totals *ret_totals, struct sealift_error *err)
{
    SCOPED(manifest_done) struct manifest manifest = {0};
    SCOPED(fd_done) int lock = -1;

    *ret_adopted = false;
    if (job->source.snapshot.status != TABLE_SNAPSHOT_UPLOADING)
        return SEALIFT_OK;
    TRY(publish_lock_take(&job->sealift->world, job->sealift->home, &lock, err));
    TRY(upload_source_look_again(job->sealift, &job->source, err));
    TRY(find_earlier(job, &manifest, ret_adopted, err));
    if (!*ret_adopted)
        return SEALIFT_OK;
    *ret_totals = manifest.totals;
    return note_published(job, &manifest, err);
}

/* --- all of it --- */

static enum sealift_status
check_level(int level, struct sealift_error *err)
{
    if (level < 0 || level > MOST_LEVEL)
        return error_set(err, SEALIFT_INVALID, "a compression level of %d: zstd's are 1 to %d", level, MOST_LEVEL);
    return SEALIFT_OK;
}

static enum sealift_status
prepare(struct upload_job *job, struct sealift_error *err)
{
    TRY(check_level(job->spec->compression_level, err));
    TRY(upload_source_find(job->sealift, job->spec, &job->source, err));
    TRY(selection_write(&job->source.selection, job->selection, err));
    TRY(open_store(job, err));
    return open_key(job, err);
}

static void
fill_result(const struct upload_job *job, const struct upload_outcome *outcome, struct sealift_upload_result *result)
{
    const struct locator locator = {job->source.fs.uuid, job->source.snapshot.upload};
    const struct manifest_totals *totals = &outcome->totals;

    *result = (struct sealift_upload_result){
        .entries = totals->entries,
        .files = totals->files,
        .directories = totals->directories,
        .others = totals->others,
        .size = totals->size,
        .stored = totals->stored,
        .segments = totals->segments,
        .missing = totals->missing,
        .changed = outcome->changed,
        .excluded = outcome->excluded,
        .live = upload_source_is_live(&job->source),
        .partial = job->source.snapshot.status == TABLE_SNAPSHOT_PARTIAL,
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
    TRY(adopt_earlier(job, &adopted, &outcome.totals, err));
    if (!adopted) {
        TRY(session_begin(job->sealift, &job->spec->transfer, level_of(job), &job->session, err));
        TRY(note_begun(job, err));
        TRY(carry(job, &outcome, err));
    }
    native_snapshot_sweep(job->sealift, &job->source.fs.uuid);
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
