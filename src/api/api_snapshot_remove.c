#include "error.h"
#include "native_snapshot.h"
#include "obs.h"
#include "publish_lock.h"
#include "removal.h"
#include "scoped.h"
#include "session.h"
#include "store_abilities.h"
#include "text.h"
#include "unused.h"

#include <stdio.h>
#include <string.h>

struct remove_job {
    struct sealift *sealift;
    const struct sealift_snapshot_remove_spec *spec;
    struct store *store; /* NULL: there is nothing of it in a bucket, or nothing of ours */
    struct locator locator;
    bool has_row;
    struct table_fs fs;
    struct table_snapshot row;
    struct evidence *evidence;
    struct session session;
};

static void
job_done(struct remove_job *job)
{
    session_end(&job->session);
    evidence_free(&job->evidence);
    store_free(&job->store);
}

/* --- finding it --- */

static enum sealift_status
find_by_name(struct remove_job *job, struct sealift_error *err)
{
    struct table *table = job->sealift->table;
    const struct sealift_obs_spec obs = {.url = job->fs.obs};

    TRY(handle_need(job->spec->fs, "the filesystem's name", err));
    TRY(handle_need(job->spec->snapshot, "the snapshot's name", err));
    TRY(table_fs_get(table, job->spec->fs, &job->fs, err));
    TRY(table_snapshot_get(table, &job->fs.uuid, job->spec->snapshot, &job->row, err));
    job->has_row = true;
    if (job->row.status == TABLE_SNAPSHOT_ADDED || job->row.status == TABLE_SNAPSHOT_DOWNLOADED)
        return SEALIFT_OK;
    job->locator = (struct locator){job->fs.uuid, job->row.upload};
    if (job->fs.obs[0] == '\0')
        return error_set(err, SEALIFT_INVALID,
                         "filesystem %s has no object store in the table: say where the snapshot is, with its locator "
                         "and --obs",
                         job->fs.name);
    return handle_open_obs(job->sealift, &obs, &job->store, err);
}

static enum sealift_status
note_upload(void *context, const struct table_snapshot *row, struct sealift_error *err)
{
    struct remove_job *job = context;

    (void)err;
    if (row->status == TABLE_SNAPSHOT_ADDED || row->status == TABLE_SNAPSHOT_DOWNLOADED ||
        !uuid_equal(&row->upload, &job->locator.snapshot))
        return SEALIFT_OK;
    job->row = *row;
    job->has_row = true;
    return SEALIFT_OK;
}

static bool
same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/* Whether the store that was named is the one that the filesystem uploads to, and not a copy of it. */
static enum sealift_status
is_store_of_fs(struct remove_job *job, bool *ret_is, struct sealift_error *err)
{
    const struct sealift_obs_spec *given = &job->spec->obs;
    SCOPED(obs_options_free) struct obs_options *options = NULL;
    struct sealift_obs_spec own;
    struct table_obs row;

    *ret_is = same_text(given->url, job->fs.obs);
    if (*ret_is || job->fs.obs[0] == '\0' || strstr(given->url, "://") == NULL)
        return SEALIFT_OK;
    TRY(table_obs_get(job->sealift->table, job->fs.obs, &row, err));
    TRY(obs_options_from_json(bytes_of_text(row.options), &options, &own, err));
    *ret_is = same_text(given->url, row.url) && same_text(given->endpoint, own.endpoint);
    return SEALIFT_OK;
}

static enum sealift_status
find_by_locator(struct remove_job *job, struct sealift_error *err)
{
    enum sealift_status status;
    bool is_own;

    if (!locator_parse(job->spec->locator, &job->locator))
        return error_set(err, SEALIFT_INVALID, "%s: is no locator; one looks like FS-UUID/SNAPSHOT-UUID",
                         job->spec->locator);
    TRY(handle_need(job->spec->obs.url, "the object store of the locator", err));
    TRY(handle_open_obs(job->sealift, &job->spec->obs, &job->store, err));
    status = table_fs_get_by_uuid(job->sealift->table, &job->locator.fs, &job->fs, err);
    if (status == SEALIFT_NOT_FOUND)
        return SEALIFT_OK;
    TRY(status);
    TRY(is_store_of_fs(job, &is_own, err));
    if (!is_own)
        return SEALIFT_OK;
    return table_snapshot_list(job->sealift->table, &job->fs.uuid, note_upload, job, err);
}

/* --- its manifest --- */

static enum sealift_status
look_at_manifest(struct remove_job *job, struct evidence_object *object, bool *ret_there, struct sealift_error *err)
{
    char name[NAME_SIZE], shown[LOCATOR_SIZE];
    enum sealift_status status;

    TRY(obs_check_mark(job->store, err));
    name_of_manifest(&job->locator.fs, &job->locator.snapshot, name);
    status = evidence_look(job->store, name, 0, object, err);
    *ret_there = status == SEALIFT_OK;
    if (status != SEALIFT_NOT_FOUND)
        return status;
    if (job->has_row)
        return SEALIFT_OK; /* it went the last time, or somebody else removed it */
    locator_format(&job->locator, shown);
    return error_set(err, SEALIFT_NOT_FOUND,
                     "%s: no snapshot has the locator %s; \"sealift obs snapshots\" lists what is there",
                     job->store->url, shown);
}

/* What a store says that it deleted is gone only when it does not show it any more. */
static enum sealift_status
delete_object(struct store *store, const char *name, struct sealift_error *err)
{
    struct store_head head;
    enum sealift_status status;

    TRY(store_delete(store, name, err));
    status = store_head(store, name, &head, err);
    if (status == SEALIFT_NOT_FOUND)
        return SEALIFT_OK;
    TRY(status);
    return error_set(err, SEALIFT_CONFLICT, "%s/%s: the store answers that it deleted it, and still has it", store->url,
                     name);
}

static enum sealift_status
begin_evidence(struct remove_job *job, struct sealift_error *err)
{
    const struct evidence_header header = {
        .command = "fs snapshot remove",
        .store = job->store != NULL ? job->store->url : NULL,
        .fs = job->has_row ? &job->row.fs : &job->locator.fs,
        .filesystem = job->fs.name,
    };

    return removal_begin_evidence(job->sealift, job->spec->evidence, &header, &job->evidence, err);
}

static void
describe(const struct evidence_object *object, struct sealift_snapshot_removal *removal)
{
    removal->size = object->size;
    if (object->was_read)
        hex_encode(BYTES_OF(object->sha256), removal->sha256);
    if (!object->was_parsed)
        return;
    removal->published_ns = object->made_ns;
    hex_encode(BYTES_OF(object->key_check), removal->key_check);
}

/* The evidence is on the disk before; its end is written by whoever knows how it ended. */
static enum sealift_status
remove_manifest(struct remove_job *job, struct sealift_snapshot_removal *removal, struct sealift_error *err)
{
    struct evidence_object object;
    struct sealift_error refusal;
    bool there;

    if (job->store == NULL)
        return evidence_settle(job->evidence, err);
    TRY(look_at_manifest(job, &object, &there, err));
    if (there)
        TRY(evidence_add(job->evidence, &object, NULL, err));
    TRY(evidence_settle(job->evidence, err));
    removal->manifest = there ? "deleted" : "absent";
    if (!there)
        return SEALIFT_OK;
    describe(&object, removal);
    if (delete_object(job->store, object.name, &refusal) == SEALIFT_OK)
        return evidence_outcome(job->evidence, object.name, "deleted", NULL, err);
    TRY(evidence_outcome(job->evidence, object.name, "refused", refusal.message, err));
    *err = refusal;
    return error_hint(err, "the snapshot is as it was");
}

/* --- its row --- */

static enum sealift_status
remove_row(struct remove_job *job, struct sealift_snapshot_removal *removal, struct sealift_error *err)
{
    enum sealift_status status;

    if (!job->has_row)
        return SEALIFT_OK;
    TRY(native_snapshot_remove(job->sealift, &job->row, err));
    status = table_snapshot_remove(job->sealift->table, &job->row.fs, job->row.name, err);
    if (status != SEALIFT_NOT_FOUND) /* by another process meanwhile */
        TRY(status);
    snprintf(removal->filesystem, sizeof(removal->filesystem), "%s", job->row.fs_name);
    snprintf(removal->name, sizeof(removal->name), "%s", job->row.name);
    return SEALIFT_OK;
}

/* Nobody publishes meanwhile: an upload of this snapshot that begins now finds its row gone before it would. */
static enum sealift_status
remove_all(struct remove_job *job, struct sealift_snapshot_removal *removal, struct sealift_error *err)
{
    struct sealift_error ignored;
    enum sealift_status status;

    TRY(begin_evidence(job, err));
    status = remove_manifest(job, removal, err);
    if (status == SEALIFT_OK)
        status = remove_row(job, removal, err);
    if (status == SEALIFT_OK)
        return evidence_end(job->evidence, NULL, err);
    if (evidence_end(job->evidence, err, &ignored) != SEALIFT_OK)
        world_log(&job->sealift->world, LOG_WARNING, "%s", ignored.message);
    return status;
}

static enum sealift_status
find_and_remove(struct remove_job *job, struct sealift_snapshot_removal *removal, struct sealift_error *err)
{
    SCOPED(fd_done) int lock = -1;

    TRY(handle_need_table(job->sealift, err));
    TRY(publish_lock_take(&job->sealift->world, job->sealift->home, &lock, err));
    TRY(job->spec->locator != NULL ? find_by_locator(job, err) : find_by_name(job, err));
    if (job->has_row)
        TRY(removal_check_upload(job->sealift, &job->row, err));
    if (job->store != NULL)
        locator_format(&job->locator, removal->locator);
    return remove_all(job, removal, err);
}

/* --- what nothing uses by now --- */

struct unused_listing {
    sealift_each_unused *each;
    void *context;
    const char *filesystem_id;
    struct sealift_snapshot_removal *removal;
};

static enum sealift_status
show_unused(void *context, const struct unused_upload *upload, struct sealift_error *err)
{
    struct unused_listing *listing = context;
    char text[UUID_TEXT_SIZE];
    const struct sealift_unused shown = {
        .filesystem_id = listing->filesystem_id,
        .upload = text,
        .state = unused_state_name(upload->state),
        .objects = upload->objects,
        .bytes = upload->bytes,
        .newest_ns = upload->newest_ns,
    };

    uuid_format(&upload->upload, text);
    if (upload->state == UNUSED_FREE) {
        listing->removal->unused_uploads++;
        listing->removal->unused_objects += upload->objects;
        listing->removal->unused_bytes += upload->bytes;
    }
    return listing->each != NULL ? listing->each(listing->context, &shown, err) : SEALIFT_OK;
}

static enum sealift_status
list_unused(struct remove_job *job, struct unused_listing *listing, struct sealift_error *err)
{
    const struct unused_request request = {
        .fs = job->locator.fs,
        .connections = job->session.budget.connections,
        .removed = &job->locator.snapshot,
    };
    struct sealift_error problem;

    TRY(unused_list(&job->sealift->world, job->store, &request, show_unused, listing, &problem, err));
    if (problem.status != SEALIFT_OK)
        world_log(&job->sealift->world, LOG_WARNING,
                  "nothing is called unused, since it is not known what a snapshot uses: %s", problem.message);
    return SEALIFT_OK;
}

/* The snapshot is removed by now: that its remains cannot be listed is no failure of that. */
static void
tell_unused(struct remove_job *job, sealift_each_unused *each, void *context, struct sealift_snapshot_removal *removal)
{
    char filesystem_id[UUID_TEXT_SIZE];
    struct unused_listing listing = {each, context, filesystem_id, removal};
    struct store_abilities abilities;
    struct sealift_error err;

    if (job->store == NULL)
        return;
    store_inspect(job->store, &abilities);
    removal->versioning = store_answer_name(abilities.versioning);
    removal->object_lock = store_answer_name(abilities.object_lock);
    uuid_format(&job->locator.fs, filesystem_id);
    removal->unused_known = list_unused(job, &listing, &err) == SEALIFT_OK;
    if (!removal->unused_known)
        world_log(&job->sealift->world, LOG_WARNING,
                  "the snapshot is removed; what no snapshot uses by now could not be listed: %s", err.message);
}

enum sealift_status
sealift_snapshot_remove(struct sealift *sealift, const struct sealift_snapshot_remove_spec *spec,
                        sealift_each_unused *each, void *context, struct sealift_snapshot_removal *ret_removal,
                        struct sealift_error *err)
{
    SCOPED(job_done) struct remove_job job = {.sealift = sealift, .spec = spec};
    struct sealift_snapshot_removal removal = {0};

    TRY(session_begin(sealift, &spec->transfer, 0, &job.session, err));
    TRY(find_and_remove(&job, &removal, err));
    tell_unused(&job, each, context, &removal);
    *ret_removal = removal;
    return SEALIFT_OK;
}
