#include "condemned_key.h"
#include "error.h"
#include "handle.h"
#include "impact.h"
#include "scoped.h"
#include "session.h"
#include "survey_keyed.h"
#include "survey_plan.h"

#include <string.h>

struct impact_telling {
    sealift_each_impacted *each;
    void *context;
};

static const char *
wrapping_name(enum impact_wrapping wrapping)
{
    static const char *const names[] = {
        [IMPACT_NOTHING] = NULL,
        [IMPACT_TABLE] = "table",
        [IMPACT_RECORD] = "record",
        [IMPACT_MANIFEST] = "manifest",
    };

    return names[wrapping];
}

/* What was shown needs no excuse; of what was not, the reason. */
static const char *
problem_of(const struct survey_item *item, const struct impact_finding *finding)
{
    if (item->kind == SURVEY_STORE)
        return item->failure.message;
    if (finding->problem.status != SEALIFT_OK)
        return finding->problem.message;
    if (finding->verdict == IMPACT_DIES || finding->verdict == IMPACT_SURVIVES)
        return NULL;
    return finding->tally.failure.status != SEALIFT_OK ? finding->tally.failure.message : NULL;
}

static enum sealift_status
tell(void *context, const struct survey_item *item, const struct impact_finding *finding, struct sealift_error *err)
{
    static const struct impact_finding none = {0};
    const struct impact_telling *telling = context;
    const struct impact_finding *found = finding != NULL ? finding : &none;
    const struct impact_tally *tally = &found->tally;
    const struct survey_opened opened = {
        .filesystem = found->filesystem,
        .snapshot = found->snapshot,
        .key_check = found->has_key_check ? found->key_check : NULL,
        .wrapping = wrapping_name(tally->opened),
        .record = tally->opened == IMPACT_RECORD ? &tally->record : NULL,
        .by = &tally->by,
        .problem = problem_of(item, found),
    };
    struct survey_keyed keyed = {0};
    struct sealift_impacted impacted = {
        .verdict = impact_verdict_name(found->verdict),
        .wrappings = tally->wrappings,
        .condemned = tally->condemned,
        .others = tally->others,
        .unopened = tally->wrappings - tally->condemned - tally->others,
    };

    survey_keyed_fill(&keyed, item, &opened);
    impacted.keyed = keyed.keyed;
    return telling->each(telling->context, &impacted, err);
}

/* --- the run --- */

struct impact_job {
    struct sealift *sealift;
    const struct sealift_impact_spec *spec;
    struct condemned_key key;
    struct survey_plan plan;
    struct session session;
    struct evidence *evidence;
};

static void
job_done(struct impact_job *job)
{
    evidence_free(&job->evidence);
    session_end(&job->session);
    condemned_key_done(&job->key);
}

static enum sealift_status
begin_evidence(struct impact_job *job, struct sealift_error *err)
{
    struct evidence_header header = {.command = job->key.command, .store = job->spec->obs.url};
    struct table_obs row;

    if (job->spec->evidence == NULL)
        return SEALIFT_OK;
    if (header.store != NULL && strstr(header.store, "://") == NULL) {
        TRY(table_obs_get(job->sealift->table, header.store, &row, err));
        header.store = row.url;
    }
    return evidence_begin(&job->sealift->world, job->spec->evidence, &header, &job->evidence, err);
}

/* Kept also when something could not be asked: the file says so, and what was found is found. */
static enum sealift_status
end_evidence(struct impact_job *job, const struct sealift_impact_result *result, const struct sealift_error *waiting,
             struct sealift_error *err)
{
    const struct evidence_verdicts verdicts = {
        .dies = result->dies,
        .survives = result->survives,
        .claimed = result->claimed,
        .unknown = result->unknown,
        .safe = result->safe,
    };

    TRY(evidence_verdicts(job->evidence, &verdicts, err));
    TRY(evidence_settle(job->evidence, err));
    return evidence_end(job->evidence, waiting->status != SEALIFT_OK ? waiting : NULL, err);
}

static enum sealift_status
run(struct impact_job *job, struct impact_telling *telling, struct impact_outcome *ret_outcome,
    struct sealift_error *err)
{
    struct impact_request request = {
        .world = &job->sealift->world,
        .condemned = &job->key.condemned,
        .evidence = job->evidence,
        .progress = job->session.progress,
        .threads = job->session.budget.connections,
        .plan = survey_plan_run,
        .name = survey_plan_name,
        .plan_context = &job->plan,
        .each = tell,
        .context = telling,
    };

    TRY(handle_routes(job->sealift, &request.routes, err));
    kms_routes_be_impatient(request.routes);
    job->key.kms->impatient = true;
    return impact_run(&request, ret_outcome, err);
}

/* Claims alone never make a key safe to destroy, and neither does what was not looked at; nor that nothing was found,
 * for then it was looked for in the wrong place. */
static bool
is_safe(const struct impact_outcome *outcome, uint64_t left_out)
{
    return outcome->survives > 0 && outcome->dies == 0 && outcome->claimed == 0 && outcome->unknown == 0 &&
           left_out == 0 && outcome->waiting.status == SEALIFT_OK;
}

/* Most likely its name was mistyped, and the right one is not safe to destroy at all. */
static void
warn_of_a_stranger(const struct impact_job *job, const struct impact_outcome *outcome)
{
    const struct kms_hint *place = &job->key.condemned.place;

    if (outcome->survives == 0 || outcome->touched > 0)
        return;
    world_log(&job->sealift->world, LOG_WARNING,
              "nothing that was looked at opens by %s key %s%s%s, or names it: is it the one that is meant?",
              place->type, place->key_identifier, place->name_space[0] != '\0' ? " in namespace " : "",
              place->name_space);
}

static enum sealift_status
work(struct impact_job *job, struct impact_telling *telling, struct sealift_impact_result *ret_result,
     struct sealift_error *err)
{
    struct impact_outcome outcome;

    TRY(condemned_key_open(job->sealift, job->spec, &job->key, err));
    TRY(session_begin(job->sealift, &job->spec->transfer, 0, &job->session, err));
    TRY(begin_evidence(job, err));
    TRY(run(job, telling, &outcome, err));
    warn_of_a_stranger(job, &outcome);
    *ret_result = (struct sealift_impact_result){
        .dies = outcome.dies,
        .survives = outcome.survives,
        .claimed = outcome.claimed,
        .unknown = outcome.unknown,
        .stores_left_out = job->plan.left_out,
        .safe = is_safe(&outcome, job->plan.left_out),
        .fetched = outcome.fetched,
        .seconds = progress_seconds(job->session.progress),
    };
    TRY(end_evidence(job, ret_result, &outcome.waiting, err));
    if (outcome.waiting.status == SEALIFT_OK)
        return SEALIFT_OK;
    *err = outcome.waiting;
    return error_prefix(err, "the list is not complete, something could not be looked at");
}

enum sealift_status
sealift_kms_impact(struct sealift *sealift, const struct sealift_impact_spec *spec, sealift_each_impacted *each,
                   void *context, struct sealift_impact_result *ret_result, struct sealift_error *err)
{
    SCOPED(job_done) struct impact_job job = {.sealift = sealift, .spec = spec};
    struct impact_telling telling = {each, context};

    job.plan = (struct survey_plan){.sealift = sealift, .obs = &spec->obs};
    return work(&job, &telling, ret_result, err);
}
