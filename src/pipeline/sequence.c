#include "sequence.h"

#include "error.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct sequence {
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t has_room;
    pthread_cond_t next_is_there;
    bool closed;
    bool broken;
    size_t window;
    uint64_t next_ticket;
    uint64_t next_out; /* the ticket whose item the consumer gets next; next_ticket - next_out <= window */
    void *items[];     /* by ticket modulo window; NULL: not put yet */
};

enum sealift_status
sequence_new(size_t window, struct sequence **ret_sequence, struct sealift_error *err)
{
    struct sequence *sequence;

    if (window == 0)
        return error_set(err, SEALIFT_INTERNAL, "a sequence without room");
    sequence = calloc(1, sizeof(*sequence) + window * sizeof(sequence->items[0]));
    if (sequence == NULL)
        return error_no_memory(err);
    pthread_mutex_init(&sequence->lock, NULL);
    pthread_cond_init(&sequence->has_room, NULL);
    pthread_cond_init(&sequence->next_is_there, NULL);
    sequence->window = window;
    *ret_sequence = sequence;
    return SEALIFT_OK;
}

void
sequence_free(struct sequence **sequence)
{
    if (*sequence != NULL) {
        pthread_cond_destroy(&(*sequence)->next_is_there);
        pthread_cond_destroy(&(*sequence)->has_room);
        pthread_mutex_destroy(&(*sequence)->lock);
    }
    free(*sequence);
    *sequence = NULL;
}

bool
sequence_ticket(struct sequence *sequence, uint64_t *ret_ticket)
{
    bool whole;

    pthread_mutex_lock(&sequence->lock);
    assert(!sequence->closed);
    while (sequence->next_ticket - sequence->next_out == sequence->window && !sequence->broken)
        pthread_cond_wait(&sequence->has_room, &sequence->lock);
    whole = !sequence->broken;
    if (whole)
        *ret_ticket = sequence->next_ticket++;
    pthread_mutex_unlock(&sequence->lock);
    return whole;
}

static void **
slot_locked(struct sequence *sequence, uint64_t ticket)
{
    return &sequence->items[ticket % sequence->window];
}

void
sequence_put(struct sequence *sequence, uint64_t ticket, void *item)
{
    pthread_mutex_lock(&sequence->lock);
    assert(ticket >= sequence->next_out && ticket < sequence->next_ticket && *slot_locked(sequence, ticket) == NULL);
    *slot_locked(sequence, ticket) = item;
    if (ticket == sequence->next_out)
        pthread_cond_signal(&sequence->next_is_there);
    pthread_mutex_unlock(&sequence->lock);
}

static bool
is_next_awaited_locked(struct sequence *sequence)
{
    bool at_the_end = sequence->closed && sequence->next_out == sequence->next_ticket;

    return *slot_locked(sequence, sequence->next_out) == NULL && !at_the_end && !sequence->broken;
}

void *
sequence_next(struct sequence *sequence)
{
    void *item = NULL;

    pthread_mutex_lock(&sequence->lock);
    while (is_next_awaited_locked(sequence))
        pthread_cond_wait(&sequence->next_is_there, &sequence->lock);
    if (!sequence->broken)
        item = *slot_locked(sequence, sequence->next_out);
    if (item != NULL) {
        *slot_locked(sequence, sequence->next_out++) = NULL;
        pthread_cond_signal(&sequence->has_room);
    }
    pthread_mutex_unlock(&sequence->lock);
    return item;
}

bool
sequence_is_broken(struct sequence *sequence)
{
    bool broken;

    pthread_mutex_lock(&sequence->lock);
    broken = sequence->broken;
    pthread_mutex_unlock(&sequence->lock);
    return broken;
}

void *
sequence_drain(struct sequence *sequence)
{
    void *item = NULL;

    pthread_mutex_lock(&sequence->lock);
    for (size_t i = 0; i < sequence->window && item == NULL; i++) {
        item = sequence->items[i];
        sequence->items[i] = NULL;
    }
    pthread_mutex_unlock(&sequence->lock);
    return item;
}

static void
end(struct sequence *sequence, bool *how)
{
    pthread_mutex_lock(&sequence->lock);
    *how = true;
    pthread_cond_broadcast(&sequence->has_room);
    pthread_cond_broadcast(&sequence->next_is_there);
    pthread_mutex_unlock(&sequence->lock);
}

void
sequence_close(struct sequence *sequence)
{
    end(sequence, &sequence->closed);
}

void
sequence_break(struct sequence *sequence)
{
    end(sequence, &sequence->broken);
}
