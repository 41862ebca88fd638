#include "drill.h"

#include "at_rest.h"
#include "error.h"
#include "frame_source.h"
#include "key_search.h"
#include "manifest_fetch.h"
#include "memo.h"
#include "scoped.h"

#include <string.h>

/* FS keys that are remembered as opened, or as not to be opened, beyond those that are being looked at: snapshots come
 * by filesystem, so what is asked for again is asked for soon. */
#define REMEMBERED 64

struct drill {
    const struct drill_request *request;
    struct memo *by_records;      /* struct opened_key, by filesystem and key check value */
    struct memo *by_wrapping;     /* struct opened_key, by a manifest's own envelope */
    struct drill_outcome outcome; /* the telling thread's */
};

/* An FS key, or why there is none. */
struct opened_key {
    struct secret *fs_key;        /* NULL: `failure` says why */
    struct sealift_error failure; /* of a key that opens by its records: what these have lost */
    struct uuid record;
    struct kms_hint by;
    char filesystem[256];
};

static void
opened_key_done(void *finding)
{
    struct opened_key *key = finding;

    secret_free(&key->fs_key);
}

/* A KMS or a store that is not there: another wrapping would do no better. */
static bool
is_final(const struct opened_key *key)
{
    return key->failure.status == SEALIFT_UNAVAILABLE;
}

/* --- by key records --- */

struct record_search {
    const struct drill *drill;
    struct store *store;
    const struct uuid *fs;
    const uint8_t *key_check;
};

/* Who has nothing but the bucket needs the names and the at-rest key, too. */
static void
note_what_is_lost(const struct key_found *found, struct opened_key *key)
{
    if (!found->has_names)
        key->failure.status = error_set(&key->failure, SEALIFT_CORRUPT,
                                        "the key opens, and no key record of it has its filesystem's names");
    else if (found->names.encrypted && found->at_rest_key == NULL)
        key->failure.status = error_set(&key->failure, SEALIFT_CORRUPT,
                                        "the key opens, and no key record of it has the at-rest key of its "
                                        "filesystem, which is encrypted");
}

static enum sealift_status
search_records(void *context, void *finding, struct sealift_error *err)
{
    const struct record_search *search = context;
    struct opened_key *key = finding;
    SCOPED(key_found_done) struct key_found found = {0};
    const struct key_search wanted = {
        .store = search->store,
        .routes = search->drill->request->routes,
        .fs = *search->fs,
        .key_check = search->key_check,
        .whole = true,
    };

    if (key_search_run(search->drill->request->world, &wanted, &found, err) != SEALIFT_OK) {
        key->failure = *err;
        return error_ends_all(err->status) ? err->status : SEALIFT_OK;
    }
    note_what_is_lost(&found, key);
    key->record = found.record;
    key->by = found.by;
    memcpy(key->filesystem, found.names.filesystem, sizeof(key->filesystem));
    key->fs_key = TAKE(found.fs_key);
    return SEALIFT_OK;
}

/* A bucket may hold another one's filesystems, copied, and another one's key records for them. */
static enum sealift_status
name_of_search(const struct record_search *search, uint8_t name[SHA256_SIZE], struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};

    TRY(buf_append_text(&text, search->store->url, err));
    TRY(buf_append(&text, "", 1, err));
    TRY(buf_append_bytes(&text, BYTES_OF(search->fs->bytes), err));
    TRY(buf_append(&text, search->key_check, KEY_CHECK_SIZE, err));
    return sha256(buf_bytes(&text), name, err);
}

static enum sealift_status
hold_by_records(struct drill *drill, const struct survey_item *item, const uint8_t key_check[KEY_CHECK_SIZE],
                const struct opened_key **ret_key, struct sealift_error *err)
{
    struct record_search search = {drill, item->store, &item->fs, key_check};
    uint8_t name[SHA256_SIZE];
    const void *finding;

    TRY(name_of_search(&search, name, err));
    TRY(memo_hold(drill->by_records, name, search_records, &search, &finding, err));
    *ret_key = finding;
    return SEALIFT_OK;
}

/* --- by a manifest's own wrapping: many carry the same --- */

struct own_search {
    const struct drill *drill;
    const struct manifest *manifest;
};

static enum sealift_status
search_own(void *context, void *finding, struct sealift_error *err)
{
    const struct own_search *search = context;
    struct opened_key *key = finding;

    struct kms_errand errand = {.fs = search->manifest->fs, .snapshot = search->manifest->upload};

    if (kms_routes_open(search->drill->request->routes, &errand, &search->manifest->envelope, &key->fs_key, NULL,
                        err) != SEALIFT_OK) {
        key->failure = *err;
        return error_ends_all(err->status) ? err->status : SEALIFT_OK;
    }
    key->by = errand.by;
    return SEALIFT_OK;
}

static enum sealift_status
hold_by_own(struct drill *drill, const struct manifest *manifest, const struct opened_key **ret_key,
            struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    struct own_search search = {drill, manifest};
    uint8_t name[SHA256_SIZE];
    const void *finding;

    TRY(envelope_to_json(&manifest->envelope, &text, err));
    TRY(sha256(buf_bytes(&text), name, err));
    TRY(memo_hold(drill->by_wrapping, name, search_own, &search, &finding, err));
    *ret_key = finding;
    return SEALIFT_OK;
}

/* --- a snapshot --- */

struct snapshot_drill {
    struct drill *drill;
    const struct survey_item *item;
    struct drill_finding *finding;
    struct manifest manifest;
    const struct opened_key *by_records, *by_own; /* held */
};

static void
snapshot_drill_done(struct snapshot_drill *snapshot)
{
    memo_release(snapshot->drill->by_wrapping, snapshot->by_own);
    memo_release(snapshot->drill->by_records, snapshot->by_records);
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

/* As a download would: key records first, then the manifest's own wrapping. */
static enum sealift_status
find_key(struct snapshot_drill *snapshot, const struct secret **ret_fs_key, struct sealift_error *err)
{
    struct drill *drill = snapshot->drill;
    const struct opened_key *by_records, *key;

    TRY(hold_by_records(drill, snapshot->item, snapshot->manifest.key_check, &snapshot->by_records, err));
    by_records = key = snapshot->by_records;
    if (key->fs_key == NULL && !is_final(key)) {
        TRY(hold_by_own(drill, &snapshot->manifest, &snapshot->by_own, err));
        key = snapshot->by_own;
    }
    if (key->fs_key == NULL) {
        *err = is_final(key) || by_records->failure.status == SEALIFT_NOT_FOUND ? key->failure : by_records->failure;
        return err->status;
    }
    credit(snapshot->finding, key == snapshot->by_own ? DRILL_MANIFEST : DRILL_RECORD, key);
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
    TRY(hold_by_records(drill, item, item->key_check, &key, err));
    if (key->fs_key != NULL)
        credit(finding, DRILL_RECORD, key);
    memcpy(finding->filesystem, key->filesystem, sizeof(finding->filesystem));
    finding->failure = key->failure;
    memo_release(drill->by_records, key);
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
    memo_free(&drill->by_wrapping);
    memo_free(&drill->by_records);
}

enum sealift_status
drill_run(const struct drill_request *request, struct drill_outcome *ret_outcome, struct sealift_error *err)
{
    SCOPED(drill_done) struct drill drill = {.request = request};
    const size_t most = REMEMBERED + request->threads;
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

    TRY(memo_new(most, sizeof(struct opened_key), opened_key_done, &drill.by_records, err));
    TRY(memo_new(most, sizeof(struct opened_key), opened_key_done, &drill.by_wrapping, err));
    TRY(survey_run(&survey, err));
    *ret_outcome = drill.outcome;
    return SEALIFT_OK;
}
