#include "error.h"
#include "fs_removal_check.h"
#include "native_snapshot.h"
#include "obs.h"
#include "publish_lock.h"
#include "purge.h"
#include "removal.h"
#include "scoped.h"
#include "session.h"
#include "store_abilities.h"

#include <stdio.h>
#include <string.h>

struct fs_remove_job {
    struct sealift *sealift;
    const struct sealift_fs_remove_spec *spec;
    sealift_each_removed *each;
    void *context;
    struct sealift_fs_removal *removal;
    struct store *store; /* NULL: it has none, or it could not be opened */
    struct uuid uuid;
    bool has_row;
    struct table_fs row;
    struct evidence *evidence;
    struct session session;
};

static void
job_done(struct fs_remove_job *job)
{
    session_end(&job->session);
    evidence_free(&job->evidence);
    store_free(&job->store);
}

/* --- finding it --- */

/* Without a purge the store is only asked whether it has a key record: the filesystem is forgotten all the same. */
static enum sealift_status
open_store_of_row(struct fs_remove_job *job, struct sealift_error *err)
{
    const struct sealift_obs_spec obs = {.url = job->row.obs};

    if (job->row.obs[0] == '\0' && job->spec->purge)
        return error_set(err, SEALIFT_INVALID,
                         "filesystem %s has no object store in the table, so there is nothing to purge; without "
                         "--purge-from-obs it is forgotten",
                         job->row.name);
    if (job->row.obs[0] == '\0')
        return SEALIFT_OK;
    if (handle_open_obs(job->sealift, &obs, &job->store, err) != SEALIFT_OK) {
        if (job->spec->purge)
            return err->status;
        world_log(&job->sealift->world, LOG_WARNING, "%s", err->message);
        return SEALIFT_OK;
    }
    snprintf(job->removal->obs, sizeof(job->removal->obs), "%s", job->store->url);
    return SEALIFT_OK;
}

static enum sealift_status
find_in_table(struct fs_remove_job *job, struct sealift_error *err)
{
    TRY(table_fs_get(job->sealift->table, job->spec->name, &job->row, err));
    job->has_row = true;
    job->uuid = job->row.uuid;
    snprintf(job->removal->filesystem, sizeof(job->removal->filesystem), "%s", job->row.name);
    return open_store_of_row(job, err);
}

static enum sealift_status
note_object(void *context, const struct store_object *object, struct sealift_error *err)
{
    bool *found = context;

    (void)object;
    *found = true;
    return error_set(err, SEALIFT_CANCELLED, "one is enough");
}

static enum sealift_status
need_something(struct fs_remove_job *job, struct sealift_error *err)
{
    char prefix[NAME_SIZE], id[UUID_TEXT_SIZE];
    enum sealift_status status;
    bool found = false;

    uuid_format(&job->uuid, id);
    snprintf(prefix, sizeof(prefix), NAME_FS "%s/", id);
    status = store_list(job->store, prefix, NULL, note_object, &found, err);
    if (found)
        return SEALIFT_OK;
    TRY(status);
    return error_set(err, SEALIFT_NOT_FOUND,
                     "%s: has nothing of a filesystem %s; \"sealift obs snapshots\" lists what is there",
                     job->store->url, id);
}

/* One that only the bucket knows: its cluster is gone, or has forgotten it. */
static enum sealift_status
find_in_bucket(struct fs_remove_job *job, struct sealift_error *err)
{
    enum sealift_status status;

    if (!job->spec->purge)
        return error_set(err, SEALIFT_INVALID,
                         "--obs is for a filesystem that only a bucket knows: there is nothing to remove of it without "
                         "--purge-from-obs");
    if (!uuid_parse(job->spec->name, &job->uuid))
        return error_set(err, SEALIFT_INVALID,
                         "%s: with --obs a filesystem is named by its UUID, as \"sealift obs snapshots\" shows it",
                         job->spec->name);
    status = table_fs_get_by_uuid(job->sealift->table, &job->uuid, &job->row, err);
    if (status == SEALIFT_OK)
        return error_set(err, SEALIFT_CONFLICT,
                         "%s is the filesystem %s of this cluster: \"sealift fs remove %s --purge-from-obs\"",
                         job->spec->name, job->row.name, job->row.name);
    if (status != SEALIFT_NOT_FOUND)
        return status;
    TRY(handle_open_obs(job->sealift, &job->spec->obs, &job->store, err));
    snprintf(job->removal->obs, sizeof(job->removal->obs), "%s", job->store->url);
    return need_something(job, err);
}

/* --- what forbids it --- */

static enum sealift_status
check(struct fs_remove_job *job, struct sealift_error *err)
{
    struct fs_removal_check check = {.sealift = job->sealift, .spec = job->spec, .row = &job->row, .store = job->store};
    enum sealift_status status;

    if (!job->has_row)
        return SEALIFT_OK;
    status = fs_removal_check(&check, err);
    job->removal->snapshots = check.snapshots;
    job->removal->key_record = check.key_record;
    return status;
}

/* --- purging --- */

static enum sealift_status
tell(void *context, const struct evidence_object *object, const char *outcome, const char *problem,
     struct sealift_error *err)
{
    const struct fs_remove_job *job = context;

    return removal_tell(job->each, job->context, object, outcome, problem, err);
}

static enum sealift_status
delete_objects(struct fs_remove_job *job, struct purge *purge, struct sealift_error *err)
{
    SCOPED(fd_done) int lock = -1;

    TRY(publish_lock_take(&job->sealift->world, job->sealift->home, &lock, err));
    TRY(purge_manifests(purge, err));
    fd_done(&lock);
    lock = -1;
    return purge_rest(purge, err);
}

static struct sealift_removed_count
count_of(const struct purge *purge, enum purge_kind kind)
{
    const struct purge_count *count = &purge->counts[kind];

    return (struct sealift_removed_count){count->objects, count->bytes, count->refused};
}

static void
show_counts(const struct purge *purge, struct sealift_fs_removal *removal)
{
    removal->manifests = count_of(purge, PURGE_MANIFESTS);
    removal->logs = count_of(purge, PURGE_LOGS);
    removal->tree = count_of(purge, PURGE_TREE);
    removal->data = count_of(purge, PURGE_DATA);
    removal->condemned = count_of(purge, PURGE_CONDEMNED);
    removal->other = count_of(purge, PURGE_OTHER);
    removal->keys = count_of(purge, PURGE_KEYS);
}

static enum sealift_status
end_evidence(struct fs_remove_job *job, const struct purge *purge, const struct sealift_error *failure,
             struct sealift_error *err)
{
    for (enum purge_kind kind = PURGE_LOGS; kind < PURGE_KEYS; kind++)
        TRY(evidence_total(job->evidence, purge_kind_name(kind), purge->counts[kind].objects, purge->counts[kind].bytes,
                           purge->counts[kind].refused, err));
    return evidence_end(job->evidence, failure, err);
}

static enum sealift_status
purge_all(struct fs_remove_job *job, struct purge *purge, struct sealift_error *err)
{
    struct sealift_error ignored;
    enum sealift_status status = delete_objects(job, purge, err);

    if (status == SEALIFT_OK)
        return end_evidence(job, purge, NULL, err);
    if (end_evidence(job, purge, err, &ignored) != SEALIFT_OK)
        world_log(&job->sealift->world, LOG_WARNING, "%s", ignored.message);
    return status;
}

static enum sealift_status
purge(struct fs_remove_job *job, struct sealift_error *err)
{
    const struct evidence_header header = {
        .command = "fs remove --purge-from-obs",
        .store = job->store->url,
        .fs = &job->uuid,
        .filesystem = job->has_row ? job->row.name : NULL,
    };
    struct purge_request request = {
        .fs = job->uuid, .connections = job->session.budget.connections, .each = tell, .context = job};
    struct purge work = {
        .world = &job->sealift->world, .store = job->store, .progress = job->session.progress, .request = &request};
    struct store_abilities abilities;
    enum sealift_status status;

    TRY(obs_check_mark(job->store, err));
    TRY(removal_begin_evidence(job->sealift, job->spec->evidence, &header, &job->evidence, err));
    request.evidence = job->evidence;
    store_inspect(job->store, &abilities);
    job->removal->versioning = store_answer_name(abilities.versioning);
    job->removal->object_lock = store_answer_name(abilities.object_lock);
    purge_init(&work);
    status = purge_all(job, &work, err);
    show_counts(&work, job->removal);
    purge_done(&work);
    return status;
}

/* --- forgetting --- */

static enum sealift_status
note_native(void *context, const struct table_snapshot *row, struct sealift_error *err)
{
    if (row->native[0] == '\0' || row->source[0] == '\0')
        return SEALIFT_OK;
    return buf_append(context, row, sizeof(*row), err);
}

/* What was made here to be uploaded is of no use any more. What cannot be removed is logged. */
static void
remove_natives(struct fs_remove_job *job)
{
    SCOPED(buf_done) struct buf natives = {0}; /* of struct table_snapshot */
    const struct table_snapshot *rows;
    struct sealift_error err;

    if (table_snapshot_list(job->sealift->table, &job->uuid, note_native, &natives, &err) != SEALIFT_OK) {
        world_log(&job->sealift->world, LOG_WARNING, "%s", err.message);
        return;
    }
    rows = (const void *)natives.data;
    for (size_t i = 0; i < natives.len / sizeof(*rows); i++)
        native_snapshot_take_back(job->sealift, &rows[i]);
}

/* Nobody publishes meanwhile: the table would not hear of the snapshot. */
static enum sealift_status
forget(struct fs_remove_job *job, struct sealift_error *err)
{
    SCOPED(fd_done) int lock = -1;

    if (!job->has_row)
        return SEALIFT_OK;
    TRY(publish_lock_take(&job->sealift->world, job->sealift->home, &lock, err));
    remove_natives(job);
    TRY(table_fs_remove(job->sealift->table, &job->uuid, err));
    job->removal->forgotten = true;
    return SEALIFT_OK;
}

static enum sealift_status
check_spec(const struct sealift_fs_remove_spec *spec, struct sealift_error *err)
{
    TRY(handle_need(spec->name, "the filesystem's name", err));
    if (spec->evidence != NULL && !spec->purge)
        return error_set(err, SEALIFT_INVALID,
                         "--evidence is of what is deleted from a bucket: it needs --purge-from-obs");
    return SEALIFT_OK;
}

enum sealift_status
sealift_fs_remove(struct sealift *sealift, const struct sealift_fs_remove_spec *spec, sealift_each_removed *each,
                  void *context, struct sealift_fs_removal *ret_removal, struct sealift_error *err)
{
    SCOPED(job_done)
    struct fs_remove_job job = {
        .sealift = sealift, .spec = spec, .each = each, .context = context, .removal = ret_removal};

    *ret_removal = (struct sealift_fs_removal){0};
    TRY(check_spec(spec, err));
    TRY(handle_need_table(sealift, err));
    TRY(spec->obs.url != NULL ? find_in_bucket(&job, err) : find_in_table(&job, err));
    uuid_format(&job.uuid, ret_removal->id);
    TRY(check(&job, err));
    TRY(session_begin(sealift, &spec->transfer, 0, &job.session, err));
    if (spec->purge)
        TRY(purge(&job, err));
    return forget(&job, err);
}
