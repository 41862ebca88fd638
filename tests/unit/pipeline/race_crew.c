/* A pipeline of the shape that transfers have, run often, for ThreadSanitizer: makers take buffers from a pool and push
 * them, movers hand them on, takers give them back. Some runs end well, some by a failure or a cancellation at a
 * varying moment; none may hang, lose a buffer or lose an item. */
#include "crew.h"
#include "error.h"
#include "scoped.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define ITEMS 400
#define RUNS  60

struct run {
    struct pool *pool;
    struct queue *made, *moved;
    atomic_int left_to_make;
    atomic_int taken;
    int fail_at; /* the item at which a taker fails; -1: never */
    struct cancel cancel;
    int cancel_at;
};

static void
insist(bool truth, const char *what)
{
    if (!truth) {
        fprintf(stderr, "failed: %s\n", what);
        exit(1);
    }
}

static enum sealift_status
make(void *argument, struct sealift_error *err)
{
    struct run *run = argument;

    (void)err;
    while (atomic_fetch_sub(&run->left_to_make, 1) > 0) {
        uint8_t *buffer = pool_take(run->pool);

        if (buffer == NULL)
            break;
        buffer[0] = 1;
        if (!queue_push(run->made, buffer)) {
            pool_give(run->pool, buffer);
            break;
        }
    }
    return SEALIFT_OK;
}

static enum sealift_status
move(void *argument, struct sealift_error *err)
{
    struct run *run = argument;
    uint8_t *buffer;

    (void)err;
    while ((buffer = queue_pop(run->made)) != NULL) {
        buffer[0]++;
        if (!queue_push(run->moved, buffer)) {
            pool_give(run->pool, buffer);
            break;
        }
    }
    return SEALIFT_OK;
}

static enum sealift_status
take(void *argument, struct sealift_error *err)
{
    struct run *run = argument;
    uint8_t *buffer;

    while ((buffer = queue_pop(run->moved)) != NULL) {
        int number = atomic_fetch_add(&run->taken, 1);

        insist(buffer[0] == 2, "a buffer went through every stage");
        pool_give(run->pool, buffer);
        if (number == run->fail_at)
            return error_set(err, SEALIFT_IO, "item %d", number);
        if (number == run->cancel_at)
            atomic_store(&run->cancel.asked, true);
    }
    return SEALIFT_OK;
}

static void
give_back_all(struct pool *pool, struct queue *queue)
{
    uint8_t *buffer;

    while ((buffer = queue_drain(queue)) != NULL)
        pool_give(pool, buffer);
}

static enum sealift_status
run_pipeline(struct run *run, struct sealift_error *err)
{
    const struct world world = {&clock_system, &entropy_system, &run->cancel, NULL};
    SCOPED(pool_free) struct pool *pool = NULL;
    SCOPED(queue_free) struct queue *made = NULL, *moved = NULL;
    SCOPED(crew_free) struct crew *crew = NULL;
    enum sealift_status status;

    TRY(pool_new(6, 16, &pool, err));
    TRY(queue_new(2, &made, err));
    TRY(queue_new(3, &moved, err));
    TRY(crew_new(&world, &crew, err));
    run->pool = pool;
    run->made = made;
    run->moved = moved;
    crew_breaks_pool(crew, pool);
    crew_breaks_queue(crew, made);
    crew_breaks_queue(crew, moved);
    TRY(crew_start_many(crew, "take", 2, take, run, NULL, err));
    TRY(crew_start_many(crew, "move", 3, move, run, moved, err));
    TRY(crew_start_many(crew, "make", 2, make, run, made, err));
    status = crew_join(crew, err);
    give_back_all(pool, made);
    give_back_all(pool, moved);
    return status;
}

int
main(void)
{
    for (int i = 0; i < RUNS; i++) {
        struct run run = {.left_to_make = ITEMS, .fail_at = -1, .cancel_at = -1};
        struct sealift_error err = {0};
        enum sealift_status status;

        if (i % 3 == 1)
            run.fail_at = i * 7 % ITEMS;
        else if (i % 10 == 2)
            run.cancel_at = i % 3;
        status = run_pipeline(&run, &err);
        if (run.fail_at >= 0)
            insist(status == SEALIFT_IO, "the failure is what is reported");
        else if (run.cancel_at >= 0)
            insist(status == SEALIFT_OK || status == SEALIFT_CANCELLED, "a cancellation is heard, or comes too late");
        else
            insist(status == SEALIFT_OK && run.taken == ITEMS, "every item arrives");
    }
    return 0;
}
