#include "sequence.h"

#include "error.h"

#include <pthread.h>
#include <stdlib.h>

struct sequence {
    pthread_mutex_t lock;
    pthread_cond_t room;  /* the producer waits for the window */
    pthread_cond_t ready; /* the consumer waits for the next item */
    uint64_t issued;      /* tickets taken */
    uint64_t taken;       /* items consumed */
    bool closed, broken;
    size_t window;
    void *slots[]; /* ticket n lies in slot n % window */
};

enum sealift_status
sequence_new(size_t window, struct sequence **ret_sequence, struct sealift_error *err)
{
    struct sequence *sequence = calloc(1, sizeof(*sequence) + window * sizeof(void *));

    if (sequence == NULL)
        return error_no_memory(err);
    pthread_mutex_init(&sequence->lock, NULL);
    pthread_cond_init(&sequence->room, NULL);
    pthread_cond_init(&sequence->ready, NULL);
    sequence->window = window;
    *ret_sequence = sequence;
    return SEALIFT_OK;
}

void
sequence_free(struct sequence **sequence)
{
    if (*sequence == NULL)
        return;
    pthread_cond_destroy(&(*sequence)->ready);
    pthread_cond_destroy(&(*sequence)->room);
    pthread_mutex_destroy(&(*sequence)->lock);
    free(*sequence);
    *sequence = NULL;
}

bool
sequence_ticket(struct sequence *sequence, uint64_t *ret_ticket)
{
    bool alive;

    pthread_mutex_lock(&sequence->lock);
    while (!sequence->broken && sequence->issued - sequence->taken >= sequence->window)
        pthread_cond_wait(&sequence->room, &sequence->lock);
    alive = !sequence->broken;
    if (alive)
        *ret_ticket = sequence->issued++;
    pthread_mutex_unlock(&sequence->lock);
    return alive;
}

void
sequence_close(struct sequence *sequence)
{
    pthread_mutex_lock(&sequence->lock);
    sequence->closed = true;
    pthread_cond_broadcast(&sequence->ready);
    pthread_mutex_unlock(&sequence->lock);
}

void
sequence_put(struct sequence *sequence, uint64_t ticket, void *item)
{
    pthread_mutex_lock(&sequence->lock);
    sequence->slots[ticket % sequence->window] = item;
    if (ticket == sequence->taken)
        pthread_cond_signal(&sequence->ready);
    pthread_mutex_unlock(&sequence->lock);
}

void *
sequence_next(struct sequence *sequence)
{
    void *item = NULL;
    void **slot;

    pthread_mutex_lock(&sequence->lock);
    slot = &sequence->slots[sequence->taken % sequence->window];
    while (!sequence->broken && *slot == NULL && !(sequence->closed && sequence->taken == sequence->issued))
        pthread_cond_wait(&sequence->ready, &sequence->lock);
    if (!sequence->broken && *slot != NULL) {
        item = *slot;
        *slot = NULL;
        sequence->taken++;
        pthread_cond_signal(&sequence->room);
    }
    pthread_mutex_unlock(&sequence->lock);
    return item;
}

void
sequence_break(struct sequence *sequence)
{
    pthread_mutex_lock(&sequence->lock);
    sequence->broken = true;
    pthread_cond_broadcast(&sequence->room);
    pthread_cond_broadcast(&sequence->ready);
    pthread_mutex_unlock(&sequence->lock);
}

void *
sequence_drain(struct sequence *sequence)
{
    void *item = NULL;

    pthread_mutex_lock(&sequence->lock);
    for (size_t i = 0; item == NULL && i < sequence->window; i++) {
        item = sequence->slots[i];
        sequence->slots[i] = NULL;
    }
    pthread_mutex_unlock(&sequence->lock);
    return item;
}
