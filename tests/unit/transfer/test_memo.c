#include "memo.h"

#include "error.h"
#include "secret.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS 8

static struct sealift_error err;
static atomic_uint found, freed;

struct finding {
    unsigned value;
    char *owned;
};

static void
done(void *finding)
{
    free(((struct finding *)finding)->owned);
    atomic_fetch_add(&freed, 1);
}

static enum sealift_status
find(void *context, void *finding, struct sealift_error *find_err)
{
    struct finding *out = finding;

    (void)find_err;
    cr_assert_eq(out->value, 0u, "the memory is zeroed");
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    out->value = *(unsigned *)context;
    out->owned = malloc(16);
    atomic_fetch_add(&found, 1);
    return SEALIFT_OK;
}

static enum sealift_status
fail(void *context, void *finding, struct sealift_error *find_err)
{
    (void)context;
    (void)finding;
    return error_no_memory(find_err);
}

static const struct finding *
hold(struct memo *memo, unsigned number)
{
    uint8_t name[SHA256_SIZE] = {0};
    const void *finding = NULL;

    memcpy(name, &number, sizeof(number));
    cr_assert_eq(memo_hold(memo, name, find, &number, &finding, &err), SEALIFT_OK);
    return finding;
}

static void *
hold_each(void *argument)
{
    for (unsigned i = 1; i <= 40; i++) {
        const struct finding *finding = hold(argument, i);

        cr_assert_eq(finding->value, i);
        memo_release(argument, finding);
    }
    return NULL;
}

static void
run_threads(struct memo *memo)
{
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, hold_each, memo), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

Test(memo, finds_out_once_whoever_asks)
{
    struct memo *memo;

    cr_assert_eq(memo_new(40, sizeof(struct finding), done, &memo, &err), SEALIFT_OK);
    run_threads(memo);
    cr_assert_eq(atomic_load(&found), 40u);
    memo_free(&memo);
    cr_assert_eq(atomic_load(&freed), 40u);
}

Test(memo, works_with_fewer_places_than_names)
{
    struct memo *memo;

    cr_assert_eq(memo_new(THREADS, sizeof(struct finding), done, &memo, &err), SEALIFT_OK);
    run_threads(memo);
    cr_assert_geq(atomic_load(&found), 40u);
    memo_free(&memo);
    cr_assert_eq(atomic_load(&freed), atomic_load(&found));
}

Test(memo, forgets_what_was_not_asked_for_longest_and_nothing_that_is_held)
{
    struct memo *memo;
    const struct finding *first;

    cr_assert_eq(memo_new(2, sizeof(struct finding), done, &memo, &err), SEALIFT_OK);
    first = hold(memo, 1);
    memo_release(memo, hold(memo, 2));
    memo_release(memo, hold(memo, 3)); /* in 2's place */
    cr_assert_eq(first->value, 1u);
    memo_release(memo, hold(memo, 1));
    cr_assert_eq(atomic_load(&found), 3u);
    memo_release(memo, hold(memo, 2));
    cr_assert_eq(atomic_load(&found), 4u);
    memo_release(memo, first);
    memo_free(&memo);
}

Test(memo, remembers_no_failure)
{
    const uint8_t name[SHA256_SIZE] = {9};
    const void *finding = NULL;
    unsigned number = 9;
    struct memo *memo;

    cr_assert_eq(memo_new(2, sizeof(struct finding), done, &memo, &err), SEALIFT_OK);
    cr_assert_eq(memo_hold(memo, name, fail, NULL, &finding, &err), SEALIFT_NO_MEMORY);
    cr_assert_null(finding);
    cr_assert_eq(memo_hold(memo, name, find, &number, &finding, &err), SEALIFT_OK);
    memo_release(memo, finding);
    memo_free(&memo);
}
