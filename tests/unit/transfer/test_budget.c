#include "budget.h"

#include <criterion/criterion.h>

#define MIB ((size_t)1 << 20)

static struct budget
plan(size_t ceiling, unsigned workers, unsigned connections)
{
    struct sealift_error err;
    struct budget budget;

    cr_assert_eq(budget_plan(ceiling, workers, connections, &budget, &err), SEALIFT_OK, "%s", err.message);
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

    cr_assert_eq(budget_plan(BUDGET_LEAST - 1, 0, 0, &budget, &err), SEALIFT_INVALID);
}
