#include "relay.h"

#include "error.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define ITEMS   200
#define THREADS 4
#define WINDOW  8

static struct sealift_error err;
static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};

/* Each owns a number of its own. */
struct item {
    int *number;
};

static atomic_int made, freed, taken;
static int count; /* of items that are handed in */
static int told;
static int fail_to_look_at, fail_to_tell_of, fail_to_hand_in; /* -1: nothing fails */

static void
set_up(void)
{
    count = ITEMS;
    fail_to_look_at = fail_to_tell_of = fail_to_hand_in = -1;
}

TestSuite(relay, .init = set_up, .timeout = 20);

static void
item_done(void *pointer)
{
    struct item *item = pointer;

    free(item->number);
    atomic_fetch_add(&freed, 1);
}

static enum sealift_status
plan(void *context, struct relay_run *run, struct sealift_error *plan_err)
{
    (void)context;
    for (int i = 0; i < count; i++) {
        struct item item = {malloc(sizeof(int))};

        cr_assert_not_null(item.number);
        *item.number = i;
        if (i == fail_to_hand_in) {
            free(item.number);
            return error_set(plan_err, SEALIFT_IO, "no more of them");
        }
        atomic_fetch_add(&made, 1);
        TRY(relay_hand_in(run, &item, plan_err));
        /* The teller has one in its hand, which it may not have counted yet. */
        cr_assert(i < atomic_load(&taken) + WINDOW + 1);
    }
    return SEALIFT_OK;
}

static enum sealift_status
look(void *context, void *pointer, struct sealift_error *look_err)
{
    struct item *item = pointer;

    (void)context;
    if (*item->number == fail_to_look_at)
        return error_set(look_err, SEALIFT_KEY, "a bad one");
    *item->number *= 2;
    return SEALIFT_OK;
}

static enum sealift_status
tell(void *context, void *pointer, struct sealift_error *tell_err)
{
    const struct item *item = pointer;

    (void)context;
    atomic_fetch_add(&taken, 1);
    cr_assert_eq(*item->number, 2 * told);
    if (told == fail_to_tell_of)
        return error_set(tell_err, SEALIFT_CONFLICT, "nobody wants it");
    told++;
    return SEALIFT_OK;
}

static enum sealift_status run_with(enum sealift_status (*looks)(void *context, void *item,
                                                                 struct sealift_error *look_err))
{
    const struct relay relay = {
        .world = &world,
        .threads = THREADS,
        .window = WINDOW,
        .item_size = sizeof(struct item),
        .item_done = item_done,
        .plan = plan,
        .look = looks,
        .tell = tell,
    };
    enum sealift_status status = relay_run(&relay, &err);

    cr_assert_eq(atomic_load(&freed), atomic_load(&made), "every item is freed once");
    return status;
}

Test(relay, tells_of_all_in_the_order_in_which_they_were_handed_in)
{
    cr_assert_eq(run_with(look), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(told, ITEMS);
}

Test(relay, ends_well_with_nothing_to_do)
{
    count = 0;
    cr_assert_eq(run_with(look), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(told, 0);
}

static pthread_barrier_t all_are_there;

static enum sealift_status
look_together(void *context, void *item, struct sealift_error *look_err)
{
    pthread_barrier_wait(&all_are_there);
    return look(context, item, look_err);
}

/* Else it would never end. */
Test(relay, looks_at_as_many_at_once_as_there_are_threads)
{
    pthread_barrier_init(&all_are_there, NULL, THREADS);
    cr_assert_eq(ITEMS % THREADS, 0);
    cr_assert_eq(run_with(look_together), SEALIFT_OK, "%s", err.message);
    cr_assert_eq(told, ITEMS);
    pthread_barrier_destroy(&all_are_there);
}

Test(relay, ends_with_the_failure_of_who_looks_and_tells_nothing_from_there_on)
{
    fail_to_look_at = 70;
    cr_assert_eq(run_with(look), SEALIFT_KEY);
    cr_assert_str_eq(err.message, "a bad one");
    cr_assert(told <= 70);
}

Test(relay, ends_with_the_failure_of_who_tells)
{
    fail_to_tell_of = 70;
    cr_assert_eq(run_with(look), SEALIFT_CONFLICT);
    cr_assert_eq(told, 70);
}

Test(relay, ends_with_the_failure_of_the_plan)
{
    fail_to_hand_in = 70;
    cr_assert_eq(run_with(look), SEALIFT_IO);
    cr_assert(told <= 70);
}

static enum sealift_status
look_and_cancel(void *context, void *item, struct sealift_error *look_err)
{
    if (*((struct item *)item)->number == 70)
        atomic_store(&cancel.asked, true);
    return look(context, item, look_err);
}

Test(relay, ends_when_it_is_cancelled)
{
    cr_assert_eq(run_with(look_and_cancel), SEALIFT_CANCELLED);
    cr_assert(told < ITEMS);
}
