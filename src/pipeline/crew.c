#include "crew.h"

#include "error.h"
#include "quiet_thread.h"
#include "scoped.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BREAKABLES 16
#define LONGEST_NAME    15

/* How long a Ctrl-C may go unheard by crew_join(). It cannot be waited for: a signal handler may only set a flag. */
#define CANCEL_POLL_NS (50 * NS_PER_MS)

/* Threads that do the same; the last one to leave closes the queue behind them. */
struct group {
    struct group *next;
    size_t working;
    struct queue *then_close; /* may be NULL */
};

struct member {
    struct member *next;
    struct crew *crew;
    struct group *group;
    char name[LONGEST_NAME + 1];
    crew_task *task;
    void *argument;
    pthread_t thread;
};

/* Something that threads wait in, and how it lets them go. */
struct breakable {
    crew_break *let_go;
    void *what;
};

struct crew {
    const struct world *world;
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t nobody_works;
    size_t working;
    bool failed;
    struct sealift_error error; /* the first */
    struct breakable breakables[MOST_BREAKABLES];
    size_t breakable_count;
    struct member *members; /* these two are only touched by the thread that drives the crew */
    struct group *groups;
};

enum sealift_status
crew_new(const struct world *world, struct crew **ret_crew, struct sealift_error *err)
{
    struct crew *crew = calloc(1, sizeof(*crew));

    if (crew == NULL)
        return error_no_memory(err);
    crew->world = world;
    pthread_mutex_init(&crew->lock, NULL);
    deadline_cond_init(&crew->nobody_works);
    *ret_crew = crew;
    return SEALIFT_OK;
}

static void
break_all_locked(struct crew *crew)
{
    for (size_t i = 0; i < crew->breakable_count; i++)
        crew->breakables[i].let_go(crew->breakables[i].what);
}

void
crew_breaks(struct crew *crew, crew_break *let_go, void *what)
{
    pthread_mutex_lock(&crew->lock);
    assert(crew->breakable_count < MOST_BREAKABLES);
    crew->breakables[crew->breakable_count++] = (struct breakable){let_go, what};
    if (crew->failed)
        let_go(what);
    pthread_mutex_unlock(&crew->lock);
}

static void
let_go_of_queue(void *queue)
{
    queue_break(queue);
}

void
crew_breaks_queue(struct crew *crew, struct queue *queue)
{
    crew_breaks(crew, let_go_of_queue, queue);
}

static void
let_go_of_pool(void *pool)
{
    pool_break(pool);
}

void
crew_breaks_pool(struct crew *crew, struct pool *pool)
{
    crew_breaks(crew, let_go_of_pool, pool);
}

static void
let_go_of_sequence(void *sequence)
{
    sequence_break(sequence);
}

void
crew_breaks_sequence(struct crew *crew, struct sequence *sequence)
{
    crew_breaks(crew, let_go_of_sequence, sequence);
}

static void
fail_locked(struct crew *crew, const struct sealift_error *err)
{
    if (crew->failed)
        return;
    crew->failed = true;
    crew->error = *err;
    break_all_locked(crew);
}

void
crew_fail(struct crew *crew, const struct sealift_error *err)
{
    pthread_mutex_lock(&crew->lock);
    fail_locked(crew, err);
    pthread_mutex_unlock(&crew->lock);
}

bool
crew_failed(struct crew *crew)
{
    bool failed;

    pthread_mutex_lock(&crew->lock);
    failed = crew->failed;
    pthread_mutex_unlock(&crew->lock);
    return failed;
}

static void
leave(struct crew *crew, struct group *group, const struct sealift_error *err)
{
    pthread_mutex_lock(&crew->lock);
    if (err->status != SEALIFT_OK)
        fail_locked(crew, err);
    if (--group->working == 0 && group->then_close != NULL)
        queue_close(group->then_close);
    if (--crew->working == 0)
        pthread_cond_signal(&crew->nobody_works);
    pthread_mutex_unlock(&crew->lock);
}

static void *
run_member(void *argument)
{
    struct member *member = argument;
    struct sealift_error err = {0};

    pthread_setname_np(pthread_self(), member->name);
    err.status = member->task(member->argument, &err);
    leave(member->crew, member->group, &err);
    return NULL;
}

static enum sealift_status
start_member(struct crew *crew, struct group *group, const char *name, crew_task *task, void *argument,
             struct sealift_error *err)
{
    SCOPED(free_done) struct member *member = calloc(1, sizeof(*member));
    int error_number;

    if (member == NULL)
        return error_no_memory(err);
    member->crew = crew;
    member->group = group;
    member->task = task;
    member->argument = argument;
    memcpy(member->name, name, strnlen(name, LONGEST_NAME));
    error_number = quiet_thread_start(run_member, member, &member->thread);
    if (error_number != 0)
        return error_errno(err, error_number, "cannot start a thread (%s)", name);
    member->next = crew->members;
    crew->members = TAKE(member);
    return SEALIFT_OK;
}

/* Counts somebody in before there is a thread: else an early leaver could look like the last one. */
static void
count_in(struct crew *crew, struct group *group, size_t count)
{
    pthread_mutex_lock(&crew->lock);
    group->working += count;
    crew->working += count;
    pthread_mutex_unlock(&crew->lock);
}

enum sealift_status
crew_start_many(struct crew *crew, const char *name, size_t count, crew_task *task, void *argument,
                struct queue *then_close, struct sealift_error *err)
{
    struct group *group = calloc(1, sizeof(*group));

    if (group == NULL)
        return error_no_memory(err);
    group->then_close = then_close;
    group->next = crew->groups;
    crew->groups = group;
    count_in(crew, group, count);
    for (size_t started = 0; started < count; started++) {
        enum sealift_status status = start_member(crew, group, name, task, argument, err);

        if (status != SEALIFT_OK) {
            for (; started < count; started++)
                leave(crew, group, err);
            return status;
        }
    }
    return SEALIFT_OK;
}

enum sealift_status
crew_start(struct crew *crew, const char *name, crew_task *task, void *argument, struct sealift_error *err)
{
    return crew_start_many(crew, name, 1, task, argument, NULL, err);
}

static void
wait_until_nobody_works(struct crew *crew)
{
    struct sealift_error cancelled;

    pthread_mutex_lock(&crew->lock);
    while (crew->working > 0) {
        struct timespec until = deadline_in(CANCEL_POLL_NS);

        if (world_check_cancel(crew->world, &cancelled) != SEALIFT_OK)
            fail_locked(crew, &cancelled);
        pthread_cond_timedwait(&crew->nobody_works, &crew->lock, &until);
    }
    pthread_mutex_unlock(&crew->lock);
}

static void
join_threads(struct crew *crew)
{
    while (crew->members != NULL) {
        struct member *member = crew->members;

        crew->members = member->next;
        pthread_join(member->thread, NULL);
        free(member);
    }
}

enum sealift_status
crew_join(struct crew *crew, struct sealift_error *err)
{
    wait_until_nobody_works(crew);
    join_threads(crew);
    if (!crew->failed)
        return SEALIFT_OK;
    *err = crew->error;
    return err->status;
}

static void
free_groups(struct crew *crew)
{
    while (crew->groups != NULL) {
        struct group *group = crew->groups;

        crew->groups = group->next;
        free(group);
    }
}

void
crew_free(struct crew **crew)
{
    struct sealift_error left;

    if (*crew == NULL)
        return;
    if (error_set(&left, SEALIFT_CANCELLED, "its crew was dismissed") != SEALIFT_OK)
        crew_fail(*crew, &left);
    join_threads(*crew);
    free_groups(*crew);
    pthread_cond_destroy(&(*crew)->nobody_works);
    pthread_mutex_destroy(&(*crew)->lock);
    free(*crew);
    *crew = NULL;
}
