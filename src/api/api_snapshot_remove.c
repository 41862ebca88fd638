#include "error.h"
#include "lone_key.h"
#include "native_snapshot.h"
#include "obs.h"
#include "publish_lock.h"
#include "removal.h"
#include "removed_snapshot.h"
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
    sealift_each_unused *each;
    void *context;
    struct sealift_snapshot_removal removal;
    struct removed_snapshot snapshot;
    struct lone_key key; /* of this snapshot alone: it goes, too, ... */
    bool key_is_free;    /* ... when no manifest names it any more */
    struct evidence *evidence;
    struct session session;
};

static void
job_done(struct remove_job *job)
{
    session_end(&job->session);
    evidence_free(&job->evidence);
    removed_snapshot_done(&job->snapshot);
}

/* --- its manifest --- */

static enum sealift_status
look_at_manifest(struct remove_job *job, struct evidence_object *object, bool *ret_there, struct sealift_error *err)
{
    char name[NAME_SIZE], shown[LOCATOR_SIZE];
    enum sealift_status status;

    TRY(obs_check_mark(job->snapshot.store, err));
    name_of_manifest(&job->snapshot.locator.fs, &job->snapshot.locator.snapshot, name);
    status = evidence_object_look(job->snapshot.store, name, 0, object, err);
    *ret_there = status == SEALIFT_OK;
    if (status != SEALIFT_NOT_FOUND)
        return status;
    if (job->snapshot.has_row)
        return SEALIFT_OK; /* it went the last time, or somebody else removed it */
    locator_format(&job->snapshot.locator, shown);
    return error_set(err, SEALIFT_NOT_FOUND,
                     "%s: no snapshot has the locator %s; \"sealift obs snapshots\" lists what is there",
                     job->snapshot.store->url, shown);
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
        .store = job->snapshot.store != NULL ? job->snapshot.store->url : NULL,
        .fs = job->snapshot.has_row ? &job->snapshot.row.fs : &job->snapshot.locator.fs,
        .filesystem = job->snapshot.fs.name,
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

static enum sealift_status
is_key_in_force(struct remove_job *job, const uint8_t key_check[KEY_CHECK_SIZE], bool *ret_is,
                struct sealift_error *err)
{
    struct envelope envelope;
    enum sealift_status status = table_fs_envelope(job->sealift->table, &job->snapshot.locator.fs, &envelope, err);

    *ret_is = status == SEALIFT_OK && memcmp(envelope.key_check, key_check, KEY_CHECK_SIZE) == 0;
    return status == SEALIFT_NOT_FOUND ? SEALIFT_OK : status;
}

/* Key records that are for this snapshot alone are meant to go with it; also when the manifest went, and a removal was
 * cut off before they did. `manifest`: NULL, when it is gone. */
static enum sealift_status
find_lone_key(struct remove_job *job, const struct evidence_object *manifest, struct lone_key *ret_key,
              struct sealift_error *err)
{
    *ret_key = (struct lone_key){0};
    if (manifest == NULL)
        return job->snapshot.has_row ? lone_key_find_left(job->snapshot.store, &job->snapshot.locator, ret_key, err)
                                     : SEALIFT_OK;
    if (!manifest->was_parsed)
        return SEALIFT_OK;
    return lone_key_find(job->snapshot.store, &job->snapshot.locator, manifest->key_check, ret_key, err);
}

static enum sealift_status
take_lone_key(struct remove_job *job, const struct evidence_object *manifest, struct sealift_error *err)
{
    struct lone_key key;
    bool in_force;

    TRY(find_lone_key(job, manifest, &key, err));
    TRY(is_key_in_force(job, key.key_check, &in_force, err));
    if (in_force)
        return SEALIFT_OK;
    for (size_t i = 0; i < key_records_count(&key.records); i++) {
        struct evidence_object object;
        char name[NAME_SIZE];

        name_of_key_record(&job->snapshot.locator.fs, key.key_check, key_records_newest(&key.records, i), name);
        TRY(evidence_object_look(job->snapshot.store, name, 0, &object, err));
        TRY(evidence_add(job->evidence, &object, NULL, err));
    }
    job->key = key;
    return SEALIFT_OK;
}

/* The evidence is on the disk before; its end is written by whoever knows how it ended. */
static enum sealift_status
remove_manifest(struct remove_job *job, struct sealift_error *err)
{
    struct evidence_object object;
    struct sealift_error refusal;
    bool there;

    if (job->snapshot.store == NULL)
        return evidence_settle(job->evidence, err);
    TRY(look_at_manifest(job, &object, &there, err));
    if (there)
        TRY(evidence_add(job->evidence, &object, NULL, err));
    TRY(take_lone_key(job, there ? &object : NULL, err));
    TRY(evidence_settle(job->evidence, err));
    job->removal.manifest = there ? "deleted" : "absent";
    if (!there)
        return SEALIFT_OK;
    describe(&object, &job->removal);
    if (delete_object(job->snapshot.store, object.name, &refusal) == SEALIFT_OK)
        return evidence_outcome(job->evidence, object.name, "deleted", NULL, err);
    TRY(evidence_outcome(job->evidence, object.name, "refused", refusal.message, err));
    *err = refusal;
    return error_hint(err, "the snapshot is as it was");
}

/* --- its row --- */

static enum sealift_status
remove_row(struct remove_job *job, struct sealift_error *err)
{
    enum sealift_status status;

    if (!job->snapshot.has_row)
        return SEALIFT_OK;
    TRY(native_snapshot_remove(job->sealift, &job->snapshot.row, err));
    status = table_snapshot_remove(job->sealift->table, &job->snapshot.row.fs, job->snapshot.row.name, err);
    if (status != SEALIFT_NOT_FOUND) /* by another process meanwhile */
        TRY(status);
    snprintf(job->removal.filesystem, sizeof(job->removal.filesystem), "%s", job->snapshot.row.fs_name);
    snprintf(job->removal.name, sizeof(job->removal.name), "%s", job->snapshot.row.name);
    return SEALIFT_OK;
}

/* --- what nothing uses by now --- */

static void
count_unused(struct sealift_snapshot_removal *removal, const struct unused_upload *upload)
{
    if (upload->state != UNUSED_FREE)
        return;
    removal->unused_uploads++;
    removal->unused_objects += upload->objects;
    removal->unused_bytes += upload->bytes;
}

static enum sealift_status
show_unused(void *context, const struct unused_upload *upload, struct sealift_error *err)
{
    struct remove_job *job = context;
    char fs[UUID_TEXT_SIZE], text[UUID_TEXT_SIZE];
    const struct sealift_unused shown = {
        .filesystem_id = fs,
        .upload = text,
        .state = unused_state_name(upload->state),
        .objects = upload->objects,
        .bytes = upload->bytes,
        .newest_ns = upload->newest_ns,
    };

    count_unused(&job->removal, upload);
    if (job->each == NULL)
        return SEALIFT_OK;
    uuid_format(&job->snapshot.locator.fs, fs);
    uuid_format(&upload->upload, text);
    return job->each(job->context, &shown, err);
}

static enum sealift_status
list_unused(struct remove_job *job, struct sealift_error *err)
{
    const struct unused_request request = {
        .fs = job->snapshot.locator.fs,
        .connections = job->session.budget.connections,
        .removed = &job->snapshot.locator.snapshot,
        .key_check = key_records_count(&job->key.records) > 0 ? job->key.key_check : NULL,
    };
    struct unused_answer answer;

    TRY(unused_list(&job->sealift->world, job->snapshot.store, &request, show_unused, job, &answer, err));
    job->key_is_free = answer.problem.status == SEALIFT_OK && !answer.key_is_used;
    if (answer.problem.status != SEALIFT_OK)
        world_log(&job->sealift->world, LOG_WARNING,
                  "nothing is called unused, since it is not known what a snapshot uses: %s", answer.problem.message);
    return SEALIFT_OK;
}

/* The snapshot is removed by now: that its remains cannot be listed is no failure of that. */
static void
tell_unused(struct remove_job *job)
{
    struct store_abilities abilities;
    struct sealift_error err;

    if (job->snapshot.store == NULL)
        return;
    store_inspect(job->snapshot.store, &abilities);
    job->removal.versioning = store_answer_name(abilities.versioning);
    job->removal.object_lock = store_answer_name(abilities.object_lock);
    job->removal.unused_known = list_unused(job, &err) == SEALIFT_OK;
    if (!job->removal.unused_known)
        world_log(&job->sealift->world, LOG_WARNING,
                  "the snapshot is removed; what no snapshot uses by now could not be listed: %s", err.message);
}

/* --- a key of its own --- */

/* That one stays does no harm: it opens nothing. */
static enum sealift_status
remove_key_record(struct remove_job *job, const struct uuid *record, struct sealift_error *err)
{
    struct sealift_error refusal;
    char name[NAME_SIZE];

    name_of_key_record(&job->snapshot.locator.fs, job->key.key_check, record, name);
    if (!job->key_is_free)
        return evidence_outcome(job->evidence, name, "kept", NULL, err);
    if (delete_object(job->snapshot.store, name, &refusal) != SEALIFT_OK) {
        world_log(&job->sealift->world, LOG_WARNING, "a key record that was for this snapshot alone stays: %s",
                  refusal.message);
        return evidence_outcome(job->evidence, name, "refused", refusal.message, err);
    }
    job->removal.key_records++;
    return evidence_outcome(job->evidence, name, "deleted", NULL, err);
}

static enum sealift_status
remove_lone_key(struct remove_job *job, struct sealift_error *err)
{
    for (size_t i = 0; i < key_records_count(&job->key.records); i++)
        TRY(remove_key_record(job, key_records_newest(&job->key.records, i), err));
    return SEALIFT_OK;
}

/* --- all of it --- */

static bool
has_lone_key(const struct remove_job *job)
{
    return key_records_count(&job->key.records) > 0;
}

static enum sealift_status
remove_remains(struct remove_job *job, struct sealift_error *err)
{
    tell_unused(job);
    return remove_lone_key(job, err);
}

/* Nobody publishes meanwhile: an upload of this snapshot that begins now finds its row gone before it would. With a key
 * of its own the row goes last, so that a removal that is cut off finds that key when it is given again. */
static enum sealift_status
find_and_remove(struct remove_job *job, struct sealift_error *err)
{
    SCOPED(fd_done) int lock = -1;

    TRY(handle_need_table(job->sealift, err));
    TRY(publish_lock_take(&job->sealift->world, job->sealift->home, &lock, err));
    TRY(removed_snapshot_find(job->sealift, job->spec, &job->snapshot, err));
    if (job->snapshot.has_row)
        TRY(removal_check_upload(job->sealift, &job->snapshot.row, err));
    if (job->snapshot.store != NULL)
        locator_format(&job->snapshot.locator, job->removal.locator);
    TRY(begin_evidence(job, err));
    TRY(remove_manifest(job, err));
    if (has_lone_key(job))
        TRY(remove_remains(job, err));
    return remove_row(job, err);
}

static enum sealift_status
remove_all(struct remove_job *job, struct sealift_error *err)
{
    TRY(find_and_remove(job, err));
    return has_lone_key(job) ? SEALIFT_OK : remove_remains(job, err);
}

enum sealift_status
sealift_snapshot_remove(struct sealift *sealift, const struct sealift_snapshot_remove_spec *spec,
                        sealift_each_unused *each, void *context, struct sealift_snapshot_removal *ret_removal,
                        struct sealift_error *err)
{
    SCOPED(job_done) struct remove_job job = {.sealift = sealift, .spec = spec, .each = each, .context = context};
    struct sealift_error ignored;

    TRY(session_begin(sealift, &spec->transfer, 0, &job.session, err));
    if (remove_all(&job, err) != SEALIFT_OK) {
        if (evidence_end(job.evidence, err, &ignored) != SEALIFT_OK)
            world_log(&sealift->world, LOG_WARNING, "%s", ignored.message);
        return err->status;
    }
    TRY(evidence_end(job.evidence, NULL, err));
    *ret_removal = job.removal;
    return SEALIFT_OK;
}
