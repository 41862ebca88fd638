#include "s3_request.h"

#include "heap_search.h"
#include "s3_stage.h"
#include "scoped.h"

#include <signal.h>
#include <sys/wait.h>

TestSuite(s3_request, .init = use_plain_keys, .timeout = 60);

static enum sealift_status
get(struct s3_stage *stage, struct s3_error *refused)
{
    SCOPED(http_answer_done) struct http_answer answer = {0};
    const struct s3_call call = {.act = "GET", .method = "GET", .key = "some key", .query = "x=1"};

    return s3_request(stage->s3, &call, &answer, refused, &stage->err);
}

Test(s3_request, is_signed)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    struct s3_error refused;
    static const char expected[] = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/eu-west-1/s3/aws4_request, "
                                   "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=";

    S3_STAGE_OPEN(&stage, &(struct s3_options){.region = "eu-west-1"}, reply("200 OK", "", "x"));
    cr_assert_eq(get(&stage, &refused), SEALIFT_OK, "%s", stage.err.message);
    ASSERT_LINE(&stage, 0, "GET /b/some%20key?x=1 HTTP/1.1");
    cr_assert_eq(strncmp(header_of(&stage, 0, "authorization"), expected, strlen(expected)), 0, "%s",
                 header_of(&stage, 0, "authorization"));
    cr_assert_str_eq(header_of(&stage, 0, "x-amz-date"), "20261124T144557Z");
    cr_assert_str_eq(header_of(&stage, 0, "x-amz-content-sha256"),
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    cr_assert_str_eq(header_of(&stage, 0, "host"), scripted_server_url(stage.server) + strlen("http://"));
    cr_assert_str_eq(header_of(&stage, 0, "x-amz-security-token"), "");
}

Test(s3_request, carries_and_signs_the_session_token)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    struct s3_error refused;

    setenv("AWS_SESSION_TOKEN", "the token", 1);
    S3_STAGE_OPEN(&stage, NULL, reply("200 OK", "", "x"));
    cr_assert_eq(get(&stage, &refused), SEALIFT_OK);
    cr_assert_str_eq(header_of(&stage, 0, "x-amz-security-token"), "the token");
    cr_assert_not_null(strstr(header_of(&stage, 0, "authorization"), ";x-amz-security-token,"));
}

Test(s3_request, is_tried_again_while_the_store_is_in_trouble)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    struct s3_error refused;

    S3_STAGE_OPEN(&stage, NULL, refusal("503 Slow Down", "SlowDown"), refusal("500 Oops", "InternalError"),
                  refusal("400 Bad Request", "RequestTimeout"), reply("429 Too Many Requests", "", ""),
                  refusal("409 Conflict", "OperationAborted"), reply("200 OK", "", "x"));
    cr_assert_eq(get(&stage, &refused), SEALIFT_OK, "%s", stage.err.message);
    ASSERT_REQUESTS(&stage, 6);
    cr_assert_eq(stage.world.sleeps, 5);
}

Test(s3_request, is_tried_again_after_broken_connections)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    struct s3_error refused;

    S3_STAGE_OPEN(&stage, NULL, "", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", reply("200 OK", "", "x"));
    stage.steps[0].ending = SCRIPTED_CLOSE;
    stage.steps[1].ending = SCRIPTED_CLOSE;
    cr_assert_eq(get(&stage, &refused), SEALIFT_OK, "%s", stage.err.message);
    cr_assert_eq(stage.world.sleeps, 2);
}

Test(s3_request, gives_up_in_the_end)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    const char *down = refusal("503 Slow Down", "SlowDown");
    struct s3_error refused;

    S3_STAGE_OPEN(&stage, NULL, down, down, down, down, down, down, down, down, down, down, down, down, down);
    cr_assert_eq(get(&stage, &refused), SEALIFT_UNAVAILABLE);
    ASSERT_SAYS(stage.err, "GET answered 503 SlowDown");
    ASSERT_SAYS(stage.err, "gave up after 12 tries");
    ASSERT_REQUESTS(&stage, 12);
    cr_assert_str_eq(refused.code, "SlowDown");
    cr_assert_not_null(strstr(stage.world.log, "trying again after: GET answered 503 SlowDown"), "%s", stage.world.log);
}

Test(s3_request, gives_up_soon_on_an_address_where_nobody_ever_answered)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    struct s3_error refused;

    S3_STAGE_OPEN(&stage, NULL, "");
    scripted_server_stop(&stage.server);
    cr_assert_eq(get(&stage, &refused), SEALIFT_UNAVAILABLE);
    ASSERT_SAYS(stage.err, "GET: 127.0.0.1:");
    ASSERT_SAYS(stage.err, "cannot connect: Connection refused; gave up after 4 tries");
    cr_assert_eq(refused.http_status, 0);
}

Test(s3_request, is_not_tried_again_where_it_would_fail_again)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    struct s3_error refused;

    S3_STAGE_OPEN(&stage, NULL, refusal("403 Forbidden", "AccessDenied"));
    cr_assert_eq(get(&stage, &refused), SEALIFT_DENIED);
    ASSERT_REQUESTS(&stage, 1);
    cr_assert_eq(refused.http_status, 403);
    cr_assert_null(strstr(stage.err.message, "tries"));
}

Test(s3_request, follows_the_bucket_to_its_region)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    struct s3_error refused;

    S3_STAGE_OPEN(
        &stage, NULL,
        reply("400 Bad Request", "", "<Error><Code>AuthorizationHeaderMalformed</Code><Region>garage</Region></Error>"),
        reply("200 OK", "", "x"), reply("200 OK", "", "x"));
    cr_assert_eq(get(&stage, &refused), SEALIFT_OK, "%s", stage.err.message);
    cr_assert_not_null(strstr(header_of(&stage, 0, "authorization"), "/us-east-1/s3/"));
    cr_assert_not_null(strstr(header_of(&stage, 1, "authorization"), "/garage/s3/"));
    cr_assert_eq(get(&stage, &refused), SEALIFT_OK);
    cr_assert_not_null(strstr(header_of(&stage, 2, "authorization"), "/garage/s3/"));
    cr_assert_eq(stage.world.sleeps, 0);
}

Test(s3_request, follows_the_header_of_a_redirect_without_body)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    struct s3_error refused;

    S3_STAGE_OPEN(&stage, NULL, reply("301 Moved Permanently", "x-amz-bucket-region: eu-west-3\r\n", ""),
                  reply("200 OK", "", "x"));
    cr_assert_eq(get(&stage, &refused), SEALIFT_OK, "%s", stage.err.message);
    cr_assert_not_null(strstr(header_of(&stage, 1, "authorization"), "/eu-west-3/s3/"));
}

Test(s3_request, is_not_sent_in_circles)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    struct s3_error refused;

    S3_STAGE_OPEN(&stage, NULL, reply("301 Moved Permanently", "x-amz-bucket-region: r-1\r\n", ""),
                  reply("301 Moved Permanently", "x-amz-bucket-region: r-2\r\n", ""));
    cr_assert_eq(get(&stage, &refused), SEALIFT_INVALID);
    ASSERT_SAYS(stage.err, "the bucket's region is r-2");
    ASSERT_REQUESTS(&stage, 2);
}

Test(s3_request, is_signed_by_the_stores_clock_when_ours_is_wrong)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    struct s3_error refused;

    S3_STAGE_OPEN(&stage, NULL,
                  reply("403 Forbidden", "Date: Tue, 24 Nov 2026 17:45:57 GMT\r\n",
                        "<Error><Code>RequestTimeTooSkewed</Code></Error>"),
                  reply("200 OK", "", "x"), reply("200 OK", "", "x"));
    cr_assert_eq(get(&stage, &refused), SEALIFT_OK, "%s", stage.err.message);
    cr_assert_str_eq(header_of(&stage, 0, "x-amz-date"), "20261124T144557Z");
    cr_assert_str_eq(header_of(&stage, 1, "x-amz-date"), "20261124T174557Z");
    cr_assert_eq(get(&stage, &refused), SEALIFT_OK);
    cr_assert_str_eq(header_of(&stage, 2, "x-amz-date"), "20261124T174557Z");
    cr_assert_not_null(strstr(stage.world.log, "10800 s behind"), "%s", stage.world.log);
}

Test(s3_request, blames_the_clock_when_correcting_it_does_not_help)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    const char *skewed = reply("403 Forbidden", "Date: Tue, 24 Nov 2026 17:45:57 GMT\r\n",
                               "<Error><Code>RequestTimeTooSkewed</Code></Error>");
    struct s3_error refused;

    S3_STAGE_OPEN(&stage, NULL, skewed, skewed);
    cr_assert_eq(get(&stage, &refused), SEALIFT_DENIED);
    ASSERT_SAYS(stage.err, "clocks");
    ASSERT_REQUESTS(&stage, 2);
}

Test(s3_request, looks_for_fresh_credentials_when_these_have_expired)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    struct s3_error refused;

    S3_STAGE_OPEN(&stage, NULL, reply("200 OK", "", "x"), refusal("400 Bad Request", "ExpiredToken"),
                  reply("200 OK", "", "x"));
    cr_assert_eq(get(&stage, &refused), SEALIFT_OK);
    setenv("AWS_ACCESS_KEY_ID", "AKIDSECOND", 1);
    cr_assert_eq(get(&stage, &refused), SEALIFT_OK, "%s", stage.err.message);
    cr_assert_not_null(strstr(header_of(&stage, 1, "authorization"), "AKIDEXAMPLE"));
    cr_assert_not_null(strstr(header_of(&stage, 2, "authorization"), "AKIDSECOND"));
}

Test(s3_request, says_where_it_looked_for_credentials)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    struct s3_error refused;

    unsetenv("AWS_ACCESS_KEY_ID");
    S3_STAGE_OPEN(&stage, NULL, "");
    cr_assert_eq(get(&stage, &refused), SEALIFT_DENIED);
    ASSERT_SAYS(stage.err, "$AWS_ACCESS_KEY_ID");
    ASSERT_REQUESTS(&stage, 0);
}

Test(s3_request, stops_when_asked_to)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    struct s3_error refused;

    S3_STAGE_OPEN(&stage, NULL, refusal("503 Slow Down", "SlowDown"));
    stage.steps[0].pause_ms = 200;
    atomic_store(&stage.world.cancel.asked, true);
    cr_assert_eq(get(&stage, &refused), SEALIFT_CANCELLED);
    ASSERT_SAYS(stage.err, "stopped on request");
}

/* --- Secrets --- */

static const char shifted_token[] = "tfttjpo.xijtqfs"; /* "session-whisper" */
static char token_variable[64] = "AWS_SESSION_TOKEN=";

Test(s3_request, leaves_no_trace_of_the_session_token)
{
    struct scripted_world scripted;
    const struct scripted_step steps[] = {{.answer = reply("503 Down", "", "")}, {.answer = reply("200 OK", "", "x")}};
    char url[64], *at = token_variable + strlen(token_variable);
    SCOPED(buf_done) struct buf out = {0};
    struct sealift_error err;
    struct s3 *s3 = NULL;
    unsigned port;
    pid_t server = scripted_server_fork(steps, 2, &port);

    for (size_t i = 0; shifted_token[i] != '\0'; i++)
        at[i] = (char)(shifted_token[i] - 1);
    cr_assert_eq(putenv(token_variable), 0); /* not setenv(), which copies it into the heap */
    scripted_world_init(&scripted, "2026-11-24T14:45:57Z");
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
    cr_assert_eq(s3_new(&scripted.world, &(struct s3_options){.bucket = "b", .endpoint = url}, &s3, &err), SEALIFT_OK);
    cr_assert_eq(s3_get(s3, "k", 10, &out, &err), SEALIFT_OK, "%s", err.message);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    cr_assert_eq(heap_count_shifted(shifted_token), 0);
    s3_free(&s3);
    at = malloc(1000);
    snprintf(at + 500, 500, "%s", token_variable);
    if (heap_count_shifted(shifted_token) == 0)
        cr_skip_test("there is no heap to look at here");
    free(at);
}
