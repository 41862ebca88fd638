#include "budget.h"

#include "batch.h"
#include "error.h"

#include <unistd.h>

#define MIB ((size_t)1 << 20)

/* What a worker needs beside its segment: a frame in the clear and zstd's context. */
#define WORKER_OVERHEAD (5 * MIB)

static size_t
at_most(size_t value, size_t most)
{
    return value < most ? value : most;
}

/* A frame and its end must fit with room to spare. BUDGET_LEAST / 16 is no less. */
#define LEAST_SEGMENT (4 * MIB)

/* What segments have, of three quarters of the ceiling; each worker and the tree fill one, each connection sends one.
 */
static void
plan_segments(size_t ceiling, struct budget *budget)
{
    size_t for_segments = ceiling / 4 * 3;

    for_segments -= at_most(for_segments, budget->workers * WORKER_OVERHEAD);
    budget->buffers = budget->workers + 1 + budget->connections;
    budget->segment_size = for_segments / budget->buffers / MIB * MIB;
    budget->segment_size = at_most(budget->segment_size, at_most(16 * MIB, ceiling / 16 / MIB * MIB));
}

/* Under a low ceiling there are fewer threads rather than tiny segments. */
static void
plan_threads(size_t ceiling, struct budget *budget)
{
    plan_segments(ceiling, budget);
    while (budget->segment_size < LEAST_SEGMENT && budget->workers + budget->connections > 2) {
        if (budget->connections > budget->workers)
            budget->connections--;
        else
            budget->workers--;
        plan_segments(ceiling, budget);
    }
}

/* Three quarters are for segments; a sixteenth each for the table of chunks, for batches of entries, and for the walks
 * (one uploads, one counts ahead; names and links of each). The rest is for libraries. */
enum sealift_status
budget_plan(size_t ceiling, unsigned workers, unsigned connections, struct budget *ret_budget,
            struct sealift_error *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct budget budget = {
        .workers = at_most(workers, BUDGET_MOST_THREADS),
        .connections = at_most(connections, BUDGET_MOST_THREADS),
    };

    if (ceiling == 0)
        ceiling = BUDGET_DEFAULT;
    if (ceiling < BUDGET_LEAST)
        return error_set(err, SEALIFT_INVALID, "a memory ceiling of %zu MiB is too low; give at least %zu MiB",
                         ceiling / MIB, BUDGET_LEAST / MIB);
    if (budget.workers == 0)
        budget.workers = at_most(cores > 0 ? (size_t)cores : 1, 16);
    if (budget.connections == 0)
        budget.connections = 8;
    plan_threads(ceiling, &budget);
    budget.chunk_table = ceiling / 16;
    budget.window = ceiling / 16 / BATCH_MEMORY;
    budget.walk = ceiling / 64;
    *ret_budget = budget;
    return SEALIFT_OK;
}
