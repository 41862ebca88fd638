#include "queue.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <time.h>

static struct sealift_error err;
static int items[4];

static struct queue *
queue_of(size_t capacity)
{
    struct queue *queue = NULL;

    cr_assert_eq(queue_new(capacity, &queue, &err), SEALIFT_OK, "%s", err.message);
    return queue;
}

Test(queue, hands_items_on_in_their_order)
{
    SCOPED(queue_free) struct queue *queue = queue_of(2);

    for (int i = 0; i < 4; i++) {
        cr_assert(queue_push(queue, &items[i]));
        cr_assert(queue_push(queue, &items[0]));
        cr_assert_eq(queue_pop(queue), &items[i]);
        cr_assert_eq(queue_pop(queue), &items[0]);
    }
}

Test(queue, refuses_to_be_made_without_room)
{
    struct queue *queue = NULL;

    cr_assert_eq(queue_new(0, &queue, &err), SEALIFT_INTERNAL);
    cr_assert_null(queue);
}

Test(queue, says_when_nothing_is_there_right_now)
{
    SCOPED(queue_free) struct queue *queue = queue_of(1);

    cr_assert_null(queue_try_pop(queue));
    cr_assert(queue_push(queue, &items[1]));
    cr_assert_eq(queue_try_pop(queue), &items[1]);
    cr_assert_null(queue_try_pop(queue));
}

Test(queue, gives_out_what_it_holds_after_closing)
{
    SCOPED(queue_free) struct queue *queue = queue_of(3);

    cr_assert(queue_push(queue, &items[0]));
    cr_assert(queue_push(queue, &items[1]));
    queue_close(queue);
    cr_assert_not(queue_push(queue, &items[2]));
    cr_assert_eq(queue_pop(queue), &items[0]);
    cr_assert_eq(queue_pop(queue), &items[1]);
    cr_assert_null(queue_pop(queue));
    cr_assert_null(queue_pop(queue));
}

Test(queue, keeps_what_it_holds_for_the_drain_after_breaking)
{
    SCOPED(queue_free) struct queue *queue = queue_of(3);

    cr_assert(queue_push(queue, &items[0]));
    queue_break(queue);
    cr_assert_not(queue_push(queue, &items[1]));
    cr_assert_null(queue_pop(queue));
    cr_assert_null(queue_try_pop(queue));
    cr_assert_eq(queue_drain(queue), &items[0]);
    cr_assert_null(queue_drain(queue));
}

static void *
push_one(void *queue)
{
    return queue_push(queue, &items[1]) ? &items[1] : NULL;
}

static void *
pop_one(void *queue)
{
    return queue_pop(queue);
}

static void
let_others_run(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

/* Whether the other thread blocks before or after we act, the outcome must be the same. */
Test(queue, makes_the_faster_side_wait, .timeout = 10)
{
    SCOPED(queue_free) struct queue *queue = queue_of(1);
    pthread_t pusher;
    void *pushed;

    cr_assert(queue_push(queue, &items[0]));
    pthread_create(&pusher, NULL, push_one, queue);
    let_others_run();
    cr_assert_eq(queue_pop(queue), &items[0]);
    cr_assert_eq(queue_pop(queue), &items[1]);
    pthread_join(pusher, &pushed);
    cr_assert_eq(pushed, &items[1]);
}

Test(queue, frees_waiting_threads_when_it_breaks, .timeout = 10)
{
    SCOPED(queue_free) struct queue *full = queue_of(1), *empty = queue_of(1);
    pthread_t pusher, popper;
    void *pushed, *popped;

    cr_assert(queue_push(full, &items[0]));
    pthread_create(&pusher, NULL, push_one, full);
    pthread_create(&popper, NULL, pop_one, empty);
    let_others_run();
    queue_break(full);
    queue_break(empty);
    pthread_join(pusher, &pushed);
    pthread_join(popper, &popped);
    cr_assert_null(pushed);
    cr_assert_null(popped);
}

Test(queue, frees_waiting_threads_when_it_closes, .timeout = 10)
{
    SCOPED(queue_free) struct queue *full = queue_of(1), *empty = queue_of(1);
    pthread_t pusher, popper;
    void *pushed, *popped;

    cr_assert(queue_push(full, &items[0]));
    pthread_create(&pusher, NULL, push_one, full);
    pthread_create(&popper, NULL, pop_one, empty);
    let_others_run();
    queue_close(full);
    queue_close(empty);
    pthread_join(pusher, &pushed);
    pthread_join(popper, &popped);
    cr_assert_null(pushed);
    cr_assert_null(popped);
}
