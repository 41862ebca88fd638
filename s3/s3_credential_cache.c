#include "s3_credential_cache.h"

#include "error.h"
#include "scoped.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define REFRESH_BEFORE_NS (5 * 60 * NS_PER_S)
#define LOOK_AGAIN_NS     (60 * NS_PER_S) /* when fresh ones cannot be had yet */

struct s3_credential_cache {
    const struct world *world;
    char *profile;
    char *ca_file;
    pthread_mutex_t lock; /* guards what follows; held while looking, since whoever waits for it needs the result */
    bool has_current;
    struct s3_credentials current;
    int64_t look_again_ns; /* by the monotonic clock */
};

enum sealift_status
s3_credential_cache_new(const struct world *world, const struct s3_credential_chain *chain,
                        struct s3_credential_cache **ret_cache, struct sealift_error *err)
{
    SCOPED(s3_credential_cache_free) struct s3_credential_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL)
        return error_no_memory(err);
    pthread_mutex_init(&cache->lock, NULL);
    cache->world = world;
    if (chain->profile != NULL)
        TRY(text_copy(chain->profile, &cache->profile, err));
    if (chain->ca_file != NULL)
        TRY(text_copy(chain->ca_file, &cache->ca_file, err));
    *ret_cache = TAKE(cache);
    return SEALIFT_OK;
}

void
s3_credential_cache_free(struct s3_credential_cache **cache)
{
    if (*cache != NULL) {
        pthread_mutex_destroy(&(*cache)->lock);
        s3_credentials_done(&(*cache)->current);
        free((*cache)->profile);
        free((*cache)->ca_file);
    }
    free(*cache);
    *cache = NULL;
}

static int64_t
left_ns_locked(const struct s3_credential_cache *cache)
{
    struct clock *clock = cache->world->clock;

    if (cache->current.expires_ns == S3_NEVER_EXPIRES)
        return S3_NEVER_EXPIRES;
    return cache->current.expires_ns - clock->wall_ns(clock);
}

static bool
is_fresh_locked(const struct s3_credential_cache *cache)
{
    struct clock *clock = cache->world->clock;

    return cache->has_current && (left_ns_locked(cache) > REFRESH_BEFORE_NS ||
                                  (left_ns_locked(cache) > 0 && clock->mono_ns(clock) < cache->look_again_ns));
}

/* As long as the old ones hold, a failure to find fresh ones is only a warning. */
static enum sealift_status
refresh_locked(struct s3_credential_cache *cache, struct sealift_error *err)
{
    SCOPED(s3_credentials_done) struct s3_credentials found = {0};
    const struct s3_credential_chain chain = {.profile = cache->profile, .ca_file = cache->ca_file};
    struct clock *clock = cache->world->clock;
    enum sealift_status status = s3_credential_chain_find(&chain, cache->world, &found, err);

    cache->look_again_ns = clock->mono_ns(clock) + LOOK_AGAIN_NS;
    if (status != SEALIFT_OK && (!cache->has_current || left_ns_locked(cache) <= 0))
        return status;
    if (status != SEALIFT_OK) {
        world_log(cache->world, LOG_WARNING, "the S3 credentials expire soon, and fresh ones cannot be had yet: %s",
                  err->message);
        return SEALIFT_OK;
    }
    s3_credentials_done(&cache->current);
    cache->current = found;
    cache->has_current = true;
    found = (struct s3_credentials){0};
    return SEALIFT_OK;
}

static enum sealift_status
get_locked(struct s3_credential_cache *cache, struct s3_credentials *ret_credentials, struct sealift_error *err)
{
    if (!is_fresh_locked(cache))
        TRY(refresh_locked(cache, err));
    return s3_credentials_copy(&cache->current, ret_credentials, err);
}

enum sealift_status
s3_credential_cache_get(struct s3_credential_cache *cache, struct s3_credentials *ret_credentials,
                        struct sealift_error *err)
{
    enum sealift_status status;

    pthread_mutex_lock(&cache->lock);
    status = get_locked(cache, ret_credentials, err);
    pthread_mutex_unlock(&cache->lock);
    return status;
}

void
s3_credential_cache_forget(struct s3_credential_cache *cache, const struct s3_credentials *expired)
{
    pthread_mutex_lock(&cache->lock);
    /* Unless another thread has found fresh ones meanwhile. */
    if (cache->has_current && strcmp(cache->current.access_key_id, expired->access_key_id) == 0)
        cache->has_current = false;
    pthread_mutex_unlock(&cache->lock);
}
