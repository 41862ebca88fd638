/* Workers finish items in any order, for ThreadSanitizer: the consumer must see every number once and in order, and a
 * break at a varying moment must free everybody and lose nothing. */
#include "sequence.h"

#include "queue.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define ITEMS   2000
#define WORKERS 3
#define RUNS    12

struct item {
    uint64_t ticket;
};

struct run {
    struct sequence *sequence;
    struct queue *work;
    uint64_t break_at; /* ITEMS: never */
};

static void
insist(bool truth, const char *what)
{
    if (!truth) {
        fprintf(stderr, "failed: %s\n", what);
        exit(1);
    }
}

static void *
produce(void *argument)
{
    struct run *run = argument;

    for (int i = 0; i < ITEMS; i++) {
        struct item *item = malloc(sizeof(*item));

        if (!sequence_ticket(run->sequence, &item->ticket) || !queue_push(run->work, item)) {
            free(item);
            break;
        }
    }
    queue_close(run->work);
    sequence_close(run->sequence);
    return NULL;
}

static void *
work(void *argument)
{
    struct run *run = argument;
    struct item *item;

    while ((item = queue_pop(run->work)) != NULL)
        sequence_put(run->sequence, item->ticket, item);
    return NULL;
}

static void
consume(struct run *run)
{
    struct item *item;
    uint64_t expected = 0;

    while ((item = sequence_next(run->sequence)) != NULL) {
        insist(item->ticket == expected, "items come in order");
        expected++;
        free(item);
        if (expected == run->break_at)
            sequence_break(run->sequence);
    }
    insist(expected == run->break_at, "every item comes, until the break");
}

static void
run_once(uint64_t break_at)
{
    struct run run = {.break_at = break_at};
    struct sealift_error err = {0};
    pthread_t producer, workers[WORKERS];
    struct item *left;

    insist(sequence_new(5, &run.sequence, &err) == SEALIFT_OK, "a sequence");
    insist(queue_new(3, &run.work, &err) == SEALIFT_OK, "a queue");
    pthread_create(&producer, NULL, produce, &run);
    for (size_t i = 0; i < WORKERS; i++)
        pthread_create(&workers[i], NULL, work, &run);
    consume(&run);
    pthread_join(producer, NULL);
    for (size_t i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    while ((left = sequence_drain(run.sequence)) != NULL)
        free(left);
    sequence_free(&run.sequence);
    queue_free(&run.work);
}

int
main(void)
{
    for (uint64_t i = 0; i < RUNS; i++)
        run_once(i % 3 == 2 ? 1 + i * 97 % ITEMS : ITEMS);
    return 0;
}
