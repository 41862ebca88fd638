#include "s3_error.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

static struct s3_error
parse(const char *body)
{
    struct s3_error error = {.http_status = 400};

    s3_error_parse_body(bytes_of_text(body), &error);
    return error;
}

Test(s3_error, reads_code_message_and_region)
{
    struct s3_error error =
        parse("<?xml version=\"1.0\"?><Error xmlns=\"http://s3/\"><Code>AuthorizationHeaderMalformed</Code>"
              "<Message>the region 'us-east-1' is wrong; expecting 'eu-central-1'</Message>"
              "<Region>eu-central-1</Region><Header>If-None-Match</Header></Error>");

    cr_assert_str_eq(error.code, "AuthorizationHeaderMalformed");
    cr_assert_str_eq(error.message, "the region 'us-east-1' is wrong; expecting 'eu-central-1'");
    cr_assert_str_eq(error.region, "eu-central-1");
    cr_assert_str_eq(error.header, "If-None-Match");
}

Test(s3_error, reads_the_token_services_errors_too)
{
    cr_assert_str_eq(parse("<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>").code,
                     "AccessDenied");
}

Test(s3_error, knows_nothing_from_anything_else)
{
    static const char *const others[] = {
        "",
        "<html><body>502</body></html>",
        "{\"code\":\"x\"}",
        "<Error><Code>cut",
        "<Errors><Code>x</Code></Errors>",
        "<!DOCTYPE Error [<!ENTITY c 'x'>]><Error><Code>&c;</Code></Error>",
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        cr_assert_str_eq(parse(others[i]).code, "", "%s", others[i]);
}

/* A store that is not what it seems must not lead us to another host, or into another header. */
Test(s3_error, believes_no_region_that_is_no_name)
{
    cr_assert_str_eq(parse("<Error><Region>evil.example.com/</Region></Error>").region, "");
    cr_assert_str_eq(parse("<Error><Region>eu central</Region></Error>").region, "");
    cr_assert_str_eq(parse("<Error><Region>EU</Region></Error>").region, "");
    cr_assert_str_eq(parse("<Error><Region></Region></Error>").region, "");
}

Test(s3_error, cuts_what_is_too_long)
{
    char body[8192];
    struct s3_error error;

    memset(body, 'x', sizeof(body));
    memcpy(body, "<Error><Code>", 13);
    memcpy(body + 2000, "</Code></Error>", 16);
    error = parse(body);
    cr_assert_eq(strlen(error.code), sizeof(error.code) - 1);
}

static struct http_answer
answer(int status, const char *headers, const char *body)
{
    struct http_answer made = {.status = status};

    cr_assert_eq(buf_append_text(&made.headers, headers, &err), SEALIFT_OK);
    cr_assert_eq(buf_append_text(&made.text, body, &err), SEALIFT_OK);
    return made;
}

Test(s3_error, takes_region_and_date_from_the_headers_of_an_answer_without_body)
{
    SCOPED(http_answer_done)
    struct http_answer redirect =
        answer(301, "date: Tue, 24 Nov 2026 14:45:57 GMT\nx-amz-bucket-region: eu-west-1\n", "");
    struct s3_error error;
    char date[32];

    s3_error_read(&redirect, &error);
    cr_assert_eq(error.http_status, 301);
    cr_assert_str_eq(error.code, "");
    cr_assert_str_eq(error.region, "eu-west-1");
    time_format(error.date_ns, date);
    cr_assert_str_eq(date, "2026-11-24T14:45:57Z");
}

Test(s3_error, lives_without_a_date)
{
    SCOPED(http_answer_done)
    struct http_answer odd = answer(503, "date: half past ten\n", "<Error><Code>SlowDown</Code></Error>");
    struct s3_error error;

    s3_error_read(&odd, &error);
    cr_assert_eq(error.date_ns, 0);
    cr_assert_str_eq(error.code, "SlowDown");
}

static void
assert_reported(const struct s3_error *error, const char *act, enum sealift_status status, const char *expected)
{
    cr_assert_eq(s3_error_report(error, act, &err), status, "%s", err.message);
    cr_assert_eq(err.status, status);
    cr_assert_not_null(strstr(err.message, expected), "%s", err.message);
}

Test(s3_error, says_what_each_code_means_and_what_to_do)
{
    static const struct {
        int http_status;
        const char *code;
        enum sealift_status status;
        const char *expected;
    } cases[] = {
        {404, "NoSuchBucket", SEALIFT_INVALID, "GET answered 404 NoSuchBucket; there is no such bucket: create it"},
        {404, "NoSuchKey", SEALIFT_NOT_FOUND, "no such object"},
        {403, "InvalidAccessKeyId", SEALIFT_DENIED, "does not know this access key id"},
        {403, "SignatureDoesNotMatch", SEALIFT_DENIED, "check $AWS_SECRET_ACCESS_KEY"},
        {400, "ExpiredToken", SEALIFT_DENIED, "renew them"},
        {403, "RequestTimeTooSkewed", SEALIFT_DENIED, "set them"},
        {403, "InvalidObjectState", SEALIFT_CONFLICT, "archived: bring it back first"},
        {400, "EntityTooLarge", SEALIFT_INVALID, "larger than the store takes"},
        {400, "InvalidStorageClass", SEALIFT_INVALID, "--storage-class"},
        {416, "InvalidRange", SEALIFT_CORRUPT, "shorter than it should be"},
        {400, "BadDigest", SEALIFT_CORRUPT, "not those that were sent"},
        {412, "PreconditionFailed", SEALIFT_CONFLICT, "such an object already"},
        {503, "SlowDown", SEALIFT_UNAVAILABLE, "overloaded"},
        {409, "OperationAborted", SEALIFT_UNAVAILABLE, "somebody else"},
        {301, "PermanentRedirect", SEALIFT_INVALID, "--region"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct s3_error error = {.http_status = cases[i].http_status};

        memcpy(error.code, cases[i].code, strlen(cases[i].code));
        assert_reported(&error, "GET", cases[i].status, cases[i].expected);
    }
}

Test(s3_error, names_the_permission_to_ask_for)
{
    const struct s3_error denied = {.http_status = 403, .code = "AccessDenied", .message = "Access Denied"};

    assert_reported(&denied, "PUT", SEALIFT_DENIED,
                    "the store says: Access Denied; ask for the permission s3:PutObject");
    assert_reported(&denied, "DELETE", SEALIFT_DENIED, "s3:DeleteObject");
    assert_reported(&denied, "LIST", SEALIFT_DENIED, "s3:ListBucket");
    assert_reported(&denied, "GET", SEALIFT_DENIED, "s3:GetObject");
    assert_reported(&(struct s3_error){.http_status = 403}, "HEAD", SEALIFT_DENIED, "HEAD answered 403; ask for");
}

Test(s3_error, doubts_the_endpoint_when_the_answer_is_none_of_s3)
{
    assert_reported(&(struct s3_error){.http_status = 400}, "LIST", SEALIFT_INVALID, "whether it begins with https");
    assert_reported(&(struct s3_error){.http_status = 400}, "HEAD", SEALIFT_INVALID, "HEAD answered 400");
}

Test(s3_error, names_the_region_of_the_bucket)
{
    const struct s3_error malformed = {
        .http_status = 400, .code = "AuthorizationHeaderMalformed", .region = "eu-west-1"};

    assert_reported(&malformed, "PUT", SEALIFT_INVALID, "the bucket's region is eu-west-1");
}

Test(s3_error, goes_by_the_http_status_where_it_does_not_know_the_code)
{
    static const struct {
        int http_status;
        enum sealift_status status;
    } cases[] = {
        {400, SEALIFT_INVALID},     {401, SEALIFT_DENIED},      {403, SEALIFT_DENIED},      {404, SEALIFT_NOT_FOUND},
        {405, SEALIFT_INVALID},     {408, SEALIFT_UNAVAILABLE}, {409, SEALIFT_CONFLICT},    {412, SEALIFT_CONFLICT},
        {416, SEALIFT_CORRUPT},     {429, SEALIFT_UNAVAILABLE}, {500, SEALIFT_UNAVAILABLE}, {501, SEALIFT_INVALID},
        {502, SEALIFT_UNAVAILABLE}, {507, SEALIFT_DENIED},      {301, SEALIFT_INVALID},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct s3_error error = {.http_status = cases[i].http_status, .code = "Odd", .message = "its words"};

        assert_reported(&error, "GET", cases[i].status, "Odd; the store says: its words");
    }
    assert_reported(&(struct s3_error){.http_status = 404}, "HEAD", SEALIFT_NOT_FOUND,
                    "no such object, or no such bucket");
}
