#include "store_race.h"

#include "digest.h"
#include "error.h"
#include "scoped.h"

#include <pthread.h>

/* Where the runners wait for each other: without it, the first would be at the finish before the last one starts. */
struct starting_line {
    pthread_mutex_t lock;
    pthread_cond_t shot;
    enum { WAIT, RUN, GO_HOME } signal; /* guarded by lock */
};

struct runner {
    struct store *store;
    const char *name;
    struct starting_line *line;
    pthread_t thread;
    struct buf payload;
    uint8_t sha256[SHA256_SIZE];
    enum sealift_status status;
    struct sealift_error err;
};

static bool
wait_for_start(struct starting_line *line)
{
    bool run;

    pthread_mutex_lock(&line->lock);
    while (line->signal == WAIT)
        pthread_cond_wait(&line->shot, &line->lock);
    run = line->signal == RUN;
    pthread_mutex_unlock(&line->lock);
    return run;
}

static void *
run(void *argument)
{
    struct runner *runner = argument;

    if (wait_for_start(runner->line))
        runner->status = runner->store->ops->put(runner->store, runner->name, buf_bytes(&runner->payload),
                                                 runner->sha256, true, &runner->err);
    return NULL;
}

static enum sealift_status
line_up(struct runner *runner, struct bytes payload, uint8_t number, struct sealift_error *err)
{
    TRY(buf_append_bytes(&runner->payload, payload, err));
    runner->payload.data[0] = number;
    TRY(sha256(buf_bytes(&runner->payload), runner->sha256, err));
    if (pthread_create(&runner->thread, NULL, run, runner) != 0)
        return error_set(err, SEALIFT_NO_MEMORY, "no thread can be started");
    return SEALIFT_OK;
}

static void
give_signal(struct starting_line *line, bool ready)
{
    pthread_mutex_lock(&line->lock);
    line->signal = ready ? RUN : GO_HOME;
    pthread_cond_broadcast(&line->shot);
    pthread_mutex_unlock(&line->lock);
}

static enum sealift_status
judge(const struct runner *runners, unsigned *ret_winners, uint8_t *ret_winner, struct sealift_error *err)
{
    unsigned winners = 0;

    for (unsigned i = 0; i < STORE_RACE_RUNNERS; i++) {
        if (runners[i].status == SEALIFT_OK) {
            winners++;
            *ret_winner = runners[i].payload.data[0];
        } else if (runners[i].status != SEALIFT_CONFLICT) {
            *err = runners[i].err;
            return runners[i].status;
        }
    }
    *ret_winners = winners;
    return SEALIFT_OK;
}

enum sealift_status
store_race_run(struct store *store, const char *name, struct bytes payload, unsigned *ret_winners, uint8_t *ret_winner,
               struct sealift_error *err)
{
    struct starting_line line = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, WAIT};
    struct runner runners[STORE_RACE_RUNNERS];
    enum sealift_status status = SEALIFT_OK;
    unsigned started;

    for (started = 0; started < STORE_RACE_RUNNERS; started++) {
        runners[started] = (struct runner){.store = store, .name = name, .line = &line};
        status = line_up(&runners[started], payload, (uint8_t)started, err);
        if (status != SEALIFT_OK)
            break;
    }
    give_signal(&line, status == SEALIFT_OK);
    for (unsigned i = 0; i < started; i++)
        pthread_join(runners[i].thread, NULL);
    if (status == SEALIFT_OK)
        status = judge(runners, ret_winners, ret_winner, err);
    for (unsigned i = 0; i < STORE_RACE_RUNNERS && i <= started; i++)
        buf_done(&runners[i].payload);
    return status;
}
