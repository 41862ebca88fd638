#include "s3_endpoint.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sealift_error err;

static void
assert_endpoint(const char *bucket, const char *address, const char *region, enum s3_style style, const char *expected)
{
    SCOPED(buf_done) struct buf url = {0};
    struct s3_endpoint endpoint;

    cr_assert_eq(s3_endpoint_make(bucket, address, region, style, &endpoint, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(buf_printf(&url, "%s://%s", &err, endpoint.scheme, endpoint.host), SEALIFT_OK);
    cr_assert_eq(s3_endpoint_path(&endpoint, "k", &url, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&url), bytes_of_text(expected)), "%.*s", (int)url.len, (char *)url.data);
}

Test(s3_endpoint, puts_the_bucket_into_amazons_host_name)
{
    assert_endpoint("b", NULL, "eu-west-1", S3_STYLE_AUTO, "https://b.s3.eu-west-1.amazonaws.com/k");
    assert_endpoint("b", NULL, "cn-north-1", S3_STYLE_AUTO, "https://b.s3.cn-north-1.amazonaws.com.cn/k");
    assert_endpoint("b", NULL, "eu-west-1", S3_STYLE_PATH, "https://s3.eu-west-1.amazonaws.com/b/k");
}

Test(s3_endpoint, keeps_a_dotted_bucket_out_of_the_certificates_name)
{
    assert_endpoint("a.b", NULL, "eu-west-1", S3_STYLE_AUTO, "https://s3.eu-west-1.amazonaws.com/a.b/k");
}

Test(s3_endpoint, puts_the_bucket_into_the_path_at_other_addresses)
{
    assert_endpoint("b", "http://127.0.0.1:8333", "r", S3_STYLE_AUTO, "http://127.0.0.1:8333/b/k");
    assert_endpoint("b", "http://127.0.0.1:8333/", "r", S3_STYLE_AUTO, "http://127.0.0.1:8333/b/k");
    assert_endpoint("b", "http://h:80", "r", S3_STYLE_AUTO, "http://h/b/k");
    assert_endpoint("b", "https://h:443", "r", S3_STYLE_AUTO, "https://h/b/k");
    assert_endpoint("b", "https://h:80", "r", S3_STYLE_AUTO, "https://h:80/b/k");
    assert_endpoint("b", "https://h/some/base/", "r", S3_STYLE_AUTO, "https://h/some/base/b/k");
    assert_endpoint("b", "http://[::1]:9000", "r", S3_STYLE_AUTO, "http://[::1]:9000/b/k");
    assert_endpoint("b", "https://h:9000/base", "r", S3_STYLE_VIRTUAL, "https://b.h:9000/base/k");
}

static void
assert_path(const char *key, enum s3_style style, const char *expected)
{
    SCOPED(buf_done) struct buf path = {0};
    struct s3_endpoint endpoint;

    cr_assert_eq(s3_endpoint_make("b", "http://h", "r", style, &endpoint, &err), SEALIFT_OK);
    cr_assert_eq(s3_endpoint_path(&endpoint, key, &path, &err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&path), bytes_of_text(expected)), "%.*s", (int)path.len, (char *)path.data);
}

Test(s3_endpoint, encodes_keys_and_keeps_their_slashes)
{
    assert_path("a b/c+d//e/../%", S3_STYLE_PATH, "/b/a%20b/c%2Bd//e/../%25");
    assert_path("\xc3\xa4", S3_STYLE_VIRTUAL, "/%C3%A4");
}

Test(s3_endpoint, has_a_path_for_the_bucket_itself)
{
    assert_path(NULL, S3_STYLE_PATH, "/b");
    assert_path(NULL, S3_STYLE_VIRTUAL, "/");
}

static void
assert_refused(const char *bucket, const char *address, const char *because)
{
    struct s3_endpoint endpoint;

    cr_assert_eq(s3_endpoint_make(bucket, address, "r", S3_STYLE_AUTO, &endpoint, &err), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, because), "%s", err.message);
}

Test(s3_endpoint, refuses_names_that_no_bucket_has)
{
    assert_refused("", NULL, "no name for a bucket");
    assert_refused("a/b", NULL, "no name for a bucket");
    assert_refused("a b", NULL, "no name for a bucket");
    assert_refused("..", NULL, "no name for a bucket");
    assert_refused("a@b", NULL, "no name for a bucket");
    assert_refused("b", "localhost:8333", "the endpoint: an address begins with http");
}
