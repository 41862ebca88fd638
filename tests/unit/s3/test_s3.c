#include "s3.h"

#include "s3_stage.h"
#include "scoped.h"

TestSuite(s3, .init = use_plain_keys, .timeout = 60);

/* --- Reading objects --- */

Test(s3, gets_a_range_into_the_callers_memory)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    uint8_t out[6] = "......";

    S3_STAGE_OPEN(&stage, NULL,
                  "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 10-14/99\r\n\r\nhello");
    cr_assert_eq(s3_get_range(stage.s3, "k", 10, 5, out, &stage.err), SEALIFT_OK, "%s", stage.err.message);
    cr_assert_eq(memcmp(out, "hello.", 6), 0);
    cr_assert_str_eq(header_of(&stage, 0, "range"), "bytes=10-14");
}

Test(s3, asks_nobody_for_nothing)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    S3_STAGE_OPEN(&stage, NULL, "");
    cr_assert_eq(s3_get_range(stage.s3, "k", 10, 0, NULL, &stage.err), SEALIFT_OK);
    ASSERT_REQUESTS(&stage, 0);
}

static void
assert_range_corrupt(const char *answer, const char *because)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    uint8_t out[5];

    S3_STAGE_OPEN(&stage, NULL, answer);
    cr_assert_eq(s3_get_range(stage.s3, "k", 10, 5, out, &stage.err), SEALIFT_CORRUPT, "%s", stage.err.message);
    ASSERT_SAYS(stage.err, because);
}

Test(s3, notices_a_range_that_is_not_what_was_asked_for)
{
    assert_range_corrupt(
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\nContent-Range: bytes 10-12/13\r\n\r\nhel",
        "ends 2 bytes too early");
    assert_range_corrupt(
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 0-4/99\r\n\r\nhello",
        "answered with other ones");
    assert_range_corrupt("HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\nhello", "answered with other ones");
    assert_range_corrupt("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "answered with other ones");
    assert_range_corrupt("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!", "more than the 5 bytes");
    assert_range_corrupt(refusal("416 Range Not Satisfiable", "InvalidRange"), "shorter than it should be");
}

Test(s3, takes_a_whole_object_for_the_range_that_it_is)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    uint8_t out[5];

    S3_STAGE_OPEN(&stage, NULL, reply("200 OK", "", "hello"));
    cr_assert_eq(s3_get_range(stage.s3, "k", 0, 5, out, &stage.err), SEALIFT_OK, "%s", stage.err.message);
}

Test(s3, begins_a_range_anew_after_a_cut)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    uint8_t out[5];

    S3_STAGE_OPEN(&stage, NULL,
                  "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 10-14/99\r\n\r\nxxx",
                  "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 10-14/99\r\n\r\nhello");
    stage.steps[0].ending = SCRIPTED_CLOSE;
    cr_assert_eq(s3_get_range(stage.s3, "k", 10, 5, out, &stage.err), SEALIFT_OK, "%s", stage.err.message);
    cr_assert_eq(memcmp(out, "hello", 5), 0);
}

Test(s3, says_that_an_object_is_archived)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    uint8_t out[5];

    S3_STAGE_OPEN(&stage, NULL, refusal("403 Forbidden", "InvalidObjectState"));
    cr_assert_eq(s3_get_range(stage.s3, "k", 0, 5, out, &stage.err), SEALIFT_CONFLICT);
    ASSERT_SAYS(stage.err, "archived: bring it back first");
    ASSERT_REQUESTS(&stage, 1);
}

Test(s3, gets_a_small_object_behind_what_is_there)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    SCOPED(buf_done) struct buf out = {0};

    S3_STAGE_OPEN(&stage, NULL, reply("200 OK", "", " world"));
    cr_assert_eq(buf_append_text(&out, "hello", &stage.err), SEALIFT_OK);
    cr_assert_eq(s3_get(stage.s3, "k", 6, &out, &stage.err), SEALIFT_OK);
    cr_assert(bytes_equal(buf_bytes(&out), bytes_of_text("hello world")));
}

Test(s3, refuses_a_small_object_that_is_large)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    SCOPED(buf_done) struct buf out = {0};

    S3_STAGE_OPEN(&stage, NULL, reply("200 OK", "", "1234567"), refusal("404 Not Found", "NoSuchKey"));
    cr_assert_eq(s3_get(stage.s3, "k", 6, &out, &stage.err), SEALIFT_CORRUPT);
    ASSERT_SAYS(stage.err, "has 7 bytes, where at most 6");
    cr_assert_eq(s3_get(stage.s3, "k", 6, &out, &stage.err), SEALIFT_NOT_FOUND, "%s", stage.err.message);
}

/* --- HEAD --- */

#define MODIFIED          "Last-Modified: Tue, 24 Nov 2026 14:45:57 GMT\r\n"
#define SHA256_OF_NOTHING "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static enum sealift_status
head(const char *answer, struct s3_head *ret_head, struct sealift_error *err)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    enum sealift_status status;

    S3_STAGE_OPEN(&stage, NULL, answer);
    status = s3_head_object(stage.s3, "k", ret_head, err);
    ASSERT_LINE(&stage, 0, "HEAD /b/k HTTP/1.1");
    cr_assert_str_eq(header_of(&stage, 0, "x-amz-checksum-mode"), "ENABLED");
    return status;
}

Test(s3, reads_size_and_time_of_an_object)
{
    struct s3_head found = {0};
    struct sealift_error err;

    cr_assert_eq(head("HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n" MODIFIED "\r\n", &found, &err), SEALIFT_OK,
                 "%s", err.message);
    cr_assert_eq(found.size, 5000000000);
    cr_assert_eq(found.modified_ns, 1795531557 * NS_PER_S);
    cr_assert_not(found.has_sha256);
}

Test(s3, reads_the_checksum_that_the_store_keeps)
{
    struct s3_head found = {0};
    struct sealift_error err;

    cr_assert_eq(head("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" MODIFIED "x-amz-checksum-sha256: " SHA256_OF_NOTHING
                      "\r\nx-amz-checksum-type: FULL_OBJECT\r\n\r\n",
                      &found, &err),
                 SEALIFT_OK);
    cr_assert(found.has_sha256);
    cr_assert_eq(found.sha256[0], 0xe3);
    cr_assert_eq(found.sha256[31], 0x55);
}

Test(s3, takes_no_other_checksum_for_the_objects)
{
    static const char *const others[] = {
        "x-amz-checksum-sha256: " SHA256_OF_NOTHING "-3\r\n",
        "x-amz-checksum-sha256: " SHA256_OF_NOTHING "\r\nx-amz-checksum-type: COMPOSITE\r\n",
        "x-amz-checksum-sha256: AAAA\r\n",
        "x-amz-checksum-sha256: nonsense\r\n",
        "ETag: \"d41d8cd98f00b204e9800998ecf8427e\"\r\n",
    };
    struct sealift_error err;

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct s3_head found = {.has_sha256 = true};
        char answer[512];

        snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" MODIFIED "%s\r\n", others[i]);
        cr_assert_eq(head(answer, &found, &err), SEALIFT_OK);
        cr_assert_not(found.has_sha256, "%s", others[i]);
    }
}

Test(s3, refuses_a_head_that_lacks_something)
{
    struct s3_head found;
    struct sealift_error err;

    cr_assert_eq(head("HTTP/1.1 200 OK\r\n" MODIFIED "\r\n", &found, &err), SEALIFT_CORRUPT);
    ASSERT_SAYS(err, "without the object's size");
    cr_assert_eq(head("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", &found, &err), SEALIFT_CORRUPT);
    ASSERT_SAYS(err, "without the object's time");
    cr_assert_eq(head("HTTP/1.1 404 Not Found\r\n\r\n", &found, &err), SEALIFT_NOT_FOUND);
}

/* --- Listing --- */

#define OBJECT(key)                                                                                                    \
    "<Contents><Key>" key "</Key><LastModified>2026-11-24T14:45:57Z</LastModified><Size>1</Size></Contents>"

static enum sealift_status
note(void *context, const struct s3_object *object, struct sealift_error *err)
{
    return buf_printf(context, "%s ", err, object->key);
}

Test(s3, lists_page_after_page)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    SCOPED(buf_done) struct buf noted = {0};

    S3_STAGE_OPEN(
        &stage, NULL,
        reply("200 OK", "",
              "<ListBucketResult>" OBJECT("p/1")
                  OBJECT("p/2") "<IsTruncated>true</IsTruncated>"
                                "<NextContinuationToken>a+b=</NextContinuationToken></ListBucketResult>"),
        reply("200 OK", "",
              "<ListBucketResult><IsTruncated>true</IsTruncated>"
              "<NextContinuationToken>c</NextContinuationToken></ListBucketResult>"),
        refusal("503 Slow Down", "SlowDown"),
        reply("200 OK", "", "<ListBucketResult>" OBJECT("p/3") "<IsTruncated>false</IsTruncated></ListBucketResult>"));
    cr_assert_eq(s3_list(stage.s3, "p/", "p/0", note, &noted, &stage.err), SEALIFT_OK, "%s", stage.err.message);
    cr_assert(bytes_equal(buf_bytes(&noted), bytes_of_text("p/1 p/2 p/3 ")), "%.*s", (int)noted.len,
              (char *)noted.data);
    ASSERT_LINE(&stage, 0, "GET /b?list-type=2&encoding-type=url&prefix=p%2F&start-after=p%2F0 HTTP/1.1");
    ASSERT_LINE(&stage, 1, "GET /b?list-type=2&encoding-type=url&continuation-token=a%2Bb%3D&prefix=p%2F HTTP/1.1");
    ASSERT_LINE(&stage, 3, "GET /b?list-type=2&encoding-type=url&continuation-token=c&prefix=p%2F HTTP/1.1");
}

Test(s3, is_not_led_in_circles_by_a_listing)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    SCOPED(buf_done) struct buf noted = {0};
    const char *page = reply("200 OK", "",
                             "<ListBucketResult><IsTruncated>true</IsTruncated>"
                             "<NextContinuationToken>a</NextContinuationToken></ListBucketResult>");

    S3_STAGE_OPEN(&stage, NULL, page, page);
    cr_assert_eq(s3_list(stage.s3, "p/", NULL, note, &noted, &stage.err), SEALIFT_CORRUPT);
    ASSERT_SAYS(stage.err, "same page");
}

Test(s3, says_that_the_bucket_may_not_be_listed)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    S3_STAGE_OPEN(&stage, NULL, refusal("403 Forbidden", "AccessDenied"));
    cr_assert_eq(s3_list(stage.s3, "p/", NULL, note, NULL, &stage.err), SEALIFT_DENIED);
    ASSERT_SAYS(stage.err, "LIST answered 403 AccessDenied");
    ASSERT_SAYS(stage.err, "s3:ListBucket");
}

/* --- Deleting --- */

Test(s3, deletes_what_is_there_and_what_is_not)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    S3_STAGE_OPEN(&stage, NULL, "HTTP/1.1 204 No Content\r\n\r\n", refusal("404 Not Found", "NoSuchKey"),
                  refusal("404 Not Found", "NoSuchBucket"), refusal("403 Forbidden", "AccessDenied"));
    cr_assert_eq(s3_delete(stage.s3, "k", &stage.err), SEALIFT_OK);
    ASSERT_LINE(&stage, 0, "DELETE /b/k HTTP/1.1");
    cr_assert_eq(s3_delete(stage.s3, "k", &stage.err), SEALIFT_OK);
    cr_assert_eq(s3_delete(stage.s3, "k", &stage.err), SEALIFT_INVALID);
    cr_assert_eq(s3_delete(stage.s3, "k", &stage.err), SEALIFT_DENIED);
}

/* --- The bucket --- */

static void
assert_inspected(const char *versioning, const char *object_lock, enum s3_answer expected_versioning,
                 enum s3_answer expected_object_lock)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    enum s3_answer found_versioning, found_object_lock;

    S3_STAGE_OPEN(&stage, NULL, versioning, object_lock);
    s3_inspect(stage.s3, &found_versioning, &found_object_lock);
    cr_assert_eq(found_versioning, expected_versioning);
    cr_assert_eq(found_object_lock, expected_object_lock);
    ASSERT_LINE(&stage, 0, "GET /b?versioning HTTP/1.1");
    ASSERT_LINE(&stage, 1, "GET /b?object-lock HTTP/1.1");
}

Test(s3, finds_out_about_versioning_and_object_lock)
{
    assert_inspected(
        reply("200 OK", "", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
        reply("200 OK", "",
              "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"),
        S3_YES, S3_YES);
    assert_inspected(reply("200 OK", "", "<VersioningConfiguration/>"),
                     refusal("404 Not Found", "ObjectLockConfigurationNotFoundError"), S3_NO, S3_NO);
    assert_inspected(
        reply("200 OK", "", "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"),
        refusal("403 Forbidden", "AccessDenied"), S3_NO, S3_UNKNOWN);
    assert_inspected(refusal("501 Not Implemented", "NotImplemented"), reply("200 OK", "", "not XML"), S3_UNKNOWN,
                     S3_UNKNOWN);
}

/* --- Options --- */

static void
assert_refused(const struct s3_options *options, const char *because)
{
    struct scripted_world scripted;
    struct sealift_error err;
    struct s3 *s3 = NULL;

    scripted_world_init(&scripted, "2026-11-24T14:45:57Z");
    cr_assert_eq(s3_new(&scripted.world, options, &s3, &err), SEALIFT_INVALID);
    cr_assert_null(s3);
    ASSERT_SAYS(err, because);
}

Test(s3, refuses_options_that_make_no_sense)
{
    assert_refused(&(struct s3_options){.bucket = "a/b"}, "no name for a bucket");
    assert_refused(&(struct s3_options){.bucket = "b", .endpoint = "host:9000"}, "begins with http");
    assert_refused(&(struct s3_options){.bucket = "b", .region = "EU West"}, "no name for a region");
    assert_refused(&(struct s3_options){.bucket = "b", .lock_mode = "FOREVER", .lock_days = 1},
                   "GOVERNANCE or COMPLIANCE");
    assert_refused(&(struct s3_options){.bucket = "b", .lock_mode = "COMPLIANCE"}, "a mode and from 1");
    assert_refused(&(struct s3_options){.bucket = "b", .lock_days = 1}, "a mode and from 1");
    assert_refused(&(struct s3_options){.bucket = "b", .lock_mode = "COMPLIANCE", .lock_days = -1},
                   "a mode and from 1");
    assert_refused(&(struct s3_options){.bucket = "b", .sse = "AES256", .sse_kms_key = "k"}, "aws:kms");
}

Test(s3, takes_endpoint_and_region_from_the_environment)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    SCOPED(s3_free) struct s3 *s3 = NULL;
    SCOPED(buf_done) struct buf out = {0};

    S3_STAGE_OPEN(&stage, NULL, reply("200 OK", "", "x"));
    setenv("AWS_ENDPOINT_URL_S3", scripted_server_url(stage.server), 1);
    setenv("AWS_REGION", "eu-north-1", 1);
    cr_assert_eq(s3_new(&stage.world.world, &(struct s3_options){.bucket = "other"}, &s3, &stage.err), SEALIFT_OK);
    cr_assert_str_eq(s3_bucket(s3), "other");
    cr_assert_eq(s3_get(s3, "k", 10, &out, &stage.err), SEALIFT_OK, "%s", stage.err.message);
    ASSERT_LINE(&stage, 0, "GET /other/k HTTP/1.1");
    cr_assert_not_null(strstr(header_of(&stage, 0, "authorization"), "/eu-north-1/s3/"));
}
