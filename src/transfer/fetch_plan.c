#include "fetch_plan.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

/* Frames that lie this close are fetched together, with what lies between: cheaper than another round trip. */
#define LARGEST_GAP ((uint32_t)128 << 10)

/* One frame may hold a piece for every few bytes of a file, or of thousands of files: jobs have a bound, and the frame
 * is then fetched twice. */
#define MOST_PIECES ((size_t)1024)

void
fetch_plan_done(struct fetch_plan *plan)
{
    free(plan->pieces);
    *plan = (struct fetch_plan){0};
}

enum sealift_status
fetch_plan_add(struct fetch_plan *plan, const struct piece *piece, struct sealift_error *err)
{
    if (plan->count == plan->capacity) {
        size_t capacity = plan->capacity != 0 ? plan->capacity * 2 : 256;
        struct piece *pieces = realloc(plan->pieces, capacity * sizeof(*pieces));

        if (pieces == NULL)
            return error_no_memory(err);
        plan->pieces = pieces;
        plan->capacity = capacity;
    }
    plan->pieces[plan->count++] = *piece;
    plan->bytes += piece->length;
    return SEALIFT_OK;
}

static int
compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int
compare_pieces(const void *left, const void *right)
{
    const struct piece *a = left, *b = right;
    int order = memcmp(a->frame.segment.upload.bytes, b->frame.segment.upload.bytes, sizeof(struct uuid));

    if (order == 0)
        order = compare_numbers(a->frame.segment.number, b->frame.segment.number);
    if (order == 0)
        order = compare_numbers(a->frame.offset, b->frame.offset);
    if (order == 0)
        order = compare_numbers(a->offset, b->offset);
    return order;
}

void
fetch_plan_sort(struct fetch_plan *plan)
{
    if (plan->count > 0)
        qsort(plan->pieces, plan->count, sizeof(*plan->pieces), compare_pieces);
}

/* How many pieces from `at` on go into one GET, and how many bytes that is. */
static size_t
measure_job(const struct fetch_plan *plan, size_t at, size_t max_size, size_t *ret_size)
{
    const struct frame_ref *first = &plan->pieces[at].frame;
    uint64_t end = (uint64_t)first->offset + first->size;
    size_t count = 1;

    for (; at + count < plan->count && count < MOST_PIECES; count++) {
        const struct frame_ref *next = &plan->pieces[at + count].frame;
        uint64_t next_end = (uint64_t)next->offset + next->size;

        if (!segment_id_equal(&next->segment, &first->segment) || next->offset > end + LARGEST_GAP ||
            next_end - first->offset > max_size)
            break;
        end = next_end > end ? next_end : end;
    }
    *ret_size = (size_t)(end - first->offset);
    return count;
}

enum sealift_status
fetch_plan_cut(const struct fetch_plan *plan, size_t *at, size_t max_size, struct fetch_job **ret_job,
               struct sealift_error *err)
{
    size_t size;
    size_t count = measure_job(plan, *at, max_size, &size);
    struct fetch_job *job = calloc(1, sizeof(*job) + count * sizeof(struct piece));

    if (job == NULL)
        return error_no_memory(err);
    job->segment = plan->pieces[*at].frame.segment;
    job->offset = plan->pieces[*at].frame.offset;
    job->size = size;
    job->piece_count = count;
    memcpy(job->pieces, plan->pieces + *at, count * sizeof(struct piece));
    *at += count;
    *ret_job = job;
    return SEALIFT_OK;
}
