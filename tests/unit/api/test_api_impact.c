#include "fixture_home.h"

#include <criterion/criterion.h>
#include <string.h>

static struct fixture fixture;

static void
set_up(void)
{
    fixture_init(&fixture, true);
}

static void
tear_down(void)
{
    fixture_done(&fixture);
}

TestSuite(api_impact, .init = set_up, .fini = tear_down);

static enum sealift_status
count_impacted(void *context, const struct sealift_impacted *impacted, struct sealift_error *err)
{
    unsigned *told = context;

    (void)err;
    cr_assert_str_eq(impacted->keyed.kind, "store");
    cr_assert_str_eq(impacted->verdict, "unknown");
    (*told)++;
    return SEALIFT_OK;
}

static enum sealift_status
tell_no_drilled(void *context, const struct sealift_drilled *drilled, struct sealift_error *err)
{
    (void)context;
    (void)drilled;
    (void)err;
    cr_assert_fail("nothing was to be drilled");
    return SEALIFT_OK;
}

Test(api_impact, of_a_store_that_the_table_does_not_have_is_refused)
{
    const struct sealift_impact_spec spec = {.obs.url = "mistyped"};
    struct sealift_impact_result result;
    unsigned told = 0;

    fixture_expect(&fixture, sealift_kms_impact(fixture.sealift, &spec, count_impacted, &told, &result, &fixture.err),
                   SEALIFT_NOT_FOUND, "mistyped");
    cr_assert_eq(told, 0u);
}

Test(api_impact, of_a_store_that_is_not_there_is_no_success)
{
    const struct sealift_impact_spec spec = {.obs.url = "file:///nowhere/at/all"};
    struct sealift_impact_result result = {.safe = true};
    unsigned told = 0;

    fixture_expect(&fixture, sealift_kms_impact(fixture.sealift, &spec, count_impacted, &told, &result, &fixture.err),
                   SEALIFT_NOT_FOUND, "the list is not complete");
    cr_assert_eq(told, 1u);
    cr_assert_eq(result.unknown, 1u);
    cr_assert_not(result.safe);
}

Test(api_impact, a_drill_of_a_store_that_the_table_does_not_have_is_refused)
{
    const struct sealift_drill_spec spec = {.obs.url = "mistyped"};
    struct sealift_drill_result result;

    fixture_expect(&fixture, sealift_kms_drill(fixture.sealift, &spec, tell_no_drilled, NULL, &result, &fixture.err),
                   SEALIFT_NOT_FOUND, "mistyped");
}
