#include "s3_credential_chain.h"

#include "aws_files.h"
#include "scoped.h"

TestSuite(s3_credential_chain, .init = forget_aws, .timeout = 60);

static struct sealift_error err;

static enum sealift_status
find(const char *profile, struct s3_credentials *ret_credentials)
{
    struct scripted_world scripted;
    const struct s3_credential_chain chain = {.profile = profile};

    scripted_world_init(&scripted, "2026-11-24T14:45:57Z");
    return s3_credential_chain_find(&chain, &scripted.world, ret_credentials, &err);
}

static void
assert_found(const char *profile, const char *id, const char *secret, const char *token)
{
    SCOPED(s3_credentials_done) struct s3_credentials found = {0};

    cr_assert_eq(find(profile, &found), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(found.access_key_id, id);
    cr_assert_str_eq(secret_text(found.secret_key), secret);
    if (token == NULL)
        cr_assert_null(found.session_token);
    else
        cr_assert_str_eq(secret_text(found.session_token), token);
}

static void
assert_fails(const char *profile, enum sealift_status status, const char *because)
{
    struct s3_credentials found = {0};

    cr_assert_eq(find(profile, &found), status, "%s", err.message);
    ASSERT_SAYS(err, because);
    cr_assert_null(strstr(err.message, "hunter2"));
}

Test(s3_credential_chain, begins_with_the_environment)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch = {0};

    scratch_folder_make(&scratch);
    use_aws_files(&scratch, NULL, "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n");
    assert_found(NULL, "FILE", "s", NULL);
    setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "es", 1);
    assert_found(NULL, "ENV", "es", NULL);
    setenv("AWS_SESSION_TOKEN", "et", 1);
    assert_found(NULL, "ENV", "es", "et");
}

Test(s3_credential_chain, does_not_pass_over_half_a_pair_of_keys)
{
    setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
    assert_fails(NULL, SEALIFT_DENIED, "$AWS_ACCESS_KEY_ID: there is an access key id, but no secret access key");
}

Test(s3_credential_chain, looks_only_at_the_profile_that_is_named)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch = {0};

    scratch_folder_make(&scratch);
    use_aws_files(&scratch, "[profile empty]\nregion = r\n",
                  "[ops]\naws_access_key_id = OPS\naws_secret_access_key = s\naws_session_token = t\n");
    setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "hunter2", 1);
    assert_found("ops", "OPS", "s", "t");
    assert_fails("empty", SEALIFT_DENIED, "the AWS profile empty holds no credentials");
    assert_fails("nowhere", SEALIFT_NOT_FOUND, "no AWS profile nowhere");
}

Test(s3_credential_chain, hears_aws_profile)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch = {0};

    scratch_folder_make(&scratch);
    use_aws_files(
        &scratch, NULL,
        "[default]\naws_access_key_id=D\naws_secret_access_key=d\n[a]\naws_access_key_id=A\naws_secret_access_key=a\n");
    setenv("AWS_PROFILE", "a", 1);
    assert_found(NULL, "A", "a", NULL);
}

Test(s3_credential_chain, leaves_what_it_does_not_do_to_the_aws_tools)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch = {0};

    scratch_folder_make(&scratch);
    use_aws_files(&scratch,
                  "[profile process]\ncredential_process = /bin/true\n"
                  "[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\naws_access_key_id = WRONG\n"
                  "[profile sso]\nsso_session = corp\n",
                  NULL);
    assert_fails("process", SEALIFT_INVALID, "uses credential_process");
    assert_fails("process", SEALIFT_INVALID, "aws configure export-credentials --profile process");
    assert_fails("role", SEALIFT_INVALID, "uses source_profile");
    assert_fails("sso", SEALIFT_INVALID, "uses sso_session");
}

Test(s3_credential_chain, says_what_to_do_when_there_are_none)
{
    assert_fails(NULL, SEALIFT_DENIED, "set $AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY");
}

/* --- Web identity --- */

static const char assumed[] =
    "<AssumeRoleWithWebIdentityResponse "
    "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult>"
    "<Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>ss</SecretAccessKey><SessionToken>st</SessionToken>"
    "<Expiration>2026-11-24T15:45:57Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
    "</AssumeRoleWithWebIdentityResponse>";

Test(s3_credential_chain, assumes_the_role_of_the_environments_web_identity)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch = {0};
    const struct scripted_step step = {.answer = reply("200 OK", "", assumed)};
    SCOPED(scripted_server_stop) struct scripted_server *server = scripted_server_start(&step, 1, NULL);

    scratch_folder_make(&scratch);
    write_file(scratch_folder_at(&scratch, "token"), "jwt+1");
    setenv("AWS_ENDPOINT_URL_STS", scripted_server_url(server), 1);
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", scratch_folder_at(&scratch, "token"), 1);
    setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/r", 1);
    setenv("AWS_ROLE_SESSION_NAME", "host-1", 1);
    assert_found(NULL, "ASIA1", "ss", "st");
    cr_assert_str_eq(scripted_server_body(server, 0),
                     "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"
                     "&RoleSessionName=host-1&WebIdentityToken=jwt%2B1");
}

Test(s3_credential_chain, assumes_the_role_of_a_profiles_web_identity)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch = {0};
    const struct scripted_step step = {.answer = reply("200 OK", "", assumed)};
    SCOPED(scripted_server_stop) struct scripted_server *server = scripted_server_start(&step, 1, NULL);
    char config[1024];

    scratch_folder_make(&scratch);
    write_file(scratch_folder_at(&scratch, "token"), "jwt");
    snprintf(
        config, sizeof(config),
        "[profile k8s]\nrole_arn = arn\nweb_identity_token_file = %s\n[profile half]\nweb_identity_token_file = x\n",
        scratch_folder_at(&scratch, "token"));
    use_aws_files(&scratch, config, NULL);
    setenv("AWS_ENDPOINT_URL_STS", scripted_server_url(server), 1);
    assert_found("k8s", "ASIA1", "ss", "st");
    cr_assert_not_null(strstr(scripted_server_body(server, 0), "&RoleSessionName=sealift&WebIdentityToken=jwt"));
    assert_fails("half", SEALIFT_INVALID, "no role_arn");
}

Test(s3_credential_chain, does_not_pass_over_a_token_file_that_is_not_there)
{
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token", 1);
    setenv("AWS_ROLE_ARN", "arn", 1);
    assert_fails(NULL, SEALIFT_NOT_FOUND, "/nonexistent/token");
}

/* --- Container and instance, in their places --- */

static const char metadata[] =
    "{\"Code\":\"Success\",\"AccessKeyId\":\"ASIA2\",\"SecretAccessKey\":\"ms\",\"Token\":\"mt\","
    "\"Expiration\":\"2026-11-24T15:45:57Z\"}";

Test(s3_credential_chain, asks_the_container_before_the_instance)
{
    const struct scripted_step step = {.answer = reply("200 OK", "", metadata)};
    SCOPED(scripted_server_stop) struct scripted_server *server = scripted_server_start(&step, 1, NULL);

    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", scripted_server_url(server), 1);
    assert_found(NULL, "ASIA2", "ms", "mt");
}

Test(s3_credential_chain, ends_with_the_instance)
{
    const struct scripted_step steps[] = {
        {.answer = reply("200 OK", "", "session")},
        {.answer = reply("200 OK", "", "role")},
        {.answer = reply("200 OK", "", metadata)},
    };
    SCOPED(scripted_server_stop) struct scripted_server *server = scripted_server_start(steps, 3, NULL);

    unsetenv("AWS_EC2_METADATA_DISABLED");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", scripted_server_url(server), 1);
    assert_found(NULL, "ASIA2", "ms", "mt");
}
