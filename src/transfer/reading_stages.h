/* The stages of a reading and what they share. */
#ifndef READING_STAGES_H
#define READING_STAGES_H

#include "crew.h"
#include "fetch_plan.h"
#include "reading.h"

#include <pthread.h>

/* A file between its begin and its end: held by the planner and by each piece that is on its way. */
struct reading_file {
    struct reading *reading;
    size_t memory; /* that it takes while it is open */
    atomic_uint holds;
    atomic_bool failed;
    void *handle; /* the sink's */
};

struct reading {
    const struct world *world;
    const struct reading_request *request;
    const struct reading_sink *sink;
    struct store *store;
    struct progress *progress;

    struct pool *buffers;  /* one range each */
    struct queue *planned; /* jobs: plan -> get */
    struct queue *fetched; /* jobs: get -> open */

    pthread_mutex_t lock; /* guards the three below */
    pthread_cond_t closed_one;
    size_t open_files;
    size_t memory; /* of open files: extended attributes wait there for the end */
    bool broken;
    size_t most_open_files;
    size_t most_memory;

    uint64_t entries, files, size; /* from the plan stage */
    atomic_uint_fast64_t chunks, bytes_fetched, requests;
};

crew_task reading_plan; /* one thread */
crew_task reading_get;  /* M threads */
crew_task reading_open; /* N threads */

/* Waits while too many files are open, or they take too much memory; CANCELLED when the reading was stopped. */
enum sealift_status reading_file_new(struct reading *reading, const struct tree_entry *entry,
                                     struct reading_file **ret_file, struct sealift_error *err);
void reading_file_hold(struct reading_file *file);
/* The last one to let go of the file ends it, or drops it when somebody abandoned it. */
enum sealift_status reading_file_release(struct reading_file **file, struct sealift_error *err);
void reading_file_abandon(struct reading_file **file);
/* Whether reading_file_new() would wait. */
bool reading_is_full(struct reading *reading, const struct tree_entry *entry);
void reading_let_go(void *reading);

/* Abandons a job's pieces, and gives its buffer back. */
void reading_drop_job(struct reading *reading, struct fetch_job *job);

#endif
