#include "survey_plan.h"

#include "error.h"
#include "obs.h"
#include "scoped.h"

#include <string.h>

/* A plan under way. */
struct planning {
    struct survey_plan *plan;
    struct survey_run *run;
    const char *url; /* of the one store that was named */
};

static enum sealift_status
hand_in_fs(void *context, const struct table_fs *row, struct sealift_error *err)
{
    const struct planning *planning = context;
    struct survey_fs fs = {.uuid = row->uuid};

    memcpy(fs.name, row->name, sizeof(fs.name));
    memcpy(fs.at_rest, row->at_rest, sizeof(fs.at_rest));
    TRY(table_fs_envelope(planning->plan->sealift->table, &row->uuid, &fs.envelope, err));
    return survey_filesystem(planning->run, &fs, err);
}

/* A bucket that has lost its marker may have everything else. */
static enum sealift_status
open_store(const struct planning *planning, const struct sealift_obs_spec *spec, bool needs_mark,
           struct store **ret_store, struct sealift_error *err)
{
    SCOPED(store_free) struct store *store = NULL;
    enum sealift_status status;

    TRY(handle_open_obs(planning->plan->sealift, spec, &store, err));
    status = obs_check_mark(store, err);
    if (status != SEALIFT_OK && (needs_mark || status != SEALIFT_NOT_FOUND))
        return status;
    *ret_store = TAKE(store);
    return SEALIFT_OK;
}

static enum sealift_status
hand_in_store(const struct planning *planning, const struct sealift_obs_spec *spec, const char *url, bool needs_mark,
              struct sealift_error *err)
{
    struct store *store;
    struct sealift_error failure;
    enum sealift_status status = open_store(planning, spec, needs_mark, &store, err);

    if (status == SEALIFT_OK)
        return survey_bucket(planning->run, &store, err);
    if (error_ends_all(status))
        return status;
    failure = *err;
    return survey_missing(planning->run, url, &failure, err);
}

static enum sealift_status
hand_in_row(void *context, const struct table_obs *row, struct sealift_error *err)
{
    const struct planning *planning = context;
    const struct sealift_obs_spec spec = {.url = row->name};

    return hand_in_store(planning, &spec, row->url, false, err);
}

static enum sealift_status
leave_out_row(void *context, const struct table_obs *row, struct sealift_error *err)
{
    const struct planning *planning = context;

    (void)err;
    if (strcmp(row->name, planning->url) != 0 && strcmp(row->url, planning->url) != 0)
        planning->plan->left_out++;
    return SEALIFT_OK;
}

/* What the table does not have was most likely mistyped, and then nothing that follows would be an answer. */
static enum sealift_status
check_name(const struct survey_plan *plan, struct sealift_error *err)
{
    struct table_obs row;

    if (plan->obs->url == NULL || strstr(plan->obs->url, "://") != NULL)
        return SEALIFT_OK;
    return table_obs_get(plan->sealift->table, plan->obs->url, &row, err);
}

enum sealift_status
survey_plan_run(void *context, struct survey_run *run, struct sealift_error *err)
{
    struct survey_plan *plan = context;
    struct planning planning = {plan, run, plan->obs->url};

    TRY(check_name(plan, err));
    TRY(table_fs_list(plan->sealift->table, hand_in_fs, &planning, err));
    if (plan->obs->url == NULL)
        return table_obs_list(plan->sealift->table, hand_in_row, &planning, err);
    TRY(table_obs_list(plan->sealift->table, leave_out_row, &planning, err));
    return hand_in_store(&planning, plan->obs, plan->obs->url, true, err);
}

void
survey_plan_name(void *context, const struct uuid *fs, char out[256])
{
    const struct survey_plan *plan = context;
    struct sealift_error ignored;
    struct table_fs row;

    if (table_fs_get_by_uuid(plan->sealift->table, fs, &row, &ignored) == SEALIFT_OK)
        memcpy(out, row.name, sizeof(row.name));
}
