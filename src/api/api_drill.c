#include "drill.h"
#include "error.h"
#include "handle.h"
#include "scoped.h"
#include "session.h"
#include "survey_keyed.h"
#include "survey_plan.h"

#include <inttypes.h>

struct drill_telling {
    sealift_each_drilled *each;
    void *context;
};

static const char *
result_name(const struct sealift_error *failure)
{
    if (failure->status == SEALIFT_OK)
        return "opens";
    return failure->status == SEALIFT_UNAVAILABLE ? "waits" : "fails";
}

static const char *
wrapping_name(enum drill_wrapping wrapping)
{
    static const char *const names[] = {
        [DRILL_NOTHING] = NULL,
        [DRILL_TABLE] = "table",
        [DRILL_RECORD] = "record",
        [DRILL_MANIFEST] = "manifest",
    };

    return names[wrapping];
}

static enum sealift_status
tell(void *context, const struct survey_item *item, const struct drill_finding *finding, struct sealift_error *err)
{
    static const struct drill_finding none = {0};
    const struct drill_telling *telling = context;
    const struct sealift_error *failure = finding != NULL ? &finding->failure : &item->failure;
    const struct drill_finding *found = finding != NULL ? finding : &none;
    const struct survey_opened opened = {
        .filesystem = found->filesystem,
        .snapshot = found->snapshot,
        .key_check = found->has_key_check ? found->key_check : NULL,
        .wrapping = wrapping_name(found->wrapping),
        .record = found->wrapping == DRILL_RECORD ? &found->record : NULL,
        .by = &found->by,
        .problem = failure->status != SEALIFT_OK ? failure->message : NULL,
    };
    struct survey_keyed keyed = {0};
    struct sealift_drilled drilled = {.result = result_name(failure), .fetched = found->fetched};

    survey_keyed_fill(&keyed, item, &opened);
    drilled.keyed = keyed.keyed;
    return telling->each(telling->context, &drilled, err);
}

static enum sealift_status
judge(const struct drill_outcome *outcome, struct sealift_error *err)
{
    if (outcome->first_failure.status == SEALIFT_OK)
        return SEALIFT_OK;
    *err = outcome->first_failure;
    return error_prefix(err, "%" PRIu64 " of %" PRIu64 " cannot be opened; the first",
                        outcome->failed + outcome->waiting, outcome->opened + outcome->failed + outcome->waiting);
}

static enum sealift_status
run(struct sealift *sealift, const struct sealift_drill_spec *spec, struct drill_request *request,
    struct sealift_drill_result *ret_result, struct sealift_error *err)
{
    SCOPED(session_end) struct session session = {0};
    struct drill_outcome outcome;

    TRY(session_begin(sealift, &spec->transfer, 0, &session, err));
    request->progress = session.progress;
    request->threads = session.budget.connections;
    TRY(drill_run(request, &outcome, err));
    *ret_result = (struct sealift_drill_result){
        .filesystems = outcome.filesystems,
        .keys = outcome.keys,
        .snapshots = outcome.snapshots,
        .opened = outcome.opened,
        .waiting = outcome.waiting,
        .failed = outcome.failed,
        .fetched = outcome.fetched,
        .seconds = progress_seconds(session.progress),
    };
    return judge(&outcome, err);
}

enum sealift_status
sealift_kms_drill(struct sealift *sealift, const struct sealift_drill_spec *spec, sealift_each_drilled *each,
                  void *context, struct sealift_drill_result *ret_result, struct sealift_error *err)
{
    struct survey_plan plan = {.sealift = sealift, .obs = &spec->obs};
    struct drill_telling telling = {each, context};
    struct drill_request request = {
        .world = &sealift->world,
        .plan = survey_plan_run,
        .name = survey_plan_name,
        .plan_context = &plan,
        .each = tell,
        .context = &telling,
    };

    TRY(handle_need_table(sealift, err));
    TRY(handle_routes(sealift, &request.routes, err));
    kms_routes_be_impatient(request.routes);
    return run(sealift, spec, &request, ret_result, err);
}
