#include "s3_web_identity.h"

#include "aws_files.h"
#include "scoped.h"

TestSuite(s3_web_identity, .init = forget_aws, .timeout = 60);

#define ASSUMED(expiration)                                                                                            \
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA1</"            \
    "AccessKeyId>"                                                                                                     \
    "<SecretAccessKey>ss</SecretAccessKey><SessionToken>st</SessionToken>" expiration                                  \
    "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"

static struct sealift_error err;

/* Assumes the role "arn" at a token service that gives these answers, which a NULL ends. */
static enum sealift_status
assume(const char *const *answers, struct s3_credentials *ret_credentials, size_t *ret_requests)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch = {0};
    SCOPED(scripted_server_stop) struct scripted_server *server = NULL;
    struct scripted_step steps[8] = {0};
    struct scripted_world scripted;
    enum sealift_status status;
    size_t count = 0;

    for (; answers[count] != NULL; count++)
        steps[count].answer = answers[count];
    server = scripted_server_start(steps, count, NULL);
    scripted_world_init(&scripted, "2026-11-24T14:45:57Z");
    scratch_folder_make(&scratch);
    write_file(scratch_folder_at(&scratch, "token"), "hunter2");
    setenv("AWS_ENDPOINT_URL_STS", scripted_server_url(server), 1);
    status = s3_web_identity_assume(
        &scripted.world,
        &(struct s3_web_identity){.token_file = scratch_folder_at(&scratch, "token"), .role_arn = "arn"},
        ret_credentials, &err);
    *ret_requests = scripted_server_requests(server);
    return status;
}

#define ASSUME(credentials, requests, ...) assume((const char *const[]){__VA_ARGS__, NULL}, credentials, requests)

Test(s3_web_identity, gives_credentials_until_they_expire)
{
    SCOPED(s3_credentials_done) struct s3_credentials found = {0};
    size_t requests;
    char expires[32];

    cr_assert_eq(
        ASSUME(&found, &requests, reply("200 OK", "", ASSUMED("<Expiration>2026-11-24T15:45:57Z</Expiration>"))),
        SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(found.access_key_id, "ASIA1");
    cr_assert_str_eq(secret_text(found.secret_key), "ss");
    cr_assert_str_eq(secret_text(found.session_token), "st");
    time_format(found.expires_ns, expires);
    cr_assert_str_eq(expires, "2026-11-24T15:45:57Z");
}

Test(s3_web_identity, tries_again_while_the_service_is_in_trouble)
{
    SCOPED(s3_credentials_done) struct s3_credentials found = {0};
    size_t requests;

    cr_assert_eq(ASSUME(&found, &requests, reply("503 Down", "", ""),
                        reply("400 Bad Request", "",
                              "<ErrorResponse><Error><Code>IDPCommunicationError</Code></Error></ErrorResponse>"),
                        reply("200 OK", "", ASSUMED("<Expiration>2026-11-24T15:45:57Z</Expiration>"))),
                 SEALIFT_OK, "%s", err.message);
    cr_assert_eq(requests, 3);
}

Test(s3_web_identity, says_which_role_is_refused)
{
    struct s3_credentials found = {0};
    size_t requests;

    cr_assert_eq(ASSUME(&found, &requests,
                        reply("403 Forbidden", "",
                              "<ErrorResponse><Error><Code>AccessDenied</Code>"
                              "<Message>Not authorized</Message></Error></ErrorResponse>")),
                 SEALIFT_DENIED);
    ASSERT_SAYS(err, "the role arn is not given");
    ASSERT_SAYS(err, "403 AccessDenied Not authorized");
    cr_assert_null(strstr(err.message, "hunter2"));
    cr_assert_eq(requests, 1);
}

Test(s3_web_identity, refuses_answers_that_make_no_sense)
{
    struct s3_credentials found = {0};
    size_t requests;

    cr_assert_eq(ASSUME(&found, &requests, reply("200 OK", "", "<Other/>")), SEALIFT_CORRUPT);
    ASSERT_SAYS(err, "holds no credentials");
    cr_assert_eq(ASSUME(&found, &requests, reply("200 OK", "", ASSUMED(""))), SEALIFT_CORRUPT);
    cr_assert_eq(ASSUME(&found, &requests, reply("200 OK", "", ASSUMED("<Expiration>soon</Expiration>"))),
                 SEALIFT_CORRUPT);
    ASSERT_SAYS(err, "expire at no time");
}
