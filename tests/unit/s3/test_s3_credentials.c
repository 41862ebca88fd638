#include "s3_credentials.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

static enum sealift_status
make(const char *id, const char *secret, const char *token, struct s3_credentials *ret)
{
    return s3_credentials_make("here", bytes_of_text(id), bytes_of_text(secret), bytes_of_text(token), 7, ret, &err);
}

Test(s3_credentials, are_copied)
{
    SCOPED(s3_credentials_done) struct s3_credentials made = {0}, copy = {0};

    cr_assert_eq(make("AKID", "secret", "token", &made), SEALIFT_OK);
    cr_assert_eq(s3_credentials_copy(&made, &copy, &err), SEALIFT_OK);
    s3_credentials_done(&made);
    cr_assert_str_eq(copy.access_key_id, "AKID");
    cr_assert_str_eq(secret_text(copy.secret_key), "secret");
    cr_assert_str_eq(secret_text(copy.session_token), "token");
    cr_assert_eq(copy.expires_ns, 7);
}

Test(s3_credentials, may_come_without_a_session_token)
{
    SCOPED(s3_credentials_done) struct s3_credentials made = {0}, copy = {0};

    cr_assert_eq(make("AKID", "secret", "", &made), SEALIFT_OK);
    cr_assert_null(made.session_token);
    cr_assert_eq(s3_credentials_copy(&made, &copy, &err), SEALIFT_OK);
    cr_assert_null(copy.session_token);
}

static void
assert_refused(const char *id, const char *secret, const char *because)
{
    struct s3_credentials made = {0};

    cr_assert_eq(make(id, secret, "", &made), SEALIFT_DENIED);
    cr_assert_not_null(strstr(err.message, because), "%s", err.message);
    cr_assert_eq(strncmp(err.message, "here: ", 6), 0);
    cr_assert_null(strstr(err.message, "hunter2"));
    cr_assert_null(made.secret_key);
}

Test(s3_credentials, are_refused_when_they_cannot_stand_in_a_header)
{
    char too_long[130];

    memset(too_long, 'A', sizeof(too_long) - 1);
    too_long[sizeof(too_long) - 1] = '\0';
    assert_refused("", "hunter2", "access key id");
    assert_refused("A/B", "hunter2", "access key id");
    assert_refused("A,B", "hunter2", "access key id");
    assert_refused("A B", "hunter2", "access key id");
    assert_refused("A\r\nB", "hunter2", "access key id");
    assert_refused("A\xc3\xa4", "hunter2", "access key id");
    assert_refused(too_long, "hunter2", "access key id");
    assert_refused("AKID", "", "no secret access key");
}
