#include "wiping_heap.h"

#include "heap_search.h"

#include <criterion/criterion.h>
#include <string.h>

static const char shifted[] = "efsxijoejtdi"; /* "derwhindisch" */

static void
write_marker(char *at)
{
    for (size_t i = 0; shifted[i] != '\0'; i++)
        at[i] = (char)(shifted[i] - 1);
}

/* Far from the block's edges, where free() keeps its lists. */
static char *
block_with_marker(void)
{
    char *block = wiping_heap_calloc(1, 1000);

    write_marker(block + 500);
    if (heap_count_shifted(shifted) == 0)
        cr_skip_test("there is no heap to look at here");
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

    block = wiping_heap_realloc(block, 50000);
    cr_assert_str_eq(block, "hello");
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
