#include "budget.h"

#include "batch.h"
#include "zstd_frame.h"

#include <criterion/criterion.h>
#include <limits.h>

#define MIB ((size_t)1 << 20)

static struct budget
plan(size_t ceiling, unsigned workers, unsigned connections)
{
    const struct budget_wish wish = {.ceiling = ceiling, .workers = workers, .connections = connections};
    struct sealift_error err;
    struct budget budget;

    cr_assert_eq(budget_plan(&wish, &budget, &err), SEALIFT_OK, "%s", err.message);
    return budget;
}

static size_t
segments_of(const struct budget *budget)
{
    return budget->buffers * budget->segment_size;
}

Test(budget, keeps_segments_at_a_sixteenth_of_the_ceiling)
{
    for (size_t ceiling = BUDGET_LEAST; ceiling <= 4096 * MIB; ceiling *= 2) {
        struct budget budget = plan(ceiling, 0, 0);

        cr_assert_leq(budget.segment_size, ceiling / 16);
        cr_assert_leq(budget.segment_size, 16 * MIB);
        cr_assert_leq(segments_of(&budget), ceiling / 4 * 3);
    }
}

Test(budget, gives_every_producer_and_every_connection_a_buffer)
{
    struct budget budget = plan(0, 3, 5);

    cr_assert_eq(budget.workers, 3u);
    cr_assert_eq(budget.connections, 5u);
    cr_assert_geq(budget.buffers, 3u + 1 + 5);
}

Test(budget, has_fewer_threads_rather_than_tiny_segments)
{
    struct budget budget = plan(BUDGET_LEAST, 64, 64);

    cr_assert_geq(budget.segment_size, 4 * MIB);
    cr_assert_leq(segments_of(&budget), BUDGET_LEAST);
    cr_assert_geq(budget.workers, 1u);
    cr_assert_geq(budget.connections, 1u);
}

Test(budget, refuses_a_ceiling_that_is_too_low)
{
    struct sealift_error err;
    struct budget budget;

    cr_assert_eq(budget_plan(&(struct budget_wish){.ceiling = BUDGET_LEAST - 1}, &budget, &err), SEALIFT_INVALID);
}

/* A connection more than there are threads of a machine helps nobody; four billion of them must not take for ever. */
Test(budget, has_a_bound_for_threads, .timeout = 5)
{
    struct budget budget = plan((size_t)1 << 40, UINT_MAX, UINT_MAX);

    cr_assert_eq(budget.workers, BUDGET_MOST_THREADS);
    cr_assert_eq(budget.connections, BUDGET_MOST_THREADS);
}

/* Every worker has a batch in hand and two waiting, and the tree one more: else the window would starve them. */
Test(budget, has_a_window_that_keeps_every_worker_busy)
{
    for (size_t ceiling = BUDGET_LEAST; ceiling <= 4096 * MIB; ceiling *= 2) {
        struct budget budget = plan(ceiling, UINT_MAX, 1);

        cr_assert_geq(budget.window, 3 * budget.workers + 1, "%zu MiB", ceiling / MIB);
    }
}

Test(budget, spends_no_more_than_the_ceiling)
{
    for (size_t ceiling = BUDGET_LEAST; ceiling <= 4096 * MIB; ceiling *= 2) {
        for (unsigned workers = 1; workers <= 64; workers *= 4) {
            struct budget budget = plan(ceiling, workers, 0);
            size_t spent = segments_of(&budget) + budget.workers * 5 * MIB + budget.chunk_table +
                           budget.window * BATCH_MEMORY + 4 * budget.walk;

            cr_assert_leq(spent, ceiling / 16 * 15, "%zu MiB, %u workers", ceiling / MIB, workers);
        }
    }
}

Test(budget, has_fewer_workers_who_compress_harder)
{
    struct budget budget;
    struct sealift_error err;

    for (int level = 1; level <= 19; level++) {
        cr_assert_eq(budget_plan(&(struct budget_wish){.ceiling = 128 * MIB, .workers = 8, .compression_level = level},
                                 &budget, &err),
                     SEALIFT_OK);
        cr_assert_geq(budget.workers, 1u);
        cr_assert_leq(segments_of(&budget) + budget.workers * zstd_packer_memory(level), 128 * MIB / 4 * 3, "%d",
                      level);
        cr_assert_geq(budget.segment_size, 4 * MIB, "%d", level);
    }
    cr_assert_lt(budget.workers, 8u);
}
