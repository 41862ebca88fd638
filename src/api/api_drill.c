#include "drill.h"
#include "error.h"
#include "handle.h"
#include "scoped.h"
#include "session.h"
#include "survey_plan.h"
#include "text.h"

#include <inttypes.h>

struct drill_telling {
    sealift_each_drilled *each;
    void *context;
};

/* One line, with all that its strings point to. */
struct drill_line {
    struct sealift_drilled drilled;
    char fs[UUID_TEXT_SIZE], record[UUID_TEXT_SIZE], locator[LOCATOR_SIZE], key_check[2 * KEY_CHECK_SIZE + 1];
};

static const char *
or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static const char *
kind_name(enum survey_kind kind)
{
    static const char *const names[] = {
        [SURVEY_STORE] = "store",
        [SURVEY_FILESYSTEM] = "filesystem",
        [SURVEY_KEY] = "key",
        [SURVEY_SNAPSHOT] = "snapshot",
    };

    return names[kind];
}

static const char *
result_name(const struct sealift_error *failure)
{
    if (failure->status == SEALIFT_OK)
        return "opens";
    return failure->status == SEALIFT_UNAVAILABLE ? "waits" : "fails";
}

static void
show_item(struct drill_line *line, const struct survey_item *item)
{
    const struct locator locator = {item->fs, item->upload};

    line->drilled.kind = kind_name(item->kind);
    line->drilled.obs = or_null(item->url);
    line->drilled.filesystem = or_null(item->filesystem);
    if (item->kind != SURVEY_STORE) {
        uuid_format(&item->fs, line->fs);
        line->drilled.filesystem_id = line->fs;
    }
    if (item->kind == SURVEY_SNAPSHOT) {
        locator_format(&locator, line->locator);
        line->drilled.locator = line->locator;
    }
}

static void
show_wrapping(struct drill_line *line, const struct drill_finding *finding)
{
    static const char *const names[] = {
        [DRILL_NOTHING] = NULL,
        [DRILL_TABLE] = "table",
        [DRILL_RECORD] = "record",
        [DRILL_MANIFEST] = "manifest",
    };
    struct sealift_drilled *drilled = &line->drilled;

    drilled->wrapping = names[finding->wrapping];
    if (finding->wrapping == DRILL_NOTHING)
        return;
    if (finding->wrapping == DRILL_RECORD) {
        uuid_format(&finding->record, line->record);
        drilled->record = line->record;
    }
    drilled->kms_type = finding->by.type;
    drilled->kms_namespace = or_null(finding->by.name_space);
    drilled->kms_mount = or_null(finding->by.mount);
    drilled->kms_key_identifier = finding->by.key_identifier;
    drilled->kms_key_version = finding->by.key_version;
}

static void
show_finding(struct drill_line *line, const struct drill_finding *finding)
{
    struct sealift_drilled *drilled = &line->drilled;

    show_wrapping(line, finding);
    if (finding->has_key_check) {
        hex_encode(BYTES_OF(finding->key_check), line->key_check);
        drilled->key_check = line->key_check;
    }
    if (drilled->filesystem == NULL)
        drilled->filesystem = or_null(finding->filesystem);
    drilled->snapshot = or_null(finding->snapshot);
    drilled->fetched = finding->fetched;
}

static enum sealift_status
tell(void *context, const struct survey_item *item, const struct drill_finding *finding, struct sealift_error *err)
{
    const struct drill_telling *telling = context;
    const struct sealift_error *failure = finding != NULL ? &finding->failure : &item->failure;
    struct drill_line line = {0};

    show_item(&line, item);
    if (finding != NULL)
        show_finding(&line, finding);
    line.drilled.result = result_name(failure);
    line.drilled.problem = failure->status != SEALIFT_OK ? failure->message : NULL;
    return telling->each(telling->context, &line.drilled, err);
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
    return run(sealift, spec, &request, ret_result, err);
}
