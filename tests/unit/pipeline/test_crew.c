#include "crew.h"

#include "error.h"
#include "scoped.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>

static struct sealift_error err;
static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};

static struct crew *
new_crew(void)
{
    struct crew *crew = NULL;

    cr_assert_eq(crew_new(&world, &crew, &err), SEALIFT_OK, "%s", err.message);
    return crew;
}

static struct queue *
new_queue(size_t capacity)
{
    struct queue *queue = NULL;

    cr_assert_eq(queue_new(capacity, &queue, &err), SEALIFT_OK, "%s", err.message);
    return queue;
}

static enum sealift_status
count_up(void *argument, struct sealift_error *task_err)
{
    (void)task_err;
    atomic_fetch_add((atomic_int *)argument, 1);
    return SEALIFT_OK;
}

static enum sealift_status
fail_with_reason(void *reason, struct sealift_error *task_err)
{
    return error_set(task_err, SEALIFT_IO, "%s", (const char *)reason);
}

static enum sealift_status
pop_until_the_end(void *queue, struct sealift_error *task_err)
{
    (void)task_err;
    while (queue_pop(queue) != NULL)
        continue;
    return SEALIFT_OK;
}

Test(crew, runs_every_member, .timeout = 10)
{
    SCOPED(crew_free) struct crew *crew = new_crew();
    atomic_int count = 0;

    cr_assert_eq(crew_start(crew, "one", count_up, &count, &err), SEALIFT_OK);
    cr_assert_eq(crew_start_many(crew, "many", 5, count_up, &count, NULL, &err), SEALIFT_OK);
    cr_assert_eq(crew_join(crew, &err), SEALIFT_OK);
    cr_assert_eq(count, 6);
    cr_assert_not(crew_failed(crew));
}

Test(crew, joins_at_once_when_it_is_empty, .timeout = 10)
{
    SCOPED(crew_free) struct crew *crew = new_crew();

    cr_assert_eq(crew_join(crew, &err), SEALIFT_OK);
}

Test(crew, closes_the_queue_behind_the_last_of_a_group, .timeout = 10)
{
    SCOPED(queue_free) struct queue *queue = new_queue(1);
    SCOPED(crew_free) struct crew *crew = new_crew();
    atomic_int count = 0;

    cr_assert_eq(crew_start(crew, "popper", pop_until_the_end, queue, &err), SEALIFT_OK);
    cr_assert_eq(crew_start_many(crew, "makers", 3, count_up, &count, queue, &err), SEALIFT_OK);
    cr_assert_eq(crew_join(crew, &err), SEALIFT_OK, "the popper saw the end");
    cr_assert_not(queue_push(queue, &count));
}

Test(crew, breaks_what_it_knows_on_a_failure_and_reports_it, .timeout = 10)
{
    SCOPED(queue_free) struct queue *queue = new_queue(1);
    SCOPED(pool_free) struct pool *pool = NULL;
    SCOPED(crew_free) struct crew *crew = new_crew();
    char reason[] = "disk on fire";

    cr_assert_eq(pool_new(1, 10, &pool, &err), SEALIFT_OK);
    crew_breaks_queue(crew, queue);
    crew_breaks_pool(crew, pool);
    cr_assert_eq(crew_start(crew, "popper", pop_until_the_end, queue, &err), SEALIFT_OK);
    cr_assert_eq(crew_start(crew, "failer", fail_with_reason, reason, &err), SEALIFT_OK);
    cr_assert_eq(crew_join(crew, &err), SEALIFT_IO);
    cr_assert_str_eq(err.message, reason);
    cr_assert(crew_failed(crew));
    cr_assert_null(pool_take(pool));
}

Test(crew, keeps_the_first_error, .timeout = 10)
{
    SCOPED(crew_free) struct crew *crew = new_crew();
    struct sealift_error first = {SEALIFT_CORRUPT, "first"};
    char second[] = "second";

    crew_fail(crew, &first);
    cr_assert_eq(crew_start(crew, "failer", fail_with_reason, second, &err), SEALIFT_OK);
    cr_assert_eq(crew_join(crew, &err), SEALIFT_CORRUPT);
    cr_assert_str_eq(err.message, "first");
}

Test(crew, breaks_a_queue_that_it_gets_to_know_too_late, .timeout = 10)
{
    SCOPED(queue_free) struct queue *queue = new_queue(1);
    SCOPED(crew_free) struct crew *crew = new_crew();
    struct sealift_error first = {SEALIFT_CORRUPT, "first"};

    crew_fail(crew, &first);
    crew_breaks_queue(crew, queue);
    cr_assert_not(queue_push(queue, &first));
}

Test(crew, hears_a_cancellation, .timeout = 10)
{
    SCOPED(queue_free) struct queue *queue = new_queue(1);
    SCOPED(crew_free) struct crew *crew = new_crew();

    crew_breaks_queue(crew, queue);
    cr_assert_eq(crew_start(crew, "popper", pop_until_the_end, queue, &err), SEALIFT_OK);
    atomic_store(&cancel.asked, true);
    cr_assert_eq(crew_join(crew, &err), SEALIFT_CANCELLED);
    cr_assert_str_eq(err.message, "stopped on request");
}

/* The scope of a function that leaves early, with a thread still waiting for items. */
Test(crew, is_dismissed_when_its_scope_ends_early, .timeout = 10)
{
    SCOPED(queue_free) struct queue *queue = new_queue(1);
    SCOPED(crew_free) struct crew *crew = new_crew();

    crew_breaks_queue(crew, queue);
    cr_assert_eq(crew_start(crew, "popper", pop_until_the_end, queue, &err), SEALIFT_OK);
}

static void
set_stack_size_of_new_threads(size_t size)
{
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    cr_assert_eq(pthread_attr_setstacksize(&attributes, size), 0);
    cr_assert_eq(pthread_setattr_default_np(&attributes), 0);
    pthread_attr_destroy(&attributes);
}

/* No machine has room for such a stack. The popper must not wait for a group that never came. */
Test(crew, fails_when_a_thread_cannot_be_started, .timeout = 10)
{
    SCOPED(queue_free) struct queue *queue = new_queue(1);
    SCOPED(crew_free) struct crew *crew = new_crew();
    atomic_int count = 0;
    enum sealift_status status;

    cr_assert_eq(crew_start(crew, "popper", pop_until_the_end, queue, &err), SEALIFT_OK);
    set_stack_size_of_new_threads((size_t)1 << 60);
    status = crew_start_many(crew, "many", 3, count_up, &count, queue, &err);
    cr_assert_neq(status, SEALIFT_OK);
    cr_assert_not_null(strstr(err.message, "cannot start a thread (many)"), "%s", err.message);
    cr_assert_eq(crew_join(crew, &err), status);
    cr_assert_eq(count, 0);
}

struct seen {
    char name[16];
    bool interrupt_is_blocked;
};

static enum sealift_status
look_around(void *argument, struct sealift_error *task_err)
{
    struct seen *seen = argument;
    sigset_t blocked;

    (void)task_err;
    prctl(PR_GET_NAME, seen->name);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    seen->interrupt_is_blocked = sigismember(&blocked, SIGINT) == 1;
    return SEALIFT_OK;
}

Test(crew, names_its_threads_and_keeps_signals_from_them, .timeout = 10)
{
    SCOPED(crew_free) struct crew *crew = new_crew();
    struct seen seen = {0};
    sigset_t blocked;

    cr_assert_eq(crew_start(crew, "a name that is too long", look_around, &seen, &err), SEALIFT_OK);
    cr_assert_eq(crew_join(crew, &err), SEALIFT_OK);
    cr_assert_str_eq(seen.name, "a name that is ");
    cr_assert(seen.interrupt_is_blocked);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    cr_assert_eq(sigismember(&blocked, SIGINT), 0, "the starting thread's own mask is as it was");
}
