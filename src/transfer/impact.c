#include "impact.h"

#include "error.h"
#include "manifest_fetch.h"
#include "memo.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

/* What is remembered beyond what is being looked at: FS keys, and single wrappings. */
#define REMEMBERED_KEYS      64
#define REMEMBERED_WRAPPINGS 256

struct impact {
    const struct impact_request *request;
    struct memo *keys;             /* struct key_state: an FS key's records */
    struct memo *wrappings;        /* struct proof */
    struct impact_outcome outcome; /* the telling thread's */
};

/* A call that could not be recorded is no matter of the one that it was for, either. */
static bool
ends_all(const struct impact *impact, struct sealift_error *err)
{
    return error_ends_all(err->status) || kms_routes_audit_ready(impact->request->routes, err) != SEALIFT_OK;
}

/* --- one wrapping, opened once however many carry it --- */

struct wrapping_search {
    const struct impact *impact;
    const struct envelope *envelope;
    const struct uuid *snapshot;
};

static enum sealift_status
prove(void *context, void *finding, struct sealift_error *err)
{
    const struct wrapping_search *search = context;
    const struct impact_request *request = search->impact->request;

    return proof_find(request->routes, request->condemned, search->envelope, search->snapshot, finding, err);
}

static void
forget_proof(void *finding)
{
    proof_done(finding);
}

static enum sealift_status
hold_proof(struct impact *impact, const struct envelope *envelope, const struct uuid *snapshot,
           const struct proof **ret_proof, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    struct wrapping_search search = {impact, envelope, snapshot};
    uint8_t name[SHA256_SIZE];
    const void *finding;

    /* With its hint, which decides who is asked. */
    TRY(envelope_to_json(envelope, &text, err));
    TRY(sha256(buf_bytes(&text), name, err));
    TRY(memo_hold(impact->wrappings, name, prove, &search, &finding, err));
    *ret_proof = finding;
    return SEALIFT_OK;
}

/* --- evidence --- */

static enum sealift_status
write_wrapping(const struct impact *impact, const char *object, const struct envelope *envelope,
               const struct proof *proof, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    uint8_t hash[SHA256_SIZE];
    const struct evidence_wrapping wrapping = {
        .object = object,
        .envelope = envelope,
        .sha256 = hash,
        .opens = !proof->opens      ? "nothing"
                 : proof->condemned ? "condemned"
                                    : "other",
        .by = proof->opens ? &proof->by : NULL,
        .problem = proof->opens ? NULL : proof->failure.message,
    };

    if (impact->request->evidence == NULL)
        return SEALIFT_OK;
    TRY(buf_append_text(&text, envelope->wrapped_kek, err));
    TRY(buf_append_bytes(&text, BYTES_OF(envelope->sealed_fs_key), err));
    TRY(sha256(buf_bytes(&text), hash, err));
    return evidence_wrapping(impact->request->evidence, &wrapping, err);
}

/* --- the records of an FS key: all of them, for whoever hides one behind others must not make it count for less --- */

/* What is remembered of an FS key. */
struct key_state {
    struct impact_tally tally;
    struct secret *fs_key; /* NULL: nothing opens */
};

static void
key_state_done(void *finding)
{
    struct key_state *state = finding;

    secret_free(&state->fs_key);
}

struct records_search {
    struct impact *impact;
    struct store *store;
    const struct uuid *fs;
    const uint8_t *key_check;
    bool for_evidence;
    struct key_state *state;
};

static enum sealift_status
write_record(const struct records_search *search, const char *name, const struct buf *text,
             const struct key_record *record, const struct sealift_error *failure, struct sealift_error *err)
{
    struct evidence_object object = {.kind = EVIDENCE_KEY_RECORD, .fs = *search->fs, .size = text->len};

    if (!search->for_evidence || search->impact->request->evidence == NULL)
        return SEALIFT_OK;
    snprintf(object.name, sizeof(object.name), "%s", name);
    object.was_read = text->len > 0;
    TRY(sha256(buf_bytes(text), object.sha256, err));
    object.was_parsed = failure == NULL;
    if (failure == NULL) {
        object.made_ns = record->created_ns;
        memcpy(object.key_check, record->envelope.key_check, sizeof(object.key_check));
    } else {
        object.problem = *failure;
    }
    return evidence_add(search->impact->request->evidence, &object, NULL, err);
}

static enum sealift_status
add_parsed(const struct records_search *search, const char *name, const struct key_record *record,
           struct sealift_error *err)
{
    const struct proof *proof;
    enum sealift_status status = SEALIFT_OK;

    TRY(hold_proof(search->impact, &record->envelope, NULL, &proof, err));
    impact_tally_add(&search->state->tally, proof, IMPACT_RECORD, &record->record);
    if (proof->opens && search->state->fs_key == NULL)
        status = secret_copy(secret_bytes(proof->fs_key), &search->state->fs_key, err);
    if (status == SEALIFT_OK && search->for_evidence)
        status = write_wrapping(search->impact, name, &record->envelope, proof, err);
    memo_release(search->impact->wrappings, proof);
    return status;
}

static enum sealift_status
add_record(void *context, const struct store_object *object, struct sealift_error *err)
{
    const struct records_search *search = context;
    SCOPED(key_record_done) struct key_record record = {0};
    SCOPED(buf_done) struct buf text = {0};
    uint8_t key_check[KEY_CHECK_SIZE];
    struct sealift_error failure;
    struct uuid fs, uuid;

    TRY(world_check_cancel(search->impact->request->world, err));
    if (!name_parse_key_record(object->name, &fs, key_check, &uuid))
        return SEALIFT_OK;
    if (key_record_read(search->store, &fs, key_check, &uuid, &text, &record, &failure) == SEALIFT_OK) {
        TRY(write_record(search, object->name, &text, &record, NULL, err));
        return add_parsed(search, object->name, &record, err);
    }
    if (error_ends_all(failure.status)) {
        *err = failure;
        return err->status;
    }
    impact_tally_add_unread(&search->state->tally, &failure);
    return write_record(search, object->name, &text, NULL, &failure, err);
}

static enum sealift_status
add_records(struct records_search *search, struct sealift_error *err)
{
    char prefix[NAME_SIZE];

    name_of_key_records_of(search->fs, search->key_check, prefix);
    if (store_list(search->store, prefix, NULL, add_record, search, err) == SEALIFT_OK)
        return SEALIFT_OK;
    impact_tally_note_failure(&search->state->tally, err);
    return ends_all(search->impact, err) ? err->status : SEALIFT_OK;
}

static enum sealift_status
find_state(void *context, void *finding, struct sealift_error *err)
{
    struct records_search search = *(const struct records_search *)context;

    search.state = finding;
    return add_records(&search, err);
}

static enum sealift_status
hold_state(struct impact *impact, const struct survey_item *item, const uint8_t key_check[KEY_CHECK_SIZE],
           const struct key_state **ret_state, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    struct records_search search = {.impact = impact, .store = item->store, .fs = &item->fs, .key_check = key_check};
    uint8_t name[SHA256_SIZE];
    const void *finding;

    TRY(buf_append_text(&text, item->url, err));
    TRY(buf_append(&text, "", 1, err));
    TRY(buf_append_bytes(&text, BYTES_OF(item->fs.bytes), err));
    TRY(buf_append(&text, key_check, KEY_CHECK_SIZE, err));
    TRY(sha256(buf_bytes(&text), name, err));
    TRY(memo_hold(impact->keys, name, find_state, &search, &finding, err));
    *ret_state = finding;
    return SEALIFT_OK;
}

/* --- a snapshot --- */

struct snapshot_look {
    struct impact *impact;
    const struct survey_item *item;
    struct impact_finding *finding;
    struct buf text;
    struct manifest manifest;
    bool was_parsed;
    const struct key_state *state; /* held */
    const struct proof *own;       /* held */
};

static void
snapshot_look_done(struct snapshot_look *look)
{
    memo_release(look->impact->wrappings, look->own);
    memo_release(look->impact->keys, look->state);
    manifest_done(&look->manifest);
    buf_done(&look->text);
}

static enum sealift_status
read_names(struct snapshot_look *look, const struct secret *fs_key, struct sealift_error *err)
{
    struct private_part names;

    TRY(manifest_private(&look->manifest, fs_key, &names, err));
    memcpy(look->finding->filesystem, names.filesystem, sizeof(look->finding->filesystem));
    memcpy(look->finding->snapshot, names.snapshot, sizeof(look->finding->snapshot));
    return SEALIFT_OK;
}

/* Which FS key a manifest needs is as little authenticated as all else, until its HMAC is: who alters that would have
 * it judged by a key that it does not need. */
static enum sealift_status
authenticate(struct snapshot_look *look, struct sealift_error *err)
{
    const struct secret *fs_key = look->state->fs_key != NULL ? look->state->fs_key : look->own->fs_key;

    if (fs_key == NULL)
        return SEALIFT_OK;
    TRY(manifest_authenticate(&look->manifest, fs_key, err));
    return read_names(look, fs_key, err);
}

static enum sealift_status
judge_snapshot(struct snapshot_look *look, struct sealift_error *err)
{
    struct impact_finding *finding = look->finding;
    const struct manifest *manifest = &look->manifest;

    finding->has_key_check = true;
    memcpy(finding->key_check, manifest->key_check, sizeof(finding->key_check));
    TRY(hold_state(look->impact, look->item, manifest->key_check, &look->state, err));
    TRY(hold_proof(look->impact, &manifest->envelope, &manifest->upload, &look->own, err));
    finding->tally = look->state->tally;
    impact_tally_add(&finding->tally, look->own, IMPACT_MANIFEST, NULL);
    TRY(authenticate(look, err));
    finding->verdict = impact_tally_judge(&finding->tally);
    return SEALIFT_OK;
}

static enum sealift_status
look_at_manifest(struct snapshot_look *look, struct sealift_error *err)
{
    const struct locator locator = {look->item->fs, look->item->upload};
    enum sealift_status status = manifest_read(look->item->store, &locator, &look->text, &look->manifest, err);

    look->finding->fetched = look->text.len;
    TRY(status);
    look->was_parsed = true;
    return judge_snapshot(look, err);
}

/* "survives: fs/.../keys/....json opens, by key b" */
static void
write_finding(const struct snapshot_look *look, char *out, size_t size)
{
    const struct impact_tally *tally = &look->finding->tally;
    const char *verdict = impact_verdict_name(look->finding->verdict);
    char name[NAME_SIZE] = "its own wrapping";

    if (tally->opened == IMPACT_RECORD)
        name_of_key_record(&look->item->fs, look->finding->key_check, &tally->record, name);
    if (tally->opened == IMPACT_NOTHING || look->finding->problem.status != SEALIFT_OK)
        snprintf(out, size, "%s", verdict);
    else
        snprintf(out, size, "%s: %s opens, by key %s", verdict, name, tally->by.key_identifier);
}

static enum sealift_status
write_snapshot(const struct snapshot_look *look, struct sealift_error *err)
{
    struct evidence *evidence = look->impact->request->evidence;
    struct evidence_object object = {.kind = EVIDENCE_MANIFEST, .fs = look->item->fs, .upload = look->item->upload};
    char finding[NAME_SIZE + 512];

    if (evidence == NULL)
        return SEALIFT_OK;
    name_of_manifest(&object.fs, &object.upload, object.name);
    object.was_read = look->text.len > 0;
    object.size = object.was_read ? look->text.len : look->item->size;
    TRY(sha256(buf_bytes(&look->text), object.sha256, err));
    object.was_parsed = look->was_parsed;
    object.made_ns = look->manifest.published_ns;
    memcpy(object.key_check, look->manifest.key_check, sizeof(object.key_check));
    object.problem = look->finding->problem;
    write_finding(look, finding, sizeof(finding));
    TRY(evidence_add(evidence, &object, finding, err));
    if (look->own == NULL)
        return SEALIFT_OK;
    return write_wrapping(look->impact, object.name, &look->manifest.envelope, look->own, err);
}

static enum sealift_status
look_at_snapshot(struct impact *impact, const struct survey_item *item, struct impact_finding *finding,
                 struct sealift_error *err)
{
    SCOPED(snapshot_look_done)
    struct snapshot_look look = {
        .impact = impact, .item = item, .finding = finding, .text = {.max = MANIFEST_MAX_SIZE + 1}};

    if (look_at_manifest(&look, err) != SEALIFT_OK) {
        if (ends_all(impact, err))
            return err->status;
        finding->problem = *err; /* and it remains unknown */
    }
    return write_snapshot(&look, err);
}

/* --- what else has a key --- */

static enum sealift_status
look_at_key(struct impact *impact, const struct survey_item *item, struct impact_finding *finding,
            struct sealift_error *err)
{
    struct key_state state = {0};
    struct records_search search = {
        .impact = impact,
        .store = item->store,
        .fs = &item->fs,
        .key_check = item->key_check,
        .for_evidence = true,
        .state = &state,
    };
    enum sealift_status status = add_records(&search, err);

    secret_free(&state.fs_key);
    TRY(status);
    finding->tally = state.tally;
    finding->verdict = impact_tally_judge_all(&finding->tally);
    return SEALIFT_OK;
}

static void
check_at_rest_key(const struct survey_fs *fs, const struct proof *proof, struct impact_finding *finding)
{
    if (!proof->opens || fs->at_rest[0] == '\0' || strcmp(proof->at_rest, fs->at_rest) == 0)
        return;
    finding->verdict = IMPACT_UNKNOWN;
    finding->problem.status =
        error_set(&finding->problem, SEALIFT_KEY,
                  "filesystem %s is encrypted at rest under key %s, which its wrapping in the table does not hold",
                  fs->name, fs->at_rest);
}

static enum sealift_status
look_at_filesystem(struct impact *impact, const struct survey_item *item, struct impact_finding *finding,
                   struct sealift_error *err)
{
    const struct envelope *envelope = &item->table->envelope;
    const struct proof *proof;
    enum sealift_status status;

    TRY(hold_proof(impact, envelope, NULL, &proof, err));
    impact_tally_add(&finding->tally, proof, IMPACT_TABLE, NULL);
    finding->verdict = impact_tally_judge(&finding->tally);
    check_at_rest_key(item->table, proof, finding);
    status = write_wrapping(impact, NULL, envelope, proof, err);
    memo_release(impact->wrappings, proof);
    return status;
}

static enum sealift_status
look(void *context, struct survey_item *item, struct sealift_error *err)
{
    struct impact *impact = context;
    struct impact_finding *finding = item->finding;

    if (item->kind == SURVEY_SNAPSHOT)
        return look_at_snapshot(impact, item, finding, err);
    finding->has_key_check = true;
    memcpy(finding->key_check, item->key_check, sizeof(finding->key_check));
    if (item->kind == SURVEY_KEY)
        return look_at_key(impact, item, finding, err);
    return look_at_filesystem(impact, item, finding, err);
}

/* --- what came of it --- */

/* What could not be asked for now may yet tell more, unless it survives anyway. */
static void
note_waiting(struct impact_outcome *outcome, const struct sealift_error *failure)
{
    if (failure->status == SEALIFT_UNAVAILABLE && outcome->waiting.status == SEALIFT_OK)
        outcome->waiting = *failure;
}

/* Whatever the reason is: nobody knows what else is there. */
static void
note_missing(struct impact_outcome *outcome, const struct sealift_error *failure)
{
    if (outcome->waiting.status == SEALIFT_OK)
        outcome->waiting = *failure;
}

static void
count(struct impact_outcome *outcome, const struct impact_finding *finding)
{
    outcome->touched += finding->tally.condemned + finding->tally.claimed > 0 ? 1 : 0;
    outcome->dies += finding->verdict == IMPACT_DIES ? 1 : 0;
    outcome->survives += finding->verdict == IMPACT_SURVIVES ? 1 : 0;
    outcome->claimed += finding->verdict == IMPACT_CLAIMED ? 1 : 0;
    outcome->unknown += finding->verdict == IMPACT_UNKNOWN ? 1 : 0;
    outcome->fetched += finding->fetched;
    if (finding->verdict == IMPACT_SURVIVES)
        return;
    note_waiting(outcome, &finding->tally.failure);
    note_waiting(outcome, &finding->problem);
}

static enum sealift_status
tell(void *context, const struct survey_item *item, struct sealift_error *err)
{
    struct impact *impact = context;
    const struct impact_finding *finding = item->kind == SURVEY_STORE ? NULL : item->finding;

    if (finding != NULL) {
        count(&impact->outcome, finding);
        progress_add(impact->request->progress, 0, 0, 0, finding->fetched);
    } else {
        impact->outcome.unknown++;
        note_missing(&impact->outcome, &item->failure);
    }
    return impact->request->each(impact->request->context, item, finding, err);
}

static void
impact_done(struct impact *impact)
{
    memo_free(&impact->keys);
    memo_free(&impact->wrappings);
}

enum sealift_status
impact_run(const struct impact_request *request, struct impact_outcome *ret_outcome, struct sealift_error *err)
{
    SCOPED(impact_done) struct impact impact = {.request = request};
    const struct survey survey = {
        .world = request->world,
        .progress = request->progress,
        .stage = "impact",
        .threads = request->threads,
        .finding_size = sizeof(struct impact_finding),
        .plan = request->plan,
        .name = request->name,
        .plan_context = request->plan_context,
        .look = look,
        .tell = tell,
        .context = &impact,
    };

    TRY(memo_new(REMEMBERED_KEYS + request->threads, sizeof(struct key_state), key_state_done, &impact.keys, err));
    TRY(memo_new(REMEMBERED_WRAPPINGS + request->threads, sizeof(struct proof), forget_proof, &impact.wrappings, err));
    TRY(survey_run(&survey, err));
    *ret_outcome = impact.outcome;
    return SEALIFT_OK;
}
