#include "sequence.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <time.h>

static struct sealift_error err;
static int items[4];

static struct sequence *
sequence_of(size_t window)
{
    struct sequence *sequence = NULL;

    cr_assert_eq(sequence_new(window, &sequence, &err), SEALIFT_OK, "%s", err.message);
    return sequence;
}

static uint64_t
ticket_of(struct sequence *sequence)
{
    uint64_t ticket;

    cr_assert(sequence_ticket(sequence, &ticket));
    return ticket;
}

Test(sequence, puts_items_back_into_order)
{
    SCOPED(sequence_free) struct sequence *sequence = sequence_of(3);

    for (int round = 0; round < 5; round++) {
        uint64_t first = ticket_of(sequence), second = ticket_of(sequence), third = ticket_of(sequence);

        sequence_put(sequence, third, &items[3]);
        sequence_put(sequence, first, &items[1]);
        sequence_put(sequence, second, &items[2]);
        cr_assert_eq(sequence_next(sequence), &items[1]);
        cr_assert_eq(sequence_next(sequence), &items[2]);
        cr_assert_eq(sequence_next(sequence), &items[3]);
    }
}

Test(sequence, ends_when_it_is_closed_and_everything_was_taken)
{
    SCOPED(sequence_free) struct sequence *sequence = sequence_of(2);
    uint64_t only = ticket_of(sequence);

    sequence_close(sequence);
    sequence_put(sequence, only, &items[0]);
    cr_assert_eq(sequence_next(sequence), &items[0]);
    cr_assert_null(sequence_next(sequence));
}

Test(sequence, gives_what_was_put_to_the_drain_after_a_break)
{
    SCOPED(sequence_free) struct sequence *sequence = sequence_of(3);
    uint64_t first = ticket_of(sequence), second = ticket_of(sequence), none = 77;

    sequence_put(sequence, second, &items[2]);
    sequence_break(sequence);
    sequence_put(sequence, first, &items[1]);
    cr_assert_null(sequence_next(sequence));
    cr_assert_not(sequence_ticket(sequence, &none));
    cr_assert_eq(none, 77);
    cr_assert_eq(sequence_drain(sequence), &items[1]);
    cr_assert_eq(sequence_drain(sequence), &items[2]);
    cr_assert_null(sequence_drain(sequence));
}

static void *
take_next(void *sequence)
{
    return sequence_next(sequence);
}

static void *
take_ticket(void *sequence)
{
    uint64_t ticket;

    return sequence_ticket(sequence, &ticket) ? sequence : NULL;
}

static void
let_others_run(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

Test(sequence, makes_the_consumer_wait_for_the_next_in_order, .timeout = 10)
{
    SCOPED(sequence_free) struct sequence *sequence = sequence_of(2);
    uint64_t first = ticket_of(sequence), second = ticket_of(sequence);
    pthread_t consumer;
    void *taken;

    sequence_put(sequence, second, &items[2]);
    pthread_create(&consumer, NULL, take_next, sequence);
    let_others_run();
    sequence_put(sequence, first, &items[1]);
    pthread_join(consumer, &taken);
    cr_assert_eq(taken, &items[1]);
    cr_assert_eq(sequence_next(sequence), &items[2]);
}

Test(sequence, gives_no_ticket_beyond_its_window, .timeout = 10)
{
    SCOPED(sequence_free) struct sequence *sequence = sequence_of(1);
    uint64_t first = ticket_of(sequence);
    pthread_t producer;
    void *got_one;

    sequence_put(sequence, first, &items[0]);
    pthread_create(&producer, NULL, take_ticket, sequence);
    let_others_run();
    cr_assert_eq(sequence_next(sequence), &items[0]);
    pthread_join(producer, &got_one);
    cr_assert_eq(got_one, sequence);
}

Test(sequence, frees_waiting_threads_when_it_breaks, .timeout = 10)
{
    SCOPED(sequence_free) struct sequence *sequence = sequence_of(1);
    pthread_t producer, consumer;
    void *ticket, *item;

    ticket_of(sequence);
    pthread_create(&producer, NULL, take_ticket, sequence);
    pthread_create(&consumer, NULL, take_next, sequence);
    let_others_run();
    sequence_break(sequence);
    pthread_join(producer, &ticket);
    pthread_join(consumer, &item);
    cr_assert_null(ticket);
    cr_assert_null(item);
}

Test(sequence, frees_the_waiting_consumer_when_it_closes, .timeout = 10)
{
    SCOPED(sequence_free) struct sequence *sequence = sequence_of(1);
    pthread_t consumer;
    void *item;

    pthread_create(&consumer, NULL, take_next, sequence);
    let_others_run();
    sequence_close(sequence);
    pthread_join(consumer, &item);
    cr_assert_null(item);
}

Test(sequence, refuses_to_be_made_without_room)
{
    struct sequence *sequence = NULL;

    cr_assert_eq(sequence_new(0, &sequence, &err), SEALIFT_INTERNAL);
    cr_assert_null(sequence);
}
