#include "s3_metadata.h"

#include "aws_files.h"
#include "scoped.h"

TestSuite(s3_metadata, .init = forget_aws, .timeout = 60);

static struct sealift_error err;

static const char credentials[] =
    "{\"Code\":\"Success\",\"AccessKeyId\":\"ASIA2\",\"SecretAccessKey\":\"ms\",\"Token\":\"mt\","
    "\"Expiration\":\"2026-11-24T15:45:57Z\"}";

typedef enum sealift_status ask(const struct world *world, bool *ret_found, struct s3_credentials *ret_credentials,
                                struct sealift_error *err);

static enum sealift_status
find(ask *service, bool *ret_found, struct s3_credentials *ret_credentials)
{
    struct scripted_world scripted;

    scripted_world_init(&scripted, "2026-11-24T14:45:57Z");
    return service(&scripted.world, ret_found, ret_credentials, &err);
}

static void
assert_found(ask *service)
{
    SCOPED(s3_credentials_done) struct s3_credentials found = {0};
    bool is_found = false;
    char expires[32];

    cr_assert_eq(find(service, &is_found, &found), SEALIFT_OK, "%s", err.message);
    cr_assert(is_found);
    cr_assert_str_eq(found.access_key_id, "ASIA2");
    cr_assert_str_eq(secret_text(found.secret_key), "ms");
    cr_assert_str_eq(secret_text(found.session_token), "mt");
    time_format(found.expires_ns, expires);
    cr_assert_str_eq(expires, "2026-11-24T15:45:57Z");
}

static void
assert_absent(ask *service)
{
    struct s3_credentials found = {0};
    bool is_found = true;

    cr_assert_eq(find(service, &is_found, &found), SEALIFT_OK, "%s", err.message);
    cr_assert_not(is_found);
}

static void
assert_fails(ask *service, enum sealift_status status, const char *because)
{
    struct s3_credentials found = {0};
    bool is_found;

    cr_assert_eq(find(service, &is_found, &found), status, "%s", err.message);
    ASSERT_SAYS(err, because);
    cr_assert_null(found.secret_key);
}

/* --- The container's service --- */

static struct scripted_server *
start_container(const struct scripted_step *step)
{
    struct scripted_server *server = scripted_server_start(step, 1, NULL);
    char url[128];

    snprintf(url, sizeof(url), "%s/v1/credentials?id=7", scripted_server_url(server));
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
    return server;
}

Test(s3_metadata, is_told_by_the_environment_where_the_container_asks)
{
    const struct scripted_step step = {.answer = reply("200 OK", "", credentials)};
    SCOPED(scripted_server_stop) struct scripted_server *server = NULL;

    assert_absent(s3_metadata_container);
    server = start_container(&step);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc", 1);
    assert_found(s3_metadata_container);
    cr_assert(scripted_server_saw_line(server, 0, "GET /v1/credentials?id=7 HTTP/1.1"));
    cr_assert_str_eq(scripted_server_saw_header(server, 0, "authorization"), "Basic abc");
}

Test(s3_metadata, prefers_the_token_file_because_it_is_rotated)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch = {0};
    const struct scripted_step step = {.answer = reply("200 OK", "", credentials)};
    SCOPED(scripted_server_stop) struct scripted_server *server = start_container(&step);

    scratch_folder_make(&scratch);
    write_file(scratch_folder_at(&scratch, "token"), "from the file\n");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "from the environment", 1);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", scratch_folder_at(&scratch, "token"), 1);
    assert_found(s3_metadata_container);
    cr_assert_str_eq(scripted_server_saw_header(server, 0, "authorization"), "from the file");
}

Test(s3_metadata, sends_no_token_to_strangers_without_tls)
{
    static const char *const strangers[] = {
        "http://example.com/",
        "http://127.0.0.1.example.com/",
        "http://169.254.170.3/",
        "http://[fd00:ec2::24]/",
    };

    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret", 1);
    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", strangers[i], 1);
        assert_fails(s3_metadata_container, SEALIFT_DENIED, "without TLS");
    }
}

static void
assert_container_fails(const char *answer, enum sealift_status status, const char *because)
{
    const struct scripted_step step = {.answer = answer};
    SCOPED(scripted_server_stop) struct scripted_server *server = start_container(&step);

    assert_fails(s3_metadata_container, status, because);
    cr_assert_eq(scripted_server_requests(server), 1);
}

Test(s3_metadata, reports_a_container_service_that_refuses)
{
    assert_container_fails(reply("403 Forbidden", "", "{}"), SEALIFT_DENIED, "answered 403");
    assert_container_fails(reply("500 Oops", "", ""), SEALIFT_UNAVAILABLE, "answered 500");
    assert_container_fails(reply("200 OK", "", "{\"AccessKeyId\":\"A\"}"), SEALIFT_DENIED, "no secret access key");
}

/* --- The instance's service --- */

static struct scripted_server *
start_instance(const struct scripted_step *steps, size_t count)
{
    struct scripted_server *server = scripted_server_start(steps, count, NULL);

    unsetenv("AWS_EC2_METADATA_DISABLED");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", scripted_server_url(server), 1);
    return server;
}

Test(s3_metadata, opens_a_session_with_the_instance_first)
{
    const struct scripted_step steps[] = {
        {.answer = reply("200 OK", "", "the+session==")},
        {.answer = reply("200 OK", "", "my role\nanother")},
        {.answer = reply("200 OK", "", credentials)},
    };
    SCOPED(scripted_server_stop) struct scripted_server *server = start_instance(steps, 3);

    assert_found(s3_metadata_instance);
    cr_assert(scripted_server_saw_line(server, 0, "PUT /latest/api/token HTTP/1.1"));
    cr_assert_str_eq(scripted_server_saw_header(server, 0, "x-aws-ec2-metadata-token-ttl-seconds"), "300");
    cr_assert(scripted_server_saw_line(server, 1, "GET /latest/meta-data/iam/security-credentials/ HTTP/1.1"));
    cr_assert_str_eq(scripted_server_saw_header(server, 1, "x-aws-ec2-metadata-token"), "the+session==");
    cr_assert(scripted_server_saw_line(server, 2, "GET /latest/meta-data/iam/security-credentials/my%20role HTTP/1.1"));
    cr_assert_str_eq(scripted_server_saw_header(server, 2, "x-aws-ec2-metadata-token"), "the+session==");
}

Test(s3_metadata, asks_nobody_when_it_is_disabled)
{
    const struct scripted_step step = {.answer = reply("200 OK", "", "session")};
    SCOPED(scripted_server_stop) struct scripted_server *server = start_instance(&step, 1);

    setenv("AWS_EC2_METADATA_DISABLED", "TRUE", 1);
    assert_absent(s3_metadata_instance);
    cr_assert_eq(scripted_server_requests(server), 0);
}

Test(s3_metadata, takes_silence_for_no_instance)
{
    const struct scripted_step old = {.answer = reply("404 Not Found", "", "")};
    SCOPED(scripted_server_stop) struct scripted_server *server = start_instance(&old, 1);

    assert_absent(s3_metadata_instance);
    scripted_server_stop(&server); /* and now nobody listens */
    assert_absent(s3_metadata_instance);
}

Test(s3_metadata, knows_an_instance_without_a_role)
{
    const struct scripted_step steps[] = {
        {.answer = reply("200 OK", "", "session")},
        {.answer = reply("404 Not Found", "", "no role")},
        {.answer = reply("200 OK", "", "session")},
        {.answer = reply("200 OK", "", "")},
    };
    SCOPED(scripted_server_stop) struct scripted_server *server = start_instance(steps, 4);

    assert_absent(s3_metadata_instance);
    assert_absent(s3_metadata_instance);
    cr_assert_eq(scripted_server_requests(server), 4);
}

Test(s3_metadata, reports_an_instance_service_that_fails_in_the_middle)
{
    const struct scripted_step steps[] = {
        {.answer = reply("200 OK", "", "session")}, {.answer = reply("200 OK", "", "role")},
        {.answer = reply("503 Down", "", "")},      {.answer = reply("200 OK", "", "session")},
        {.answer = reply("200 OK", "", "role")},    {.answer = reply("200 OK", "", "not JSON")},
    };
    SCOPED(scripted_server_stop) struct scripted_server *server = start_instance(steps, 6);

    assert_fails(s3_metadata_instance, SEALIFT_UNAVAILABLE, "answered 503");
    assert_fails(s3_metadata_instance, SEALIFT_CORRUPT, scripted_server_url(server));
}
