#include "budget.h"

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

enum sealift_status
budget_plan(size_t ceiling, unsigned workers, unsigned connections, struct budget *ret_budget,
            struct sealift_error *err)
{
    struct budget budget = {0};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t for_segments;

    if (ceiling == 0)
        ceiling = BUDGET_DEFAULT;
    if (ceiling < BUDGET_LEAST)
        return error_set(err, SEALIFT_INVALID, "a memory ceiling of %zu MiB is too low; give at least %zu MiB",
                         ceiling / MIB, BUDGET_LEAST / MIB);
    budget.workers = workers != 0 ? workers : at_most(cores > 0 ? (size_t)cores : 1, 16);
    budget.connections = connections != 0 ? connections : 8;

    /* Three quarters are for segments; a sixteenth for the table of chunks; the rest is for libraries and what is in
     * flight. Under a low ceiling there are fewer threads rather than tiny segments. */
    for (;;) {
        for_segments = ceiling / 4 * 3;
        for_segments -= at_most(for_segments, budget.workers * WORKER_OVERHEAD);
        budget.buffers =
            budget.workers + 1 + budget.connections; /* each worker and the tree fill one; each connection sends one */
        budget.segment_size =
            at_most(at_most(for_segments / budget.buffers / MIB * MIB, 16 * MIB), ceiling / 16 / MIB * MIB);
        if (budget.segment_size >= LEAST_SEGMENT || (budget.workers == 1 && budget.connections == 1))
            break;
        if (budget.connections > budget.workers)
            budget.connections--;
        else
            budget.workers--;
    }
    budget.chunk_table = ceiling / 16;
    budget.window = 8 * budget.workers + 16;
    *ret_budget = budget;
    return SEALIFT_OK;
}
