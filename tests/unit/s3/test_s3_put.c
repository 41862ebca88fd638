#include "s3_put.h"

#include "digest.h"
#include "s3_stage.h"
#include "scoped.h"

TestSuite(s3_put, .init = use_plain_keys, .timeout = 60);

static const char data[] = "the bytes of an object";
#define ETAG_OF_OTHER "ETag: \"d41d8cd98f00b204e9800998ecf8427e\"\r\n"

static enum sealift_status
put(struct s3_stage *stage, bool if_absent)
{
    uint8_t digest[SHA256_SIZE];

    cr_assert_eq(sha256(bytes_of_text(data), digest, &stage->err), SEALIFT_OK);
    return s3_put(stage->s3, "k", bytes_of_text(data), digest, if_absent, &stage->err);
}

Test(s3_put, promises_the_body_three_times)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    S3_STAGE_OPEN(&stage, NULL, reply("200 OK", ETAG_OF_OTHER, ""));
    cr_assert_eq(put(&stage, true), SEALIFT_OK, "%s", stage.err.message);
    ASSERT_LINE(&stage, 0, "PUT /b/k HTTP/1.1");
    cr_assert_str_eq(scripted_server_body(stage.server, 0), data);
    cr_assert_str_eq(header_of(&stage, 0, "x-amz-content-sha256"),
                     "f66aa59c9b48ceea708d5fa24672f34efdfd81301cca6c8b356fdb925898fa5c");
    cr_assert_str_eq(header_of(&stage, 0, "x-amz-checksum-sha256"), "9mqlnJtIzupwjV+iRnLzTv39gTAcymyLNW/bkliY+lw=");
    cr_assert_str_eq(header_of(&stage, 0, "content-md5"), "");
    cr_assert_str_eq(header_of(&stage, 0, "if-none-match"), "*");
    cr_assert_str_eq(header_of(&stage, 0, "content-type"), "application/octet-stream");
    cr_assert_not_null(strstr(header_of(&stage, 0, "authorization"),
                              "content-type;host;if-none-match;x-amz-checksum-sha256;"
                              "x-amz-content-sha256;x-amz-date,"));
}

Test(s3_put, replaces_where_the_caller_wants_it)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    S3_STAGE_OPEN(&stage, NULL, reply("200 OK", "", ""));
    cr_assert_eq(put(&stage, false), SEALIFT_OK);
    cr_assert_str_eq(header_of(&stage, 0, "if-none-match"), "");
}

Test(s3_put, sends_the_same_bytes_again)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    S3_STAGE_OPEN(&stage, NULL, refusal("503 Slow Down", "SlowDown"), reply("200 OK", "", ""));
    cr_assert_eq(put(&stage, true), SEALIFT_OK);
    cr_assert_str_eq(scripted_server_body(stage.server, 1), data);
}

Test(s3_put, carries_what_the_admin_wants_of_every_object)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    const struct s3_options options = {
        .storage_class = "GLACIER_IR",
        .sse = "aws:kms",
        .sse_kms_key = "arn:aws:kms:eu-west-1:1:key/2",
        .lock_mode = "COMPLIANCE",
        .lock_days = 30,
    };

    S3_STAGE_OPEN(&stage, &options, reply("200 OK", "", ""));
    cr_assert_eq(put(&stage, true), SEALIFT_OK);
    cr_assert_str_eq(header_of(&stage, 0, "x-amz-storage-class"), "GLACIER_IR");
    cr_assert_str_eq(header_of(&stage, 0, "x-amz-server-side-encryption"), "aws:kms");
    cr_assert_str_eq(header_of(&stage, 0, "x-amz-server-side-encryption-aws-kms-key-id"),
                     "arn:aws:kms:eu-west-1:1:key/2");
    cr_assert_str_eq(header_of(&stage, 0, "x-amz-object-lock-mode"), "COMPLIANCE");
    cr_assert_str_eq(header_of(&stage, 0, "x-amz-object-lock-retain-until-date"), "2026-12-24T14:45:57Z");
}

/* --- A name that is taken --- */

Test(s3_put, takes_an_equal_object_for_its_own)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    S3_STAGE_OPEN(&stage, NULL, "", refusal("412 Precondition Failed", "PreconditionFailed"),
                  "HTTP/1.1 200 OK\r\nContent-Length: 22\r\nLast-Modified: Tue, 24 Nov 2026 14:45:57 GMT\r\n\r\n",
                  "HTTP/1.1 206 Partial Content\r\nContent-Length: 22\r\nContent-Range: bytes 0-21/22\r\n\r\nthe bytes "
                  "of an object");
    stage.steps[0].ending = SCRIPTED_CLOSE; /* it was stored, but the answer got lost */
    cr_assert_eq(put(&stage, true), SEALIFT_OK, "%s", stage.err.message);
    ASSERT_LINE(&stage, 2, "HEAD /b/k HTTP/1.1");
    ASSERT_LINE(&stage, 3, "GET /b/k HTTP/1.1");
    cr_assert_str_eq(header_of(&stage, 3, "range"), "bytes=0-21");
}

Test(s3_put, compares_by_the_checksum_that_the_store_keeps)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    S3_STAGE_OPEN(&stage, NULL, refusal("412 Precondition Failed", "PreconditionFailed"),
                  "HTTP/1.1 200 OK\r\nContent-Length: 22\r\nLast-Modified: Tue, 24 Nov 2026 14:45:57 GMT\r\n"
                  "x-amz-checksum-sha256: 9mqlnJtIzupwjV+iRnLzTv39gTAcymyLNW/bkliY+lw=\r\n\r\n");
    cr_assert_eq(put(&stage, true), SEALIFT_OK, "%s", stage.err.message);
    ASSERT_REQUESTS(&stage, 2);
}

static void
assert_conflict(const char *head, const char *body)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    S3_STAGE_OPEN(&stage, NULL, refusal("412 Precondition Failed", "PreconditionFailed"), head, body);
    cr_assert_eq(put(&stage, true), SEALIFT_CONFLICT, "%s", stage.err.message);
    ASSERT_SAYS(stage.err, "already, with other contents");
}

Test(s3_put, reports_an_object_with_other_contents)
{
    assert_conflict("HTTP/1.1 200 OK\r\nContent-Length: 22\r\nLast-Modified: Tue, 24 Nov 2026 14:45:57 GMT\r\n\r\n",
                    "HTTP/1.1 206 Partial Content\r\nContent-Length: 22\r\nContent-Range: bytes 0-21/22\r\n\r\n"
                    "the bytes of an 0bject");
    assert_conflict("HTTP/1.1 200 OK\r\nContent-Length: 22\r\nLast-Modified: Tue, 24 Nov 2026 14:45:57 GMT\r\n"
                    "x-amz-checksum-sha256: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\r\n\r\n",
                    NULL);
    assert_conflict("HTTP/1.1 200 OK\r\nContent-Length: 23\r\nLast-Modified: Tue, 24 Nov 2026 14:45:57 GMT\r\n\r\n",
                    NULL);
}

Test(s3_put, compares_large_objects_in_pieces)
{
    size_t len = ((size_t)1 << 20) + 5;
    SCOPED(free_done) uint8_t *large = calloc(1, len), *first = calloc(1, len), *second = calloc(1, 200);
    SCOPED(s3_stage_done) struct s3_stage stage = {0}; /* ends first: its server may still be sending from them */
    uint8_t digest[SHA256_SIZE];
    int head_len, first_len, second_len;
    char head[200];

    large[len - 1] = 1;
    head_len =
        snprintf(head, sizeof(head),
                 "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nLast-Modified: Tue, 24 Nov 2026 14:45:57 GMT\r\n\r\n", len);
    first = realloc(first, len + 200);
    first_len = snprintf(
        (char *)first, 200,
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 1048576\r\nContent-Range: bytes 0-1048575/1048581\r\n\r\n");
    memcpy(first + first_len, large, (size_t)1 << 20);
    second_len = snprintf(
        (char *)second, 150,
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 1048576-1048580/1048581\r\n\r\n");
    memcpy(second + second_len, large + len - 5, 5);

    S3_STAGE_OPEN(&stage, NULL, refusal("412 Precondition Failed", "PreconditionFailed"), head, (char *)first,
                  (char *)second);
    stage.steps[2].answer_len = (size_t)first_len + ((size_t)1 << 20);
    stage.steps[3].answer_len = (size_t)second_len + 5;
    cr_assert_gt(head_len, 0);
    cr_assert_eq(sha256((struct bytes){large, len}, digest, &stage.err), SEALIFT_OK);
    cr_assert_eq(s3_put(stage.s3, "k", (struct bytes){large, len}, digest, true, &stage.err), SEALIFT_OK, "%s",
                 stage.err.message);
    cr_assert_str_eq(header_of(&stage, 3, "range"), "bytes=1048576-1048580");
}

/* --- Stores that do not know every header --- */

Test(s3_put, learns_once_that_there_is_no_conditional_put)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    S3_STAGE_OPEN(&stage, NULL, refusal("501 Not Implemented", "NotImplemented"), reply("200 OK", "", ""),
                  reply("200 OK", "", ""));
    cr_assert_eq(put(&stage, true), SEALIFT_OK, "%s", stage.err.message);
    cr_assert_str_eq(header_of(&stage, 1, "if-none-match"), "");
    cr_assert_neq(header_of(&stage, 1, "x-amz-checksum-sha256")[0], '\0');
    cr_assert_eq(put(&stage, true), SEALIFT_OK);
    cr_assert_str_eq(header_of(&stage, 2, "if-none-match"), "");
    ASSERT_REQUESTS(&stage, 3);
}

Test(s3_put, learns_once_that_md5_is_wanted)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    S3_STAGE_OPEN(
        &stage, NULL,
        reply("400 Bad Request", "",
              "<Error><Code>InvalidArgument</Code><Message>unknown header x-amz-checksum-sha256</Message></Error>"),
        reply("200 OK", "", ""), reply("200 OK", "", ""));
    cr_assert_eq(put(&stage, true), SEALIFT_OK, "%s", stage.err.message);
    cr_assert_str_eq(header_of(&stage, 1, "content-md5"), "gQKZY2IKJEDiY+xQrTUwHw==");
    cr_assert_str_eq(header_of(&stage, 1, "x-amz-checksum-sha256"), "");
    cr_assert_str_eq(header_of(&stage, 1, "if-none-match"), "*");
    cr_assert_eq(put(&stage, true), SEALIFT_OK);
    cr_assert_str_eq(header_of(&stage, 2, "content-md5"), "gQKZY2IKJEDiY+xQrTUwHw==");
}

Test(s3_put, leaves_out_one_header_after_the_other_when_the_store_does_not_say_which)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    const char *unknown = refusal("501 Not Implemented", "NotImplemented");

    S3_STAGE_OPEN(&stage, NULL, unknown, unknown, reply("200 OK", "", ""));
    cr_assert_eq(put(&stage, true), SEALIFT_OK, "%s", stage.err.message);
    cr_assert_str_eq(header_of(&stage, 2, "if-none-match"), "");
    cr_assert_str_eq(header_of(&stage, 2, "content-md5"), "gQKZY2IKJEDiY+xQrTUwHw==");
}

Test(s3_put, learns_nothing_from_what_does_not_help)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    const char *unknown = refusal("501 Not Implemented", "NotImplemented");

    S3_STAGE_OPEN(&stage, NULL, unknown, unknown, unknown, reply("200 OK", "", ""));
    cr_assert_eq(put(&stage, true), SEALIFT_INVALID);
    ASSERT_SAYS(stage.err, "NotImplemented");
    cr_assert_eq(put(&stage, true), SEALIFT_OK);
    cr_assert_str_eq(header_of(&stage, 3, "if-none-match"), "*");
}

Test(s3_put, does_not_argue_with_other_refusals)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    S3_STAGE_OPEN(&stage, NULL, refusal("400 Bad Request", "InvalidRequest"));
    cr_assert_eq(put(&stage, true), SEALIFT_INVALID);
    ASSERT_REQUESTS(&stage, 1);
}

/* --- Bytes that change on the way --- */

Test(s3_put, tries_again_when_bytes_changed_on_the_way)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    S3_STAGE_OPEN(&stage, NULL, refusal("400 Bad Request", "BadDigest"), reply("200 OK", "", ""));
    cr_assert_eq(put(&stage, true), SEALIFT_OK, "%s", stage.err.message);
}

Test(s3_put, gives_up_when_bytes_keep_changing)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};
    const char *damaged = refusal("400 Bad Request", "XAmzContentSHA256Mismatch");

    S3_STAGE_OPEN(&stage, NULL, damaged, damaged, damaged, damaged);
    cr_assert_eq(put(&stage, true), SEALIFT_CORRUPT);
    ASSERT_SAYS(stage.err, "not those that were sent");
    ASSERT_REQUESTS(&stage, 3);
}

/* --- Does the store verify? --- */

Test(s3_put_wrong_checksum, is_content_when_the_store_refuses)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    use_plain_keys();
    S3_STAGE_OPEN(&stage, NULL, refusal("400 Bad Request", "BadDigest"), reply("200 OK", "", ""));
    cr_assert_eq(s3_put_wrong_checksum(stage.s3, "k", &stage.err), SEALIFT_OK, "%s", stage.err.message);
    cr_assert_not_null(strstr(scripted_server_body(stage.server, 0), "verifies checksums: B"));
    cr_assert_eq(put(&stage, true), SEALIFT_OK);
    cr_assert_str_eq(header_of(&stage, 1, "content-md5"), "");
}

Test(s3_put_wrong_checksum, finds_that_only_md5_is_verified)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    use_plain_keys();
    S3_STAGE_OPEN(&stage, NULL, reply("200 OK", "", ""), refusal("400 Bad Request", "BadDigest"),
                  reply("200 OK", "", ""));
    cr_assert_eq(s3_put_wrong_checksum(stage.s3, "k", &stage.err), SEALIFT_OK, "%s", stage.err.message);
    cr_assert_eq(put(&stage, true), SEALIFT_OK);
    cr_assert_str_eq(header_of(&stage, 2, "content-md5"), "gQKZY2IKJEDiY+xQrTUwHw==");
}

Test(s3_put_wrong_checksum, reports_a_store_that_takes_anything)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    use_plain_keys();
    S3_STAGE_OPEN(&stage, NULL, reply("200 OK", "", ""), reply("200 OK", "", ""));
    cr_assert_eq(s3_put_wrong_checksum(stage.s3, "k", &stage.err), SEALIFT_CONFLICT);
    ASSERT_SAYS(stage.err, "not what their checksums promise");
}

Test(s3_put_wrong_checksum, takes_no_other_refusal_for_a_verification)
{
    SCOPED(s3_stage_done) struct s3_stage stage = {0};

    use_plain_keys();
    S3_STAGE_OPEN(&stage, NULL, refusal("403 Forbidden", "AccessDenied"));
    cr_assert_eq(s3_put_wrong_checksum(stage.s3, "k", &stage.err), SEALIFT_DENIED);
}
