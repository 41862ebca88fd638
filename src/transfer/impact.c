#include "impact.h"

#include "error.h"
#include "impact_look.h"
#include "scoped.h"

#include <string.h>

/* What is remembered beyond what is being looked at: FS keys, and single wrappings. */
#define REMEMBERED_KEYS      64
#define REMEMBERED_WRAPPINGS 256

struct impact {
    struct impact_look look;
    struct impact_outcome outcome; /* the telling thread's */
};

/* --- what is remembered --- */

static void
forget_key(void *finding)
{
    struct impact_key *key = finding;

    secret_free(&key->fs_key);
}

static void
forget_proof(void *finding)
{
    proof_done(finding);
}

static enum sealift_status
begin_to_remember(struct impact_look *look, struct sealift_error *err)
{
    const size_t threads = look->request->threads;

    TRY(memo_new(REMEMBERED_KEYS + threads, sizeof(struct impact_key), forget_key, &look->keys, err));
    return memo_new(REMEMBERED_WRAPPINGS + threads, sizeof(struct proof), forget_proof, &look->wrappings, err);
}

static void
impact_done(struct impact *impact)
{
    memo_free(&impact->look.keys);
    memo_free(&impact->look.wrappings);
}

/* --- what the table has --- */

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
look_at_filesystem(const struct impact_look *look, const struct survey_item *item, struct impact_finding *finding,
                   struct sealift_error *err)
{
    const struct envelope *envelope = &item->table->envelope;
    const struct proof *proof;
    enum sealift_status status;

    TRY(impact_hold_proof(look, envelope, NULL, &proof, err));
    impact_tally_add(&finding->tally, proof, IMPACT_TABLE, NULL);
    finding->verdict = impact_tally_judge(&finding->tally);
    check_at_rest_key(item->table, proof, finding);
    status = impact_write_wrapping(look, NULL, envelope, proof, err);
    impact_release_proof(look, proof);
    return status;
}

static enum sealift_status
look(void *context, struct survey_item *item, struct sealift_error *err)
{
    const struct impact *impact = context;
    struct impact_finding *finding = item->finding;

    if (item->kind == SURVEY_SNAPSHOT)
        return impact_look_at_snapshot(&impact->look, item, finding, err);
    finding->has_key_check = true;
    memcpy(finding->key_check, item->key_check, sizeof(finding->key_check));
    if (item->kind == SURVEY_KEY)
        return impact_look_at_key(&impact->look, item, finding, err);
    return look_at_filesystem(&impact->look, item, finding, err);
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
        progress_add(impact->look.request->progress, 0, 0, 0, finding->fetched);
    } else {
        impact->outcome.unknown++;
        note_missing(&impact->outcome, &item->failure);
    }
    return impact->look.request->each(impact->look.request->context, item, finding, err);
}

enum sealift_status
impact_run(const struct impact_request *request, struct impact_outcome *ret_outcome, struct sealift_error *err)
{
    SCOPED(impact_done) struct impact impact = {.look.request = request};
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

    TRY(begin_to_remember(&impact.look, err));
    TRY(survey_run(&survey, err));
    *ret_outcome = impact.outcome;
    return SEALIFT_OK;
}
