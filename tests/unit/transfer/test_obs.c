#include "obs.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static void
expect(const struct sealift_obs_spec *spec, enum sealift_status status, const char *word)
{
    struct sealift_error err = {0};

    cr_assert_eq(obs_check(spec, &err), status, "%s: %s", spec->url, err.message);
    if (status != SEALIFT_OK)
        cr_assert_not_null(strstr(err.message, word), "%s: %s", spec->url, err.message);
}

Test(obs, takes_urls_of_buckets_and_directories)
{
    expect(&(struct sealift_obs_spec){.url = "s3://bucket"}, SEALIFT_OK, "");
    expect(&(struct sealift_obs_spec){.url = "s3://bucket/"}, SEALIFT_OK, "");
    expect(&(struct sealift_obs_spec){.url = "s3://my.bucket/team-a/dr_1/"}, SEALIFT_OK, "");
    expect(&(struct sealift_obs_spec){.url = "file:///srv/dr"}, SEALIFT_OK, "");
}

Test(obs, says_what_is_wrong_with_others)
{
    expect(&(struct sealift_obs_spec){.url = "dr"}, SEALIFT_INVALID, "nor the name");
    expect(&(struct sealift_obs_spec){.url = "http://host/bucket"}, SEALIFT_INVALID, "s3://bucket/prefix");
    expect(&(struct sealift_obs_spec){.url = "s3://"}, SEALIFT_INVALID, "no bucket");
    expect(&(struct sealift_obs_spec){.url = "s3://ab"}, SEALIFT_INVALID, "no bucket");
    expect(&(struct sealift_obs_spec){.url = "s3://bucket/a//b"}, SEALIFT_INVALID, "single");
    expect(&(struct sealift_obs_spec){.url = "s3://bucket/../b"}, SEALIFT_INVALID, "prefix");
    expect(&(struct sealift_obs_spec){.url = "s3://bucket/.."}, SEALIFT_INVALID, "prefix");
    expect(&(struct sealift_obs_spec){.url = "s3://bucket/a/.."}, SEALIFT_INVALID, "prefix");
    expect(&(struct sealift_obs_spec){.url = "s3://bucket/a/.hidden"}, SEALIFT_INVALID, "prefix");
    expect(&(struct sealift_obs_spec){.url = "s3://bucket/a b"}, SEALIFT_INVALID, "prefix");
    expect(&(struct sealift_obs_spec){.url = "file://srv/dr"}, SEALIFT_INVALID, "absolute");
}

Test(obs, refuses_options_that_do_not_fit)
{
    expect(&(struct sealift_obs_spec){.url = "file:///srv/dr", .region = "eu"}, SEALIFT_INVALID, "region");
    expect(&(struct sealift_obs_spec){.url = "file:///srv/dr", .lock_days = 3}, SEALIFT_INVALID, "Object Lock");
    expect(&(struct sealift_obs_spec){.url = "s3://bucket", .addressing = "odd"}, SEALIFT_INVALID, "virtual");
    expect(&(struct sealift_obs_spec){.url = "s3://bucket", .lock_mode = "governance"}, SEALIFT_INVALID, "days");
    expect(&(struct sealift_obs_spec){.url = "s3://bucket", .lock_mode = "odd", .lock_days = 1}, SEALIFT_INVALID,
           "compliance");
}

Test(obs, options_survive_the_table)
{
    SCOPED(buf_done) struct buf text = {0};
    SCOPED(obs_options_free) struct obs_options *options = NULL;
    const struct sealift_obs_spec spec = {
        .endpoint = "http://127.0.0.1:8333",
        .region = "us-east-1",
        .storage_class = "STANDARD_IA",
        .lock_mode = "compliance",
        .lock_days = 30,
    };
    struct sealift_obs_spec back;
    struct sealift_error err;

    cr_assert_eq(obs_options_to_json(&spec, &text, &err), SEALIFT_OK);
    cr_assert_eq(obs_options_from_json(buf_bytes(&text), &options, &back, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(back.endpoint, spec.endpoint);
    cr_assert_str_eq(back.region, spec.region);
    cr_assert_str_eq(back.storage_class, spec.storage_class);
    cr_assert_str_eq(back.lock_mode, spec.lock_mode);
    cr_assert_eq(back.lock_days, 30);
    cr_assert_null(back.profile);
}

Test(obs, merging_keeps_what_is_not_given)
{
    struct sealift_obs_spec spec = {.url = "s3://bucket", .region = "us-east-1", .endpoint = "http://a"};

    obs_spec_merge(&spec, &(struct sealift_obs_spec){.endpoint = "http://b"});
    cr_assert_str_eq(spec.endpoint, "http://b");
    cr_assert_str_eq(spec.region, "us-east-1");
    cr_assert_str_eq(spec.url, "s3://bucket");
}

Test(obs, merging_an_empty_text_takes_an_option_back)
{
    struct sealift_obs_spec spec = {.url = "s3://bucket", .region = "us-east-1"};

    obs_spec_merge(&spec, &(struct sealift_obs_spec){.region = ""});
    cr_assert_null(spec.region);
}

Test(obs, merging_takes_back_what_means_nothing_alone)
{
    struct sealift_obs_spec spec = {
        .sse = "aws:kms", .sse_kms_key_id = "key", .lock_mode = "governance", .lock_days = 30};

    obs_spec_merge(&spec, &(struct sealift_obs_spec){.sse = ""});
    cr_assert_null(spec.sse);
    cr_assert_null(spec.sse_kms_key_id);
    cr_assert_eq(spec.lock_days, 30);
    obs_spec_merge(&spec, &(struct sealift_obs_spec){.lock_mode = ""});
    cr_assert_null(spec.lock_mode);
    cr_assert_eq(spec.lock_days, 0);
}
