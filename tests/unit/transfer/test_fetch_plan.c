#include "fetch_plan.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define KIB ((uint32_t)1 << 10)
#define MIB ((uint32_t)1 << 20)

static void
add(struct fetch_plan *plan, uint32_t segment, uint32_t number, uint32_t offset, uint32_t size)
{
    struct piece piece = {.length = 1};
    struct sealift_error err;

    piece.frame = (struct frame_ref){.offset = offset, .size = size, .number = number};
    piece.frame.segment.kind = SEGMENT_DATA;
    piece.frame.segment.number = segment;
    cr_assert_eq(fetch_plan_add(plan, &piece, &err), SEALIFT_OK);
}

/* Cuts the plan to its end and says how many jobs it made, and how many bytes they fetch. */
static size_t
cut(struct fetch_plan *plan, size_t max_size, size_t *ret_bytes)
{
    struct sealift_error err;
    size_t jobs = 0;

    *ret_bytes = 0;
    fetch_plan_sort(plan);
    for (size_t at = 0; at < plan->count; jobs++) {
        SCOPED(free_done) struct fetch_job *job = NULL;

        cr_assert_eq(fetch_plan_cut(plan, &at, max_size, &job, &err), SEALIFT_OK);
        cr_assert_leq(job->size, max_size);
        for (size_t i = 0; i < job->piece_count; i++) {
            const struct frame_ref *frame = &job->pieces[i].frame;

            cr_assert_geq(frame->offset, job->offset);
            cr_assert_leq((size_t)frame->offset + frame->size, job->offset + job->size);
        }
        *ret_bytes += job->size;
    }
    return jobs;
}

Test(fetch_plan, fetches_neighbours_together_in_whatever_order_they_came)
{
    SCOPED(fetch_plan_done) struct fetch_plan plan = {0};
    size_t bytes;

    add(&plan, 1, 2, 80 + 200 * KIB, 100 * KIB);
    add(&plan, 1, 0, 80, 100 * KIB);
    add(&plan, 1, 1, 80 + 100 * KIB, 100 * KIB);
    cr_assert_eq(cut(&plan, 4 * MIB, &bytes), 1u);
    cr_assert_eq(bytes, 300u * KIB);
}

Test(fetch_plan, fetches_a_frame_once_for_all_its_pieces)
{
    SCOPED(fetch_plan_done) struct fetch_plan plan = {0};
    size_t bytes;

    for (int i = 0; i < 5; i++)
        add(&plan, 1, 0, 80, 100 * KIB);
    cr_assert_eq(cut(&plan, 4 * MIB, &bytes), 1u);
    cr_assert_eq(bytes, 100u * KIB);
}

Test(fetch_plan, bridges_small_gaps_and_no_large_ones)
{
    SCOPED(fetch_plan_done) struct fetch_plan plan = {0};
    size_t bytes;

    add(&plan, 1, 0, 80, 10 * KIB);
    add(&plan, 1, 2, 80 + 100 * KIB, 10 * KIB);
    add(&plan, 1, 9, 80 + 900 * KIB, 10 * KIB);
    cr_assert_eq(cut(&plan, 4 * MIB, &bytes), 2u);
    cr_assert_eq(bytes, 120u * KIB);
}

Test(fetch_plan, keeps_segments_apart)
{
    SCOPED(fetch_plan_done) struct fetch_plan plan = {0};
    size_t bytes;

    add(&plan, 2, 0, 80, 10 * KIB);
    add(&plan, 1, 0, 80, 10 * KIB);
    cr_assert_eq(cut(&plan, 4 * MIB, &bytes), 2u);
}

Test(fetch_plan, cuts_long_runs_into_ranges)
{
    SCOPED(fetch_plan_done) struct fetch_plan plan = {0};
    size_t bytes;

    for (uint32_t i = 0; i < 16; i++)
        add(&plan, 1, i, 80 + i * MIB, MIB);
    cr_assert_eq(cut(&plan, 4 * MIB, &bytes), 4u);
    cr_assert_eq(bytes, 16u * MIB);
}

Test(fetch_plan, has_a_bound_for_the_pieces_of_a_job)
{
    SCOPED(fetch_plan_done) struct fetch_plan plan = {0};
    size_t bytes;

    for (int i = 0; i < 2500; i++)
        add(&plan, 1, 0, 80, 100 * KIB);
    cr_assert_eq(cut(&plan, 4 * MIB, &bytes), 3u);
    cr_assert_eq(bytes, 300u * KIB);
}
