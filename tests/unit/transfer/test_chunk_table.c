#include "chunk_table.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

static struct extent
chunk(uint64_t name, uint64_t length)
{
    struct extent extent = {.length = length};

    memcpy(extent.id, &name, sizeof(name));
    return extent;
}

static struct chunk_table *
new_table(size_t bytes)
{
    struct chunk_table *table;
    struct sealift_error err;

    cr_assert_eq(chunk_table_new(bytes, &table, &err), SEALIFT_OK);
    return table;
}

static void
store(struct chunk_table *table, struct extent extent, uint32_t frame)
{
    cr_assert_eq(chunk_table_ask(table, &extent, false), CHUNK_CLAIMED);
    extent.frame.number = frame;
    chunk_table_resolve(table, &extent);
}

Test(chunk_table, finds_what_was_stored)
{
    SCOPED(chunk_table_free) struct chunk_table *table = new_table(1 << 20);
    struct extent asked = chunk(7, 100);

    store(table, asked, 42);
    cr_assert_eq(chunk_table_ask(table, &asked, false), CHUNK_FOUND);
    cr_assert_eq(asked.frame.number, 42u);
}

Test(chunk_table, tells_chunks_of_other_lengths_apart)
{
    SCOPED(chunk_table_free) struct chunk_table *table = new_table(1 << 20);
    struct extent asked = chunk(7, 101);

    store(table, chunk(7, 100), 42);
    cr_assert_eq(chunk_table_ask(table, &asked, false), CHUNK_CLAIMED);
}

Test(chunk_table, says_when_another_is_storing_the_chunk)
{
    SCOPED(chunk_table_free) struct chunk_table *table = new_table(1 << 20);
    struct extent first = chunk(7, 100), second = chunk(7, 100);

    cr_assert_eq(chunk_table_ask(table, &first, false), CHUNK_CLAIMED);
    cr_assert_eq(chunk_table_ask(table, &second, false), CHUNK_BUSY);
}

Test(chunk_table, forgets_the_oldest_and_never_a_claim)
{
    SCOPED(chunk_table_free) struct chunk_table *table = new_table(1); /* one set */
    struct extent claimed = chunk(1, 1), asked = chunk(1, 1), again = chunk(2, 1);

    cr_assert_eq(chunk_table_ask(table, &claimed, false), CHUNK_CLAIMED);
    for (uint64_t name = 2; name < 40; name++)
        store(table, chunk(name, 1), 1);
    cr_assert_eq(chunk_table_ask(table, &asked, false), CHUNK_BUSY);
    cr_assert_eq(chunk_table_ask(table, &again, false), CHUNK_CLAIMED);
}

Test(chunk_table, is_full_when_everything_is_claimed)
{
    SCOPED(chunk_table_free) struct chunk_table *table = new_table(1);
    struct extent one_more = chunk(100, 1);

    for (uint64_t name = 1; name <= 8; name++) {
        struct extent extent = chunk(name, 1);

        cr_assert_eq(chunk_table_ask(table, &extent, false), CHUNK_CLAIMED);
    }
    cr_assert_eq(chunk_table_ask(table, &one_more, false), CHUNK_FULL);
}

struct waiter {
    struct chunk_table *table;
    struct extent extent;
    enum chunk_answer answer;
};

static void *
wait_for_it(void *argument)
{
    struct waiter *waiter = argument;

    waiter->answer = chunk_table_ask(waiter->table, &waiter->extent, true);
    return NULL;
}

Test(chunk_table, wakes_those_who_wait)
{
    SCOPED(chunk_table_free) struct chunk_table *table = new_table(1 << 20);
    struct extent extent = chunk(7, 100);
    struct waiter waiter = {.table = table, .extent = chunk(7, 100)};
    pthread_t thread;

    cr_assert_eq(chunk_table_ask(table, &extent, false), CHUNK_CLAIMED);
    cr_assert_eq(pthread_create(&thread, NULL, wait_for_it, &waiter), 0);
    extent.frame.number = 3;
    chunk_table_resolve(table, &extent);
    pthread_join(thread, NULL);
    cr_assert_eq(waiter.answer, CHUNK_FOUND);
    cr_assert_eq(waiter.extent.frame.number, 3u);
}

Test(chunk_table, lets_everybody_go_when_it_breaks)
{
    SCOPED(chunk_table_free) struct chunk_table *table = new_table(1 << 20);
    struct extent extent = chunk(7, 100);
    struct waiter waiter = {.table = table, .extent = chunk(7, 100)};
    pthread_t thread;

    cr_assert_eq(chunk_table_ask(table, &extent, false), CHUNK_CLAIMED);
    cr_assert_eq(pthread_create(&thread, NULL, wait_for_it, &waiter), 0);
    chunk_table_break(table);
    pthread_join(thread, NULL);
    cr_assert_eq(waiter.answer, CHUNK_FULL);
}
