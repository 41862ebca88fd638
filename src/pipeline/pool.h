/* A fixed number of equal buffers: the memory ceiling and the back-pressure. They are allocated as they are first
 * used. */
#ifndef POOL_H
#define POOL_H

#include <sealift/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool;

enum sealift_status pool_new(size_t count, size_t buffer_size, struct pool **ret_pool, struct sealift_error *err);
void pool_free(struct pool **pool); /* every buffer must be back */
size_t pool_buffer_size(const struct pool *pool);

/* Waits for a buffer; NULL when the pool was broken or memory is short. */
uint8_t *pool_take(struct pool *pool);
/* Which of the two it was: CANCELLED (whoever broke the pool knows more) or NO_MEMORY. */
enum sealift_status pool_explain(struct pool *pool, struct sealift_error *err);
void pool_give(struct pool *pool, uint8_t *buffer);
/* Everybody who waits, or will wait, gets NULL. */
void pool_break(struct pool *pool);

#endif
