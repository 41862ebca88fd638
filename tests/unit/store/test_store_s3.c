#include "store_s3.h"

#include "s3_stage.h"
#include "scoped.h"

TestSuite(store_s3, .init = use_plain_keys, .timeout = 60);

/* A store over a bucket that follows a script. */
struct play {
    struct s3_stage stage;
    struct store *store;
};

static void
begin(struct play *play, const char *prefix, const char *const *answers)
{
    s3_stage_open(&play->stage, NULL, answers);
    cr_assert_eq(store_s3_new(&play->stage.s3, prefix, &play->store, &play->stage.err), SEALIFT_OK);
    cr_assert_null(play->stage.s3); /* taken over */
}

#define BEGIN(play, prefix, ...) begin(play, prefix, (const char *const[]){__VA_ARGS__, NULL})

static void
play_done(struct play *play)
{
    store_free(&play->store);
    s3_stage_done(&play->stage);
}

#define OBJECT(key)                                                                                                    \
    "<Contents><Key>" key "</Key><LastModified>2026-11-24T14:45:57Z</LastModified><Size>7</Size></Contents>"
#define PAGE(objects) "<ListBucketResult>" objects "<IsTruncated>false</IsTruncated></ListBucketResult>"

Test(store_s3, keeps_its_objects_below_the_prefix)
{
    SCOPED(play_done) struct play play = {0};
    SCOPED(buf_done) struct buf out = {0};
    uint8_t range[2];

    BEGIN(&play, "dr/site a", reply("200 OK", "", ""), reply("200 OK", "", "hi"),
          "HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\nContent-Range: bytes 3-4/9\r\n\r\nxy",
          "HTTP/1.1 204 No Content\r\n\r\n");
    cr_assert_str_eq(play.store->url, "s3://b/dr/site a");
    cr_assert_eq(store_put_small(play.store, "x/1", bytes_of_text("hi"), &play.stage.err), SEALIFT_OK, "%s",
                 play.stage.err.message);
    cr_assert_eq(store_get(play.store, "x/1", 10, &out, &play.stage.err), SEALIFT_OK);
    cr_assert_eq(store_get_range(play.store, "x/1", 3, 2, range, &play.stage.err), SEALIFT_OK);
    cr_assert_eq(store_delete(play.store, "x/1", &play.stage.err), SEALIFT_OK);
    ASSERT_LINE(&play.stage, 0, "PUT /b/dr/site%20a/x/1 HTTP/1.1");
    cr_assert_str_eq(header_of(&play.stage, 0, "if-none-match"), "*");
    ASSERT_LINE(&play.stage, 1, "GET /b/dr/site%20a/x/1 HTTP/1.1");
    ASSERT_LINE(&play.stage, 2, "GET /b/dr/site%20a/x/1 HTTP/1.1");
    ASSERT_LINE(&play.stage, 3, "DELETE /b/dr/site%20a/x/1 HTTP/1.1");
}

Test(store_s3, needs_no_prefix)
{
    SCOPED(play_done) struct play play = {0};

    BEGIN(&play, "", reply("200 OK", "", ""));
    cr_assert_str_eq(play.store->url, "s3://b");
    cr_assert_eq(store_put_small(play.store, "x", bytes_of_text("hi"), &play.stage.err), SEALIFT_OK);
    ASSERT_LINE(&play.stage, 0, "PUT /b/x HTTP/1.1");
}

Test(store_s3, gives_the_checksum_that_the_bucket_keeps)
{
    SCOPED(play_done) struct play play = {0};
    struct store_head head = {0};

    BEGIN(&play, "p",
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nLast-Modified: Tue, 24 Nov 2026 14:45:57 GMT\r\n"
          "x-amz-checksum-sha256: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nLast-Modified: Tue, 24 Nov 2026 14:45:57 GMT\r\n\r\n");
    cr_assert_eq(store_head(play.store, "x", &head, &play.stage.err), SEALIFT_OK);
    cr_assert_eq(head.checksum, STORE_CHECKSUM_SHA256);
    cr_assert_eq(head.sha256[0], 0xe3);
    cr_assert_eq(store_head(play.store, "x", &head, &play.stage.err), SEALIFT_OK);
    cr_assert_eq(head.size, 7);
    cr_assert_eq(head.modified_ns, 1795531557 * NS_PER_S);
    cr_assert_eq(head.checksum, STORE_CHECKSUM_NONE);
}

static enum sealift_status
note(void *context, const struct store_object *object, struct sealift_error *err)
{
    return buf_printf(context, "%s %d ", err, object->name, (int)object->size);
}

Test(store_s3, lists_names_without_the_prefix)
{
    SCOPED(play_done) struct play play = {0};
    SCOPED(buf_done) struct buf noted = {0};

    BEGIN(&play, "p", reply("200 OK", "", PAGE(OBJECT("p/x/1") OBJECT("p/x/2"))));
    cr_assert_eq(store_list(play.store, "x/", "x/0", note, &noted, &play.stage.err), SEALIFT_OK, "%s",
                 play.stage.err.message);
    cr_assert(bytes_equal(buf_bytes(&noted), bytes_of_text("x/1 7 x/2 7 ")), "%.*s", (int)noted.len,
              (char *)noted.data);
    ASSERT_LINE(&play.stage, 0, "GET /b?list-type=2&encoding-type=url&prefix=p%2Fx%2F&start-after=p%2Fx%2F0 HTTP/1.1");
}

Test(store_s3, refuses_a_listing_of_what_was_not_asked_for)
{
    SCOPED(play_done) struct play play = {0};
    SCOPED(buf_done) struct buf noted = {0};

    BEGIN(&play, "p", reply("200 OK", "", PAGE(OBJECT("other/x"))));
    cr_assert_eq(store_list(play.store, "", NULL, note, &noted, &play.stage.err), SEALIFT_CORRUPT);
    ASSERT_SAYS(play.stage.err, "other/x, which was not asked for");
}

Test(store_s3, passes_over_names_that_are_too_long_to_be_ours)
{
    SCOPED(play_done) struct play play = {0};
    SCOPED(buf_done) struct buf noted = {0};
    char page[1024];

    snprintf(page, sizeof(page),
             PAGE("<Contents><Key>p/%0300d</Key><LastModified>2026-11-24T14:45:57Z</LastModified><Size>7</Size></"
                  "Contents>" OBJECT("p/x")),
             0);
    BEGIN(&play, "p", reply("200 OK", "", page));
    cr_assert_eq(store_list(play.store, "", NULL, note, &noted, &play.stage.err), SEALIFT_OK, "%s",
                 play.stage.err.message);
    cr_assert(bytes_equal(buf_bytes(&noted), bytes_of_text("x 7 ")));
}

Test(store_s3, names_the_object_in_errors_once)
{
    SCOPED(play_done) struct play play = {0};
    SCOPED(buf_done) struct buf out = {0};

    BEGIN(&play, "p", refusal("404 Not Found", "NoSuchKey"));
    cr_assert_eq(store_get(play.store, "x/1", 10, &out, &play.stage.err), SEALIFT_NOT_FOUND);
    cr_assert_str_eq(play.stage.err.message, "s3://b/p/x/1: GET answered 404 NoSuchKey; there is no such object");
}

Test(store_s3, tells_what_the_bucket_is)
{
    SCOPED(play_done) struct play play = {0};
    struct store_abilities abilities = {0};

    BEGIN(&play, "p",
          reply("200 OK", "", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
          refusal("404 Not Found", "ObjectLockConfigurationNotFoundError"), refusal("400 Bad Request", "BadDigest"));
    cr_assert_eq(play.store->ops->inspect(play.store, &abilities, &play.stage.err), SEALIFT_OK);
    cr_assert_eq(abilities.versioning, STORE_ANSWER_YES);
    cr_assert_eq(abilities.object_lock, STORE_ANSWER_NO);
    cr_assert_eq(play.store->ops->put_wrong_checksum(play.store, "x", &play.stage.err), SEALIFT_OK);
    ASSERT_LINE(&play.stage, 2, "PUT /b/p/x HTTP/1.1");
}
