/* What is to be fetched, gathered over a window of the tree and then grouped: pieces of the same segment, in its order,
 * become jobs of one range GET each. */
#ifndef FETCH_PLAN_H
#define FETCH_PLAN_H

#include "tree.h"

/* A piece of a frame, and where it goes. */
struct piece {
    struct frame_ref frame;
    uint32_t offset, length; /* in the frame's plain bytes */
    uint8_t id[CHUNK_ID_SIZE];
    void *file;  /* the planner's */
    uint64_t at; /* in the file */
};

/* One range GET: frames of one segment that lie close together. */
struct fetch_job {
    struct segment_id segment;
    uint32_t offset;
    size_t size;
    uint8_t *buffer; /* the pool's, once fetched */
    size_t piece_count;
    struct piece pieces[]; /* by frame */
};

struct fetch_plan {
    struct piece *pieces;
    size_t count, capacity;
    uint64_t bytes; /* plain */
};

void fetch_plan_done(struct fetch_plan *plan);
enum sealift_status fetch_plan_add(struct fetch_plan *plan, const struct piece *piece, struct sealift_error *err);

/* Sorts, so that fetch_plan_cut() can go through it. */
void fetch_plan_sort(struct fetch_plan *plan);
/* The job that begins with the piece at *at, of at most `max_size` bytes; advances *at behind its last piece. The
 * caller frees it with free(). */
enum sealift_status fetch_plan_cut(const struct fetch_plan *plan, size_t *at, size_t max_size,
                                   struct fetch_job **ret_job, struct sealift_error *err);

#endif
