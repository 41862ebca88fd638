#include "s3_retry.h"

#include "scripted_world.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW (1800000000 * NS_PER_S)

static const struct s3_signed plainly = {.wall_ns = NOW, .region = "us-east-1"};
static const struct s3_signed with_token = {.wall_ns = NOW, .region = "us-east-1", .temporary = true};

static enum s3_remedy
remedy(int http_status, const char *code)
{
    struct s3_error error = {.http_status = http_status, .date_ns = NOW};

    memcpy(error.code, code, strlen(code));
    return s3_retry_remedy(&error, &plainly);
}

Test(s3_retry, waits_where_the_store_is_in_trouble)
{
    cr_assert_eq(remedy(500, "InternalError"), S3_REMEDY_WAIT);
    cr_assert_eq(remedy(503, "SlowDown"), S3_REMEDY_WAIT);
    cr_assert_eq(remedy(503, ""), S3_REMEDY_WAIT);
    cr_assert_eq(remedy(502, ""), S3_REMEDY_WAIT);
    cr_assert_eq(remedy(504, ""), S3_REMEDY_WAIT);
    cr_assert_eq(remedy(429, ""), S3_REMEDY_WAIT);
    cr_assert_eq(remedy(408, ""), S3_REMEDY_WAIT);
    cr_assert_eq(remedy(400, "RequestTimeout"), S3_REMEDY_WAIT);
    cr_assert_eq(remedy(409, "OperationAborted"), S3_REMEDY_WAIT);
    cr_assert_eq(remedy(409, "ConditionalRequestConflict"), S3_REMEDY_WAIT);
}

Test(s3_retry, does_nothing_about_what_would_fail_again)
{
    cr_assert_eq(remedy(400, "InvalidRequest"), S3_REMEDY_NONE);
    cr_assert_eq(remedy(403, "AccessDenied"), S3_REMEDY_NONE);
    cr_assert_eq(remedy(403, "InvalidObjectState"), S3_REMEDY_NONE);
    cr_assert_eq(remedy(404, "NoSuchKey"), S3_REMEDY_NONE);
    cr_assert_eq(remedy(409, "BucketAlreadyExists"), S3_REMEDY_NONE);
    cr_assert_eq(remedy(412, "PreconditionFailed"), S3_REMEDY_NONE);
    cr_assert_eq(remedy(501, "NotImplemented"), S3_REMEDY_NONE);
    cr_assert_eq(remedy(507, ""), S3_REMEDY_NONE);
    cr_assert_eq(remedy(301, "PermanentRedirect"), S3_REMEDY_NONE); /* it does not say to where */
}

Test(s3_retry, goes_to_the_region_that_the_answer_names)
{
    const struct s3_error moved = {.http_status = 301, .region = "eu-west-1"};
    const struct s3_error malformed = {
        .http_status = 400, .code = "AuthorizationHeaderMalformed", .region = "eu-west-1"};
    const struct s3_error same = {.http_status = 400, .code = "InvalidRequest", .region = "us-east-1"};
    const struct s3_error missing = {.http_status = 404, .code = "NoSuchKey", .region = "eu-west-1"};

    cr_assert_eq(s3_retry_remedy(&moved, &plainly), S3_REMEDY_REGION);
    cr_assert_eq(s3_retry_remedy(&malformed, &plainly), S3_REMEDY_REGION);
    cr_assert_eq(s3_retry_remedy(&same, &plainly), S3_REMEDY_NONE);
    cr_assert_eq(s3_retry_remedy(&missing, &plainly), S3_REMEDY_NONE);
}

Test(s3_retry, signs_by_the_stores_clock_when_they_differ)
{
    struct s3_error skewed = {.http_status = 403, .code = "RequestTimeTooSkewed", .date_ns = NOW + 1000 * NS_PER_S};

    cr_assert_eq(s3_retry_remedy(&skewed, &plainly), S3_REMEDY_CLOCK);
    skewed.date_ns = NOW - 1000 * NS_PER_S;
    cr_assert_eq(s3_retry_remedy(&skewed, &plainly), S3_REMEDY_CLOCK);
    skewed.code[0] = '\0'; /* a HEAD */
    cr_assert_eq(s3_retry_remedy(&skewed, &plainly), S3_REMEDY_CLOCK);
    skewed.date_ns = NOW + 60 * NS_PER_S; /* then it was something else */
    cr_assert_eq(s3_retry_remedy(&skewed, &plainly), S3_REMEDY_NONE);
    skewed.date_ns = 0;
    cr_assert_eq(s3_retry_remedy(&skewed, &plainly), S3_REMEDY_NONE);
}

Test(s3_retry, looks_for_fresh_credentials_when_these_have_expired)
{
    const struct s3_error expired = {.http_status = 400, .code = "ExpiredToken", .date_ns = NOW};
    const struct s3_error of_a_head = {.http_status = 400, .date_ns = NOW};

    cr_assert_eq(s3_retry_remedy(&expired, &plainly), S3_REMEDY_CREDENTIALS);
    cr_assert_eq(s3_retry_remedy(&of_a_head, &with_token), S3_REMEDY_CREDENTIALS);
    cr_assert_eq(s3_retry_remedy(&of_a_head, &plainly), S3_REMEDY_NONE);
}

static unsigned
count_tries(bool known, struct scripted_world *scripted)
{
    struct s3_retry retry = s3_retry_begin();
    unsigned tries = 1;

    scripted_world_init(scripted, "2026-11-24T14:45:57Z");
    while (s3_retry_again(&retry, S3_REMEDY_WAIT, known, &scripted->world))
        tries++;
    return tries;
}

Test(s3_retry, has_more_patience_with_a_store_that_it_knows)
{
    struct scripted_world scripted;

    cr_assert_eq(count_tries(false, &scripted), 4);
    cr_assert_lt(scripted.slept_ns, 2 * NS_PER_S);
    cr_assert_eq(count_tries(true, &scripted), 12);
    cr_assert_gt(scripted.slept_ns, 10 * NS_PER_S);
    cr_assert_lt(scripted.slept_ns, 120 * NS_PER_S);
}

static unsigned
count_tries_that_take(int64_t each_ns)
{
    struct scripted_world scripted;
    struct s3_retry retry = s3_retry_begin();
    unsigned tries = 0;

    scripted_world_init(&scripted, "2026-11-24T14:45:57Z");
    do {
        tries++;
        scripted.clock.sleep_ns(&scripted.clock, each_ns, &scripted.cancel);
    } while (s3_retry_again(&retry, S3_REMEDY_WAIT, true, &scripted.world));
    return tries;
}

Test(s3_retry, loses_patience_when_every_try_stalls)
{
    cr_assert_eq(count_tries_that_take(NS_PER_S), 12);
    cr_assert_leq(count_tries_that_take(30 * NS_PER_S), 6);
    cr_assert_eq(count_tries_that_take(600 * NS_PER_S), 5, "but a slow line may break more than once");
}

Test(s3_retry, applies_what_needs_no_waiting_once)
{
    struct scripted_world scripted;
    struct s3_retry retry = s3_retry_begin();

    scripted_world_init(&scripted, "2026-11-24T14:45:57Z");
    cr_assert(s3_retry_again(&retry, S3_REMEDY_REGION, true, &scripted.world));
    cr_assert(s3_retry_again(&retry, S3_REMEDY_CLOCK, true, &scripted.world));
    cr_assert(s3_retry_again(&retry, S3_REMEDY_CREDENTIALS, true, &scripted.world));
    cr_assert_not(s3_retry_again(&retry, S3_REMEDY_REGION, true, &scripted.world));
    cr_assert_not(s3_retry_again(&retry, S3_REMEDY_CLOCK, true, &scripted.world));
    cr_assert_not(s3_retry_again(&retry, S3_REMEDY_CREDENTIALS, true, &scripted.world));
    cr_assert_not(s3_retry_again(&retry, S3_REMEDY_NONE, true, &scripted.world));
    cr_assert_eq(scripted.sleeps, 0);
    cr_assert(s3_retry_again(&retry, S3_REMEDY_WAIT, true, &scripted.world));
}

Test(s3_retry, stops_when_asked_to)
{
    struct scripted_world scripted;
    struct s3_retry retry = s3_retry_begin();

    scripted_world_init(&scripted, "2026-11-24T14:45:57Z");
    atomic_store(&scripted.cancel.asked, true);
    cr_assert_not(s3_retry_again(&retry, S3_REMEDY_WAIT, true, &scripted.world));
    cr_assert_not(s3_retry_again(&retry, S3_REMEDY_REGION, true, &scripted.world));
}
