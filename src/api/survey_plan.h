/* What a survey goes through: the table's filesystems, and one store, or all that the table knows. */
#ifndef SURVEY_PLAN_H
#define SURVEY_PLAN_H

#include "handle.h"
#include "survey.h"

struct survey_plan {
    struct sealift *sealift;            /* with its table */
    const struct sealift_obs_spec *obs; /* without a URL: all */
    uint64_t left_out;                  /* out: stores of the table that were not gone through */
};

/* survey->plan and survey->name; `context` is the plan. */
enum sealift_status survey_plan_run(void *context, struct survey_run *run, struct sealift_error *err);
void survey_plan_name(void *context, const struct uuid *fs, char out[256]);

#endif
