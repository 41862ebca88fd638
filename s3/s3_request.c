#include "s3_request.h"

#include "digest.h"
#include "error.h"
#include "http.h"
#include "s3_endpoint.h"
#include "s3_retry.h"
#include "s3_sign.h"
#include "scoped.h"
#include "text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define SPEAK_AT_TRY 4

static const char sha256_of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

void
s3_call_add_header(struct s3_call *call, const char *name, const char *value)
{
    assert(call->header_count < S3_CALL_MAX_HEADERS);
    call->headers[call->header_count++] = (struct http_header){name, value};
}

/* --- One try --- */

struct attempt {
    struct s3_facts facts; /* what it goes by */
    struct s3_credentials credentials;
    struct s3_endpoint endpoint;
    int64_t signed_ns;
    char time[S3_SIGN_TIME_SIZE];
    char payload_hash[2 * SHA256_SIZE + 1];
    struct buf path;
    struct buf url;
    struct buf authorization;
    struct http_request request;
};

static void
attempt_done(struct attempt *attempt)
{
    s3_credentials_done(&attempt->credentials);
    buf_done(&attempt->path);
    buf_done(&attempt->url);
    buf_done(&attempt->authorization);
}

static enum sealift_status
address(struct attempt *attempt, struct s3 *s3, const struct s3_call *call, struct sealift_error *err)
{
    const char *path;

    TRY(s3_endpoint_make(s3->bucket, s3->address, attempt->facts.region, s3->style, &attempt->endpoint, err));
    TRY(s3_endpoint_path(&attempt->endpoint, call->key, &attempt->path, err));
    TRY(buf_text(&attempt->path, &path, err));
    TRY(buf_printf(&attempt->url, "%s://%s%s", err, attempt->endpoint.scheme, attempt->endpoint.host, path));
    if (call->query != NULL)
        TRY(buf_printf(&attempt->url, "?%s", err, call->query));
    return buf_text(&attempt->url, &attempt->request.url, err);
}

static void
add_header(struct http_request *request, const char *name, const char *value)
{
    assert(request->header_count < HTTP_MAX_HEADERS);
    request->headers[request->header_count++] = (struct http_header){name, value};
}

static void
fill_in(struct attempt *attempt, struct s3 *s3, const struct s3_call *call)
{
    struct http_request *request = &attempt->request;
    struct clock *clock = s3->world->clock;

    attempt->signed_ns = clock->wall_ns(clock) + attempt->facts.skew_ns;
    s3_sign_time(attempt->signed_ns, attempt->time);
    if (call->sha256 != NULL)
        hex_encode((struct bytes){call->sha256, SHA256_SIZE}, attempt->payload_hash);

    request->method = call->method;
    request->body = call->body;
    request->body_out = call->body_out;
    request->body_capacity = call->body_capacity;
    request->max_text = call->max_text;
    add_header(request, "host", attempt->endpoint.host);
    add_header(request, "x-amz-date", attempt->time);
    add_header(request, "x-amz-content-sha256", call->sha256 != NULL ? attempt->payload_hash : sha256_of_nothing);
    for (size_t i = 0; i < call->header_count; i++)
        add_header(request, call->headers[i].name, call->headers[i].value);
    if (attempt->credentials.session_token != NULL)
        request->secret_header =
            (struct http_header){"x-amz-security-token", secret_text(attempt->credentials.session_token)};
}

static enum sealift_status
sign(struct attempt *attempt, const struct s3_call *call, struct sealift_error *err)
{
    struct http_request *request = &attempt->request;
    struct http_header headers[HTTP_MAX_HEADERS + 1];
    struct s3_sign_request to_sign = {
        .method = call->method,
        .query = call->query,
        .headers = headers,
        .payload_hash = call->sha256 != NULL ? attempt->payload_hash : sha256_of_nothing,
    };
    const struct s3_sign_scope scope = {attempt->time, attempt->facts.region, "s3"};
    const char *authorization;

    for (size_t i = 0; i < request->header_count; i++)
        headers[to_sign.header_count++] = request->headers[i];
    if (request->secret_header.name != NULL)
        headers[to_sign.header_count++] = request->secret_header;
    TRY(buf_text(&attempt->path, &to_sign.path, err));
    TRY(s3_sign(&attempt->credentials, &scope, &to_sign, &attempt->authorization, err));
    TRY(buf_text(&attempt->authorization, &authorization, err));
    add_header(request, "authorization", authorization);
    return SEALIFT_OK;
}

static enum sealift_status
prepare(struct attempt *attempt, struct s3 *s3, const struct s3_call *call, struct sealift_error *err)
{
    attempt->facts = s3_learnt_facts(&s3->learnt);
    TRY(s3_credential_cache_get(s3->credentials, &attempt->credentials, err));
    TRY(address(attempt, s3, call, err));
    fill_in(attempt, s3, call);
    return sign(attempt, call, err);
}

/* --- What comes of it --- */

static void
learn_skew(struct s3 *s3, const struct attempt *attempt, const struct s3_error *refusal)
{
    int64_t skew_ns = attempt->facts.skew_ns + refusal->date_ns - attempt->signed_ns;

    s3_learnt_skew(&s3->learnt, skew_ns);
    world_log(s3->world, LOG_WARNING,
              "the clock of this machine is %" PRId64
              " s %s the store's: requests are signed by the store's; set the clock",
              (int64_t)llabs(skew_ns) / NS_PER_S, skew_ns > 0 ? "behind" : "ahead of");
}

/* One failure is nothing to speak of. Several in a row are what somebody wants to know who sees that nothing moves. */
static void
tell_of_trouble(struct s3 *s3, const struct s3_retry *retry, const struct sealift_error *err)
{
    enum log_level level = retry->backoff.tried == SPEAK_AT_TRY ? LOG_WARNING : LOG_INFO;

    world_log(s3->world, level, "bucket %s: trying again after: %s", s3->bucket, err->message);
}

static void
apply(enum s3_remedy remedy, struct s3 *s3, const struct attempt *attempt, const struct s3_error *refusal)
{
    switch (remedy) {
    case S3_REMEDY_WAIT:
        break;
    case S3_REMEDY_CLOCK:
        learn_skew(s3, attempt, refusal);
        break;
    case S3_REMEDY_REGION:
        s3_learnt_region(&s3->learnt, refusal->region);
        world_log(s3->world, LOG_INFO, "bucket %s is in region %s", s3->bucket, refusal->region);
        break;
    case S3_REMEDY_CREDENTIALS:
        s3_credential_cache_forget(s3->credentials, &attempt->credentials);
        break;
    case S3_REMEDY_NONE:
        break;
    }
}

static enum s3_remedy
find_remedy(const struct attempt *attempt, enum sealift_status status, const struct s3_error *refusal)
{
    const struct s3_signed how = {
        .wall_ns = attempt->signed_ns,
        .region = attempt->facts.region,
        .temporary = attempt->credentials.session_token != NULL,
    };

    if (refusal->http_status == 0)
        return status == SEALIFT_UNAVAILABLE ? S3_REMEDY_WAIT : S3_REMEDY_NONE;
    return s3_retry_remedy(refusal, &how);
}

/* Sends, and says in *refusal and err what went wrong. */
static enum sealift_status
send(struct s3 *s3, const struct s3_call *call, const struct attempt *attempt, struct http_answer *answer,
     struct s3_error *refusal, struct sealift_error *err)
{
    *refusal = (struct s3_error){0};
    if (http_perform(s3->http, &attempt->request, answer, err) != SEALIFT_OK)
        return error_prefix(err, "%s", call->act);
    s3_learnt_answered(&s3->learnt);
    if (answer->status / 100 == 2)
        return SEALIFT_OK;
    s3_error_read(answer, refusal);
    return s3_error_report(refusal, call->act, err);
}

static enum sealift_status
give_up(const struct s3_retry *retry, const struct world *world, struct sealift_error *err)
{
    if (cancel_asked(world->cancel))
        return world_check_cancel(world, err);
    if (retry->backoff.tried > 1)
        return error_hint(err, "gave up after %u tries", retry->backoff.tried);
    return err->status;
}

enum sealift_status
s3_request(struct s3 *s3, const struct s3_call *call, struct http_answer *ret_answer, struct s3_error *refusal,
           struct sealift_error *err)
{
    struct s3_retry retry = s3_retry_begin();

    *refusal = (struct s3_error){0};
    for (;;) {
        SCOPED(attempt_done) struct attempt attempt = {0};
        enum sealift_status status;
        enum s3_remedy remedy;

        TRY(prepare(&attempt, s3, call, err));
        status = send(s3, call, &attempt, ret_answer, refusal, err);
        if (status == SEALIFT_OK)
            return SEALIFT_OK;
        remedy = find_remedy(&attempt, status, refusal);
        if (!s3_retry_again(&retry, remedy, s3_learnt_facts(&s3->learnt).answered, s3->world))
            return give_up(&retry, s3->world, err);
        if (remedy == S3_REMEDY_WAIT)
            tell_of_trouble(s3, &retry, err);
        apply(remedy, s3, &attempt, refusal);
    }
}
