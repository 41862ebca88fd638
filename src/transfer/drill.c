#include "drill.h"

#include "at_rest.h"
#include "error.h"
#include "frame_source.h"
#include "manifest_fetch.h"
#include "opened_keys.h"
#include "scoped.h"

#include <string.h>

struct drill {
    const struct drill_request *request;
    struct opened_keys keys;
    struct drill_outcome outcome; /* the telling thread's */
};

/* --- a snapshot --- */

struct snapshot_drill {
    struct drill *drill;
    const struct survey_item *item;
    struct drill_finding *finding;
    struct manifest manifest;
    const struct opened_key *by_records, *by_manifest; /* held */
};

static void
snapshot_drill_done(struct snapshot_drill *snapshot)
{
    opened_keys_release_by_manifest(&snapshot->drill->keys, snapshot->by_manifest);
    opened_keys_release_by_records(&snapshot->drill->keys, snapshot->by_records);
    manifest_done(&snapshot->manifest);
}

static enum sealift_status
read_manifest(struct snapshot_drill *snapshot, struct sealift_error *err)
{
    const struct locator locator = {snapshot->item->fs, snapshot->item->upload};
    SCOPED(buf_done) struct buf text = {.max = MANIFEST_MAX_SIZE + 1};
    enum sealift_status status = manifest_read(snapshot->item->store, &locator, &text, &snapshot->manifest, err);

    snapshot->finding->fetched += text.len;
    return status;
}

static void
credit(struct drill_finding *finding, enum drill_wrapping wrapping, const struct opened_key *key)
{
    finding->wrapping = wrapping;
    finding->record = key->record;
    finding->by = key->by;
}

/* The key records say more than a manifest does, unless there are none, or somebody was not there. */
static const struct opened_key *
more_telling(const struct opened_key *by_records, const struct opened_key *last)
{
    return opened_key_waits(last) || by_records->failure.status == SEALIFT_NOT_FOUND ? last : by_records;
}

/* As a download would: key records first, then the manifest's own wrapping. */
static enum sealift_status
find_key(struct snapshot_drill *snapshot, const struct secret **ret_fs_key, struct sealift_error *err)
{
    struct opened_keys *keys = &snapshot->drill->keys;
    const struct survey_item *item = snapshot->item;
    const struct manifest *manifest = &snapshot->manifest;
    const struct opened_key *by_records, *key;

    TRY(opened_keys_by_records(keys, item->store, &item->fs, manifest->key_check, &snapshot->by_records, err));
    by_records = key = snapshot->by_records;
    if (key->fs_key == NULL && !opened_key_waits(key)) {
        TRY(opened_keys_by_manifest(keys, manifest, &snapshot->by_manifest, err));
        key = snapshot->by_manifest;
    }
    if (key->fs_key == NULL) {
        *err = more_telling(by_records, key)->failure;
        return err->status;
    }
    credit(snapshot->finding, key == by_records ? DRILL_RECORD : DRILL_MANIFEST, key);
    *ret_fs_key = key->fs_key;
    return SEALIFT_OK;
}

static enum sealift_status
read_names(struct snapshot_drill *snapshot, const struct secret *fs_key, struct sealift_error *err)
{
    struct private_part names;

    TRY(manifest_private(&snapshot->manifest, fs_key, &names, err));
    memcpy(snapshot->finding->filesystem, names.filesystem, sizeof(snapshot->finding->filesystem));
    memcpy(snapshot->finding->snapshot, names.snapshot, sizeof(snapshot->finding->snapshot));
    return SEALIFT_OK;
}

static enum sealift_status
open_first_frame(struct snapshot_drill *snapshot, const struct secret *fs_key, struct sealift_error *err)
{
    const struct manifest *manifest = &snapshot->manifest;
    SCOPED(frame_source_free) struct frame_source *frames = NULL;
    SCOPED(buf_done) struct buf frame = {0};
    enum sealift_status status;

    if (manifest->part_count == 0)
        return error_set(err, SEALIFT_CORRUPT, "the manifest has no tree");
    TRY(frame_source_new(snapshot->item->store, fs_key, &manifest->fs, 0, &frames, err));
    status = frame_source_fetch(frames, &manifest->parts[0].frame, &frame, err);
    snapshot->finding->fetched += frame_source_fetched(frames);
    return status;
}

static enum sealift_status
open_snapshot(struct snapshot_drill *snapshot, struct sealift_error *err)
{
    const struct secret *fs_key;
    struct drill_finding *finding = snapshot->finding;

    TRY(read_manifest(snapshot, err));
    finding->has_key_check = true;
    memcpy(finding->key_check, snapshot->manifest.key_check, sizeof(finding->key_check));
    TRY(find_key(snapshot, &fs_key, err));
    TRY(manifest_authenticate(&snapshot->manifest, fs_key, err));
    TRY(read_names(snapshot, fs_key, err));
    return open_first_frame(snapshot, fs_key, err);
}

static enum sealift_status
look_at_snapshot(struct drill *drill, const struct survey_item *item, struct drill_finding *finding,
                 struct sealift_error *err)
{
    SCOPED(snapshot_drill_done)
    struct snapshot_drill snapshot = {.drill = drill, .item = item, .finding = finding};

    return open_snapshot(&snapshot, err);
}

/* --- what else has a key --- */

static enum sealift_status
look_at_key(struct drill *drill, const struct survey_item *item, struct drill_finding *finding,
            struct sealift_error *err)
{
    const struct opened_key *key;

    finding->has_key_check = true;
    memcpy(finding->key_check, item->key_check, sizeof(finding->key_check));
    TRY(opened_keys_by_records(&drill->keys, item->store, &item->fs, item->key_check, &key, err));
    if (key->fs_key != NULL)
        credit(finding, DRILL_RECORD, key);
    memcpy(finding->filesystem, key->filesystem, sizeof(finding->filesystem));
    finding->failure = key->failure;
    opened_keys_release_by_records(&drill->keys, key);
    return SEALIFT_OK;
}

static enum sealift_status
check_at_rest_key(const struct survey_fs *fs, const struct secret *at_rest_key, struct sealift_error *err)
{
    char id[AT_REST_ID_SIZE];

    if (fs->at_rest[0] == '\0')
        return SEALIFT_OK;
    if (at_rest_key == NULL)
        return error_set(err, SEALIFT_KEY,
                         "filesystem %s is encrypted at rest, and its wrapping in the table holds no at-rest key",
                         fs->name);
    TRY(at_rest_identify(at_rest_key, id, err));
    if (strcmp(id, fs->at_rest) != 0)
        return error_set(err, SEALIFT_KEY,
                         "filesystem %s: the at-rest key that its wrapping holds is %s, and it is encrypted under %s",
                         fs->name, id, fs->at_rest);
    return SEALIFT_OK;
}

static enum sealift_status
look_at_filesystem(const struct drill *drill, const struct survey_item *item, struct drill_finding *finding,
                   struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *fs_key = NULL;
    SCOPED(secret_free) struct secret *at_rest_key = NULL;
    struct kms_errand errand = {.fs = item->fs};

    finding->has_key_check = true;
    memcpy(finding->key_check, item->key_check, sizeof(finding->key_check));
    TRY(kms_routes_open(drill->request->routes, &errand, &item->table->envelope, &fs_key, &at_rest_key, err));
    finding->by = errand.by;
    finding->wrapping = DRILL_TABLE;
    return check_at_rest_key(item->table, at_rest_key, err);
}

static enum sealift_status
look(void *context, struct survey_item *item, struct sealift_error *err)
{
    struct drill *drill = context;
    struct drill_finding *finding = item->finding;
    enum sealift_status status;

    switch (item->kind) {
    case SURVEY_SNAPSHOT:
        status = look_at_snapshot(drill, item, finding, err);
        break;
    case SURVEY_KEY:
        status = look_at_key(drill, item, finding, err);
        break;
    default:
        status = look_at_filesystem(drill, item, finding, err);
        break;
    }
    if (error_ends_all(status))
        return status;
    if (status != SEALIFT_OK)
        finding->failure = *err;
    return finding->failure.status == SEALIFT_OK ? SEALIFT_OK : kms_routes_audit_ready(drill->request->routes, err);
}

/* --- what came of it --- */

/* The failure that speaks for all of them has to say whose it is. */
static void
note_first(struct drill_outcome *outcome, const struct survey_item *item, const struct sealift_error *failure)
{
    const struct locator locator = {item->fs, item->upload};
    char text[LOCATOR_SIZE];

    if (outcome->first_failure.status != SEALIFT_OK)
        return;
    outcome->first_failure = *failure;
    locator_format(&locator, text);
    if (item->kind == SURVEY_SNAPSHOT)
        outcome->first_failure.status = error_prefix(&outcome->first_failure, "snapshot %s", text);
}

static void
count(struct drill_outcome *outcome, const struct survey_item *item, const struct sealift_error *failure)
{
    outcome->filesystems += item->kind == SURVEY_FILESYSTEM ? 1 : 0;
    outcome->keys += item->kind == SURVEY_KEY ? 1 : 0;
    outcome->snapshots += item->kind == SURVEY_SNAPSHOT ? 1 : 0;
    if (failure->status == SEALIFT_OK) {
        outcome->opened++;
        return;
    }
    if (failure->status == SEALIFT_UNAVAILABLE)
        outcome->waiting++;
    else
        outcome->failed++;
    note_first(outcome, item, failure);
}

static enum sealift_status
tell(void *context, const struct survey_item *item, struct sealift_error *err)
{
    struct drill *drill = context;
    const struct drill_finding *finding = item->kind == SURVEY_STORE ? NULL : item->finding;

    count(&drill->outcome, item, finding != NULL ? &finding->failure : &item->failure);
    if (finding != NULL) {
        drill->outcome.fetched += finding->fetched;
        progress_add(drill->request->progress, 0, 0, 0, finding->fetched);
    }
    return drill->request->each(drill->request->context, item, finding, err);
}

static void
drill_done(struct drill *drill)
{
    opened_keys_done(&drill->keys);
}

enum sealift_status
drill_run(const struct drill_request *request, struct drill_outcome *ret_outcome, struct sealift_error *err)
{
    SCOPED(drill_done)
    struct drill drill = {
        .request = request,
        .keys = {.world = request->world, .routes = request->routes},
    };
    const struct survey survey = {
        .world = request->world,
        .progress = request->progress,
        .stage = "drill",
        .threads = request->threads,
        .finding_size = sizeof(struct drill_finding),
        .plan = request->plan,
        .name = request->name,
        .plan_context = request->plan_context,
        .look = look,
        .tell = tell,
        .context = &drill,
    };

    TRY(opened_keys_init(&drill.keys, request->threads, err));
    TRY(survey_run(&survey, err));
    *ret_outcome = drill.outcome;
    return SEALIFT_OK;
}
