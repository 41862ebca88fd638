#include "pool.h"

#include "error.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct pool {
    pthread_mutex_t lock; /* guards everything below but buffer_size */
    pthread_cond_t has_buffers;
    bool broken;
    size_t buffer_size;
    size_t count;
    size_t allocated; /* at most count */
    size_t idle;
    uint8_t
        *buffers[]; /* the idle ones: a stack, so that the memory used last, which caches still hold, is used next */
};

enum sealift_status
pool_new(size_t count, size_t buffer_size, struct pool **ret_pool, struct sealift_error *err)
{
    struct pool *pool;

    if (count == 0 || buffer_size == 0)
        return error_set(err, SEALIFT_INTERNAL, "a pool without buffers");
    pool = calloc(1, sizeof(*pool) + count * sizeof(pool->buffers[0]));
    if (pool == NULL)
        return error_no_memory(err);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->has_buffers, NULL);
    pool->buffer_size = buffer_size;
    pool->count = count;
    *ret_pool = pool;
    return SEALIFT_OK;
}

void
pool_free(struct pool **pool)
{
    if (*pool != NULL) {
        assert((*pool)->idle == (*pool)->allocated);
        while ((*pool)->idle > 0)
            free((*pool)->buffers[--(*pool)->idle]);
        pthread_cond_destroy(&(*pool)->has_buffers);
        pthread_mutex_destroy(&(*pool)->lock);
    }
    free(*pool);
    *pool = NULL;
}

size_t
pool_buffer_size(const struct pool *pool)
{
    return pool->buffer_size;
}

static uint8_t *
take_locked(struct pool *pool)
{
    uint8_t *buffer;

    if (pool->broken)
        return NULL;
    if (pool->idle > 0)
        return pool->buffers[--pool->idle];
    buffer = malloc(pool->buffer_size);
    if (buffer != NULL)
        pool->allocated++;
    return buffer;
}

uint8_t *
pool_take(struct pool *pool)
{
    uint8_t *buffer;

    pthread_mutex_lock(&pool->lock);
    while (pool->idle == 0 && pool->allocated == pool->count && !pool->broken)
        pthread_cond_wait(&pool->has_buffers, &pool->lock);
    buffer = take_locked(pool);
    pthread_mutex_unlock(&pool->lock);
    return buffer;
}

enum sealift_status
pool_explain(struct pool *pool, struct sealift_error *err)
{
    bool broken;

    pthread_mutex_lock(&pool->lock);
    broken = pool->broken;
    pthread_mutex_unlock(&pool->lock);
    return broken ? error_set(err, SEALIFT_CANCELLED, "the transfer was stopped") : error_no_memory(err);
}

void
pool_give(struct pool *pool, uint8_t *buffer)
{
    pthread_mutex_lock(&pool->lock);
    assert(pool->idle < pool->allocated);
    pool->buffers[pool->idle++] = buffer;
    pthread_cond_signal(&pool->has_buffers);
    pthread_mutex_unlock(&pool->lock);
}

void
pool_break(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->broken = true;
    pthread_cond_broadcast(&pool->has_buffers);
    pthread_mutex_unlock(&pool->lock);
}
