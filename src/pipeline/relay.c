#include "relay.h"

#include "error.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

/* An item on its way; its place in the line. */
struct ticket {
    const struct relay *relay;
    uint64_t number;
    _Alignas(max_align_t) uint8_t item[];
};

struct relay_run {
    const struct relay *relay;
    struct queue *queue;       /* struct ticket: to be looked at */
    struct sequence *sequence; /* struct ticket: to be told of */
};

static void
ticket_free(struct ticket **ticket)
{
    if (*ticket != NULL && (*ticket)->relay->item_done != NULL)
        (*ticket)->relay->item_done((*ticket)->item);
    free(*ticket);
    *ticket = NULL;
}

static enum sealift_status
plan(void *argument, struct sealift_error *err)
{
    struct relay_run *run = argument;

    TRY(run->relay->plan(run->relay->context, run, err));
    queue_close(run->queue);
    sequence_close(run->sequence);
    return SEALIFT_OK;
}

enum sealift_status
relay_hand_in(struct relay_run *run, void *item, struct sealift_error *err)
{
    const struct relay *relay = run->relay;
    SCOPED(ticket_free) struct ticket *ticket = malloc(sizeof(*ticket) + relay->item_size);

    if (ticket == NULL) {
        if (relay->item_done != NULL)
            relay->item_done(item);
        return error_no_memory(err);
    }
    ticket->relay = relay;
    memcpy(ticket->item, item, relay->item_size);
    TRY(world_check_cancel(relay->world, err));
    if (!sequence_ticket(run->sequence, &ticket->number) || !queue_push(run->queue, ticket))
        return error_set(err, SEALIFT_CANCELLED, "the work was stopped");
    ticket = NULL;
    return SEALIFT_OK;
}

static enum sealift_status
look(void *argument, struct sealift_error *err)
{
    const struct relay_run *run = argument;
    const struct relay *relay = run->relay;
    struct ticket *next;

    while ((next = queue_pop(run->queue)) != NULL) {
        SCOPED(ticket_free) struct ticket *ticket = next;

        TRY(world_check_cancel(relay->world, err));
        TRY(relay->look(relay->context, ticket->item, err));
        sequence_put(run->sequence, next->number, TAKE(ticket));
    }
    return SEALIFT_OK;
}

static enum sealift_status
tell(void *argument, struct sealift_error *err)
{
    const struct relay_run *run = argument;
    const struct relay *relay = run->relay;
    struct ticket *next;

    while ((next = sequence_next(run->sequence)) != NULL) {
        SCOPED(ticket_free) struct ticket *ticket = next;

        TRY(relay->tell(relay->context, ticket->item, err));
    }
    return SEALIFT_OK;
}

static void
tear_down(struct relay_run *run)
{
    struct ticket *ticket;

    while (run->queue != NULL && (ticket = queue_drain(run->queue)) != NULL)
        ticket_free(&ticket);
    while (run->sequence != NULL && (ticket = sequence_drain(run->sequence)) != NULL)
        ticket_free(&ticket);
    queue_free(&run->queue);
    sequence_free(&run->sequence);
}

enum sealift_status
relay_run(const struct relay *relay, struct sealift_error *err)
{
    SCOPED(tear_down) struct relay_run run = {.relay = relay};
    SCOPED(crew_free) struct crew *crew = NULL;

    TRY(queue_new(relay->threads, &run.queue, err));
    TRY(sequence_new(relay->window, &run.sequence, err));
    TRY(crew_new(relay->world, &crew, err));
    crew_breaks_queue(crew, run.queue);
    crew_breaks_sequence(crew, run.sequence);
    if (crew_start(crew, "plan", plan, &run, err) != SEALIFT_OK ||
        crew_start_many(crew, "look", relay->threads, look, &run, NULL, err) != SEALIFT_OK ||
        crew_start(crew, "tell", tell, &run, err) != SEALIFT_OK)
        crew_fail(crew, err);
    return crew_join(crew, err);
}
