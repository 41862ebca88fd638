#include "wiping_heap.h"

#include "heap_search.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char shifted[] = "efsxijoejtdi"; /* "derwhindisch" */

static void
write_marker(char *at)
{
    for (size_t i = 0; shifted[i] != '\0'; i++)
        at[i] = (char)(shifted[i] - 1);
}

static char *
block_with_marker(void)
{
    char *block = wiping_heap_calloc(1, 1000);

    write_marker(block + 500);
    cr_assert_eq(heap_count_shifted(shifted), 1);
    return block;
}

Test(wiping_heap, leaves_nothing_behind_when_it_frees)
{
    char *block = block_with_marker();

    wiping_heap_free(block);
    cr_assert_eq(heap_count_shifted(shifted), 0);
}

Test(wiping_heap, leaves_nothing_behind_when_it_grows)
{
    char *block = block_with_marker();

    block = wiping_heap_realloc(block, 50000);
    cr_assert_eq(heap_count_shifted(shifted), 1);
    wiping_heap_free(block);
    cr_assert_eq(heap_count_shifted(shifted), 0);
}

Test(wiping_heap, keeps_contents_when_it_grows_and_shrinks)
{
    char *block = wiping_heap_strdup("hello");

    for (size_t size = 6; size < (size_t)4 << 20; size *= 3) {
        block = wiping_heap_realloc(block, size);
        cr_assert_str_eq(block, "hello");
    }
    block = wiping_heap_realloc(block, 6);
    cr_assert_str_eq(block, "hello");
    wiping_heap_free(block);
}

Test(wiping_heap, frees_and_grows_nothing)
{
    void *block = wiping_heap_realloc(NULL, 10);

    cr_assert_not_null(block);
    wiping_heap_free(block);
    wiping_heap_free(NULL);
}

/* "dd" among the flags in /proc/self/smaps. */
static bool
is_left_out_of_dumps(const void *address)
{
    FILE *smaps = fopen("/proc/self/smaps", "r");
    uintptr_t begin, end, wanted = (uintptr_t)address;
    bool inside = false, left_out = false;
    char line[512];

    cr_assert_not_null(smaps);
    while (fgets(line, sizeof(line), smaps) != NULL) {
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            inside = begin <= wanted && wanted < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            left_out = strstr(line, " dd") != NULL;
    }
    fclose(smaps);
    return left_out;
}

Test(wiping_heap, is_left_out_of_dumps)
{
    void *small = wiping_heap_malloc(1), *large = wiping_heap_malloc((size_t)3 << 20), *ordinary = malloc(1);

    cr_assert(is_left_out_of_dumps(small));
    cr_assert(is_left_out_of_dumps(large));
    cr_assert_not(is_left_out_of_dumps(ordinary));
    wiping_heap_free(small);
    wiping_heap_free(large);
    free(ordinary);
}

/* Every size about the bounds between its shelves, taken twice: the second time from what the first gave back. */
Test(wiping_heap, hands_out_zeroed_aligned_blocks_that_do_not_overlap)
{
    enum { SIZES = 1100 };
    uint8_t *blocks[SIZES + 8];

    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < SIZES + 8; i++) {
            size_t size = i < SIZES ? i : ((size_t)1 << (10 + (i - SIZES))) + i % 3 - 17;

            blocks[i] = wiping_heap_malloc(size);
            cr_assert_eq((uintptr_t)blocks[i] % alignof(max_align_t), 0);
            for (size_t at = 0; at < size; at++)
                cr_assert_eq(blocks[i][at], 0, "byte %zu of %zu", at, size);
            memset(blocks[i], (int)(i % 251 + 1), size);
        }
        for (size_t i = 0; i < SIZES + 8; i++) {
            size_t size = i < SIZES ? i : ((size_t)1 << (10 + (i - SIZES))) + i % 3 - 17;

            for (size_t at = 0; at < size; at++)
                cr_assert_eq(blocks[i][at], i % 251 + 1, "byte %zu of %zu", at, size);
            wiping_heap_free(blocks[i]);
        }
    }
}

Test(wiping_heap, gives_null_for_what_no_memory_can_hold)
{
    cr_assert_null(wiping_heap_malloc(SIZE_MAX));
    cr_assert_null(wiping_heap_malloc(SIZE_MAX - 40));
    cr_assert_null(wiping_heap_calloc(SIZE_MAX / 2, 3));
}

/* Takes and gives back in a scrambled order, each block marked as the thread's own. */
static void *
work(void *argument)
{
    uint8_t mark = (uint8_t)(uintptr_t)argument;
    uint8_t *held[64] = {0};

    for (unsigned i = 0; i < 20000; i++) {
        unsigned place = i * 37 % 64;
        size_t size = i * 131 % 5000 + 1;

        if (held[place] != NULL && held[place][0] != mark)
            return "somebody else's block";
        wiping_heap_free(held[place]);
        held[place] = wiping_heap_malloc(size);
        memset(held[place], mark, size);
    }
    for (unsigned place = 0; place < 64; place++)
        wiping_heap_free(held[place]);
    return NULL;
}

Test(wiping_heap, serves_many_threads)
{
    pthread_t threads[4];
    void *complaint;

    for (uintptr_t i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, work, (void *)(i + 1)), 0);
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(pthread_join(threads[i], &complaint), 0);
        cr_assert_null(complaint, "%s", (char *)complaint);
    }
}
