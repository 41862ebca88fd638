#include "budget.h"

#include "batch.h"
#include "error.h"
#include "zstd_frame.h"

#include <unistd.h>

#define MIB ((size_t)1 << 20)

/* What a worker needs beside its segment and zstd: a frame in the clear, what it reads an entry with, a stack. */
#define WORKER_OVERHEAD (3 * MIB)

static size_t
at_most(size_t value, size_t most)
{
    return value < most ? value : most;
}

/* A frame and its end must fit with room to spare. BUDGET_LEAST / 16 is no less. */
#define LEAST_SEGMENT (4 * MIB)

/* What segments have, of three quarters of the ceiling; each worker and the tree fill one, each
 * connection sends one. */
static void
plan_segments(size_t ceiling, size_t worker, struct budget *budget)
{
    size_t for_segments = ceiling / 4 * 3;

    for_segments -= at_most(for_segments, budget->workers * worker);
    budget->buffers = budget->workers + 1 + budget->connections;
    budget->segment_size = for_segments / budget->buffers / MIB * MIB;
    budget->segment_size = at_most(budget->segment_size, at_most(16 * MIB, ceiling / 16 / MIB * MIB));
}

/* Under a low ceiling there are fewer threads rather than tiny segments. */
static void
plan_threads(size_t ceiling, size_t worker, struct budget *budget)
{
    plan_segments(ceiling, worker, budget);
    while (budget->segment_size < LEAST_SEGMENT && budget->workers + budget->connections > 2) {
        if (budget->connections > budget->workers)
            budget->connections--;
        else
            budget->workers--;
        plan_segments(ceiling, worker, budget);
    }
}

static size_t
workers_of_this_machine(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return at_most(cores > 0 ? (size_t)cores : 1, 16);
}

/* Three quarters are for segments and workers; a sixteenth each for the table of chunks, for batches of entries, and
 * for the walks (one uploads, one counts ahead; names and links of each). The rest is for libraries. */
enum sealift_status
budget_plan(const struct budget_wish *wish, struct budget *ret_budget, struct sealift_error *err)
{
    size_t ceiling = wish->ceiling != 0 ? wish->ceiling : BUDGET_DEFAULT;
    struct budget budget = {
        .workers = wish->workers != 0 ? at_most(wish->workers, BUDGET_MOST_THREADS) : workers_of_this_machine(),
        .connections = wish->connections != 0 ? at_most(wish->connections, BUDGET_MOST_THREADS) : 8,
        .chunk_table = ceiling / 16,
        .window = ceiling / 16 / BATCH_MEMORY,
        .walk = ceiling / 64,
    };

    if (ceiling < BUDGET_LEAST)
        return error_set(err, SEALIFT_INVALID, "a memory ceiling of %zu MiB is too low; give at least %zu MiB",
                         ceiling / MIB, BUDGET_LEAST / MIB);
    plan_threads(ceiling, WORKER_OVERHEAD + zstd_packer_memory(wish->compression_level), &budget);
    *ret_budget = budget;
    return SEALIFT_OK;
}
