#include "s3_credential_cache.h"

#include "aws_files.h"
#include "scoped.h"

static struct sealift_error err;

/* A container's service whose answers are scripted, and a clock. */
struct play {
    struct scripted_world world;
    struct scripted_step steps[8];
    struct scripted_server *server;
    struct s3_credential_cache *cache;
};

static const char *
credentials(const char *id, const char *expiration)
{
    char body[512];

    snprintf(body, sizeof(body),
             "{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"%s\"}", id,
             expiration);
    return reply("200 OK", "", body);
}

static void
begin(struct play *play, const char *const *answers)
{
    size_t count = 0;

    forget_aws();
    for (; answers[count] != NULL; count++)
        play->steps[count].answer = answers[count];
    play->server = scripted_server_start(play->steps, count, NULL);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", scripted_server_url(play->server), 1);
    scripted_world_init(&play->world, "2026-11-24T12:00:00Z");
    cr_assert_eq(s3_credential_cache_new(&play->world.world, &(struct s3_credential_chain){0}, &play->cache, &err),
                 SEALIFT_OK);
}

#define BEGIN(play, ...) begin(play, (const char *const[]){__VA_ARGS__, NULL})

static void
play_done(struct play *play)
{
    s3_credential_cache_free(&play->cache);
    scripted_server_stop(&play->server);
}

static void
assert_gives(struct play *play, const char *id)
{
    SCOPED(s3_credentials_done) struct s3_credentials found = {0};

    cr_assert_eq(s3_credential_cache_get(play->cache, &found, &err), SEALIFT_OK, "%s", err.message);
    cr_assert_str_eq(found.access_key_id, id);
}

static void
assert_asked(struct play *play, size_t times)
{
    cr_assert_eq(scripted_server_requests(play->server), times);
}

static void
let_pass(struct play *play, int64_t seconds)
{
    play->world.clock.sleep_ns(&play->world.clock, seconds * NS_PER_S, &play->world.cancel);
}

TestSuite(s3_credential_cache, .timeout = 60);

Test(s3_credential_cache, looks_when_first_asked_and_then_remembers)
{
    SCOPED(play_done) struct play play = {0};

    BEGIN(&play, credentials("ONE", "2026-11-24T13:00:00Z"));
    assert_asked(&play, 0);
    assert_gives(&play, "ONE");
    assert_gives(&play, "ONE");
    assert_asked(&play, 1);
}

Test(s3_credential_cache, looks_again_before_they_expire)
{
    SCOPED(play_done) struct play play = {0};

    BEGIN(&play, credentials("ONE", "2026-11-24T13:00:00Z"), credentials("TWO", "2026-11-24T14:00:00Z"));
    assert_gives(&play, "ONE");
    let_pass(&play, 54 * 60);
    assert_gives(&play, "ONE");
    let_pass(&play, 2 * 60);
    assert_gives(&play, "TWO");
    assert_asked(&play, 2);
}

Test(s3_credential_cache, goes_on_with_the_old_ones_while_they_hold)
{
    SCOPED(play_done) struct play play = {0};

    BEGIN(&play, credentials("ONE", "2026-11-24T13:00:00Z"), reply("500 Oops", "", ""), reply("500 Oops", "", ""));
    assert_gives(&play, "ONE");
    let_pass(&play, 56 * 60);
    assert_gives(&play, "ONE");
    cr_assert_not_null(strstr(play.world.log, "expire soon, and fresh ones cannot be had yet"), "%s", play.world.log);
    assert_gives(&play, "ONE"); /* without asking once a request */
    assert_asked(&play, 2);
    let_pass(&play, 61);
    assert_gives(&play, "ONE");
    assert_asked(&play, 3);
}

Test(s3_credential_cache, fails_when_the_old_ones_are_over)
{
    SCOPED(play_done) struct play play = {0};
    struct s3_credentials found = {0};

    BEGIN(&play, credentials("ONE", "2026-11-24T13:00:00Z"), reply("500 Oops", "", ""));
    assert_gives(&play, "ONE");
    let_pass(&play, 60 * 60 + 1);
    cr_assert_eq(s3_credential_cache_get(play.cache, &found, &err), SEALIFT_UNAVAILABLE);
    ASSERT_SAYS(err, "answered 500");
}

Test(s3_credential_cache, does_not_hammer_a_service_that_gives_short_lived_ones)
{
    SCOPED(play_done) struct play play = {0};

    BEGIN(&play, credentials("ONE", "2026-11-24T12:02:00Z"), credentials("TWO", "2026-11-24T12:04:00Z"));
    assert_gives(&play, "ONE");
    assert_gives(&play, "ONE");
    assert_asked(&play, 1);
    let_pass(&play, 61);
    assert_gives(&play, "TWO");
}

Test(s3_credential_cache, looks_again_when_the_store_says_that_they_have_expired)
{
    SCOPED(play_done) struct play play = {0};
    SCOPED(s3_credentials_done) struct s3_credentials first = {0};

    BEGIN(&play, credentials("ONE", "2026-11-24T13:00:00Z"), credentials("TWO", "2026-11-24T14:00:00Z"));
    cr_assert_eq(s3_credential_cache_get(play.cache, &first, &err), SEALIFT_OK);
    s3_credential_cache_forget(play.cache, &first);
    assert_gives(&play, "TWO");
    s3_credential_cache_forget(play.cache, &first); /* by a thread that is late */
    assert_gives(&play, "TWO");
    assert_asked(&play, 2);
}
