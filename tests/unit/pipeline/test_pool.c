#include "pool.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

static struct sealift_error err;

static struct pool *
pool_of(size_t count, size_t buffer_size)
{
    struct pool *pool = NULL;

    cr_assert_eq(pool_new(count, buffer_size, &pool, &err), SEALIFT_OK, "%s", err.message);
    return pool;
}

Test(pool, hands_out_distinct_buffers_of_its_size)
{
    SCOPED(pool_free) struct pool *pool = pool_of(2, 100);
    uint8_t *a = pool_take(pool), *b = pool_take(pool);

    cr_assert_eq(pool_buffer_size(pool), 100);
    memset(a, 'a', 100);
    memset(b, 'b', 100);
    cr_assert_eq(a[99], 'a');
    pool_give(pool, a);
    pool_give(pool, b);
}

Test(pool, gives_a_returned_buffer_again)
{
    SCOPED(pool_free) struct pool *pool = pool_of(2, 100);
    uint8_t *a = pool_take(pool);

    pool_give(pool, a);
    cr_assert_eq(pool_take(pool), a);
    pool_give(pool, a);
}

static void *
take_one(void *pool)
{
    return pool_take(pool);
}

Test(pool, makes_who_comes_too_late_wait, .timeout = 10)
{
    SCOPED(pool_free) struct pool *pool = pool_of(1, 100);
    uint8_t *only = pool_take(pool);
    pthread_t taker;
    void *taken;

    pthread_create(&taker, NULL, take_one, pool);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    pool_give(pool, only);
    pthread_join(taker, &taken);
    cr_assert_eq(taken, only);
    pool_give(pool, taken);
}

Test(pool, frees_waiting_threads_when_it_breaks, .timeout = 10)
{
    SCOPED(pool_free) struct pool *pool = pool_of(1, 100);
    uint8_t *only = pool_take(pool);
    pthread_t taker;
    void *taken;

    pthread_create(&taker, NULL, take_one, pool);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    pool_break(pool);
    pthread_join(taker, &taken);
    cr_assert_null(taken);
    pool_give(pool, only);
    cr_assert_null(pool_take(pool), "a broken pool gives nothing, even what is idle");
}

Test(pool, gives_null_when_memory_is_short)
{
    SCOPED(pool_free) struct pool *pool = pool_of(2, SIZE_MAX / 2);

    cr_assert_null(pool_take(pool));
}

Test(pool, refuses_to_be_made_without_buffers)
{
    struct pool *pool = NULL;

    cr_assert_eq(pool_new(0, 100, &pool, &err), SEALIFT_INTERNAL);
    cr_assert_eq(pool_new(1, 0, &pool, &err), SEALIFT_INTERNAL);
    cr_assert_null(pool);
}

Test(pool, says_why_it_gave_nothing)
{
    SCOPED(pool_free) struct pool *broken = pool_of(1, 100);
    SCOPED(pool_free) struct pool *endless = pool_of(1, SIZE_MAX / 2); /* no allocator has that */

    pool_break(broken);
    cr_assert_null(pool_take(broken));
    cr_assert_eq(pool_explain(broken, &err), SEALIFT_CANCELLED);
    cr_assert_null(pool_take(endless));
    cr_assert_eq(pool_explain(endless, &err), SEALIFT_NO_MEMORY);
}
