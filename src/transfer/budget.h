/* How a transfer's memory ceiling is spent: the one place where invariant I5 (constant memory) is arithmetic. */
#ifndef BUDGET_H
#define BUDGET_H

#include <sealift/status.h>
#include <stddef.h>

#define BUDGET_DEFAULT ((size_t)256 << 20)
#define BUDGET_LEAST   ((size_t)64 << 20)

#define BUDGET_MOST_THREADS 256 /* of each kind: more only wait for each other */

/* Zeros mean the defaults. */
struct budget_wish {
    size_t ceiling;
    unsigned workers, connections;
    int compression_level; /* of an upload: higher ones take more memory a worker */
};

struct budget {
    size_t workers;      /* threads that compress and seal, or open and write */
    size_t connections;  /* transfers at once */
    size_t segment_size; /* bytes of a segment's buffer */
    size_t buffers;      /* how many of them there are */
    size_t chunk_table;  /* bytes for the table of recent chunks */
    size_t window;       /* batches of entries (BATCH_MEMORY each) between the walk and the tree */
    size_t walk;         /* bytes that a walk keeps of names, and as many of hard links, before they spill */
};

/* More threads than the ceiling or BUDGET_MOST_THREADS allow are cut down to that. INVALID when the ceiling is below
 * BUDGET_LEAST. */
enum sealift_status budget_plan(const struct budget_wish *wish, struct budget *ret_budget, struct sealift_error *err);

#endif
