#include "s3_retry.h"

#include <stdlib.h>
#include <string.h>

/* AWS refuses beyond 15 minutes; smaller differences than this are no reason for a refusal. */
#define MAX_SKEW_NS (4 * 60 * NS_PER_S)

/* Twelve tries with full jitter wait about a minute in all, on average: a store that restarts is met again. */
#define BASE_NS       (200 * NS_PER_MS)
#define CAP_NS        (20 * NS_PER_S)
#define TRIES         12
#define TRIES_UNKNOWN 4

/* Tries that stall take half a minute each: twelve of them would be a silence of minutes. */
#define PATIENCE_NS (2 * 60 * NS_PER_S)

static bool
is_one_of(const char *code, const char *const *codes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

#define IS_ONE_OF(code, codes) is_one_of(code, codes, sizeof(codes) / sizeof((codes)[0]))

static bool
is_trouble(const struct s3_error *error)
{
    static const char *const codes[] = {
        "ConditionalRequestConflict", "InternalError", "OperationAborted", "RequestTimeout",
        "ServiceUnavailable",         "SlowDown",
    };

    switch (error->http_status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
        return true;
    default:
        return IS_ONE_OF(error->code, codes);
    }
}

/* Some stores say so only with a plain 403 or 400, and to a HEAD every store does. */
static bool
is_clock(const struct s3_error *error, int64_t signed_ns)
{
    static const char *const codes[] = {"RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"};
    bool differs = error->date_ns != 0 && llabs(error->date_ns - signed_ns) > MAX_SKEW_NS;

    return differs && (error->http_status == 403 || error->http_status == 400 || IS_ONE_OF(error->code, codes));
}

static bool
is_region(const struct s3_error *error, const char *signed_region)
{
    bool moved = error->http_status == 301 || error->http_status == 307 || error->http_status == 400;

    return moved && error->region[0] != '\0' && strcmp(error->region, signed_region) != 0;
}

/* The answer to a HEAD has no body that could hold a code. */
static bool
is_expired(const struct s3_error *error, const struct s3_signed *how)
{
    static const char *const codes[] = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"};

    return IS_ONE_OF(error->code, codes) || (error->code[0] == '\0' && how->temporary && error->http_status == 400);
}

enum s3_remedy
s3_retry_remedy(const struct s3_error *error, const struct s3_signed *how)
{
    if (is_region(error, how->region))
        return S3_REMEDY_REGION;
    if (is_clock(error, how->wall_ns))
        return S3_REMEDY_CLOCK;
    if (is_expired(error, how))
        return S3_REMEDY_CREDENTIALS;
    return is_trouble(error) ? S3_REMEDY_WAIT : S3_REMEDY_NONE;
}

struct s3_retry
s3_retry_begin(void)
{
    return (struct s3_retry){.backoff = {.base_ns = BASE_NS, .cap_ns = CAP_NS}};
}

/* Only a trouble that lasts wears patience out, and a slow line must be allowed to break more than once. */
static bool
is_out_of_patience(struct s3_retry *retry, const struct world *world)
{
    int64_t now_ns = world->clock->mono_ns(world->clock);

    if (retry->backoff.tried == 0)
        retry->first_failed_ns = now_ns;
    return retry->backoff.tried >= TRIES_UNKNOWN && now_ns - retry->first_failed_ns > PATIENCE_NS;
}

static bool
wait(struct s3_retry *retry, bool known, const struct world *world)
{
    retry->backoff.tries = known ? TRIES : TRIES_UNKNOWN;
    if (is_out_of_patience(retry, world))
        retry->backoff.tries = retry->backoff.tried + 1;
    return backoff_wait(&retry->backoff, world);
}

bool
s3_retry_again(struct s3_retry *retry, enum s3_remedy remedy, bool known, const struct world *world)
{
    unsigned bit = 1U << remedy;

    if (remedy == S3_REMEDY_NONE || cancel_asked(world->cancel))
        return false;
    if (remedy == S3_REMEDY_WAIT)
        return wait(retry, known, world);
    if ((retry->applied & bit) != 0)
        return false;
    retry->applied |= bit;
    return true;
}
