/* A crew: the threads of a pipeline. The first error wins, breaks every queue and pool that the crew knows, and
 * everything joins. */
#ifndef CREW_H
#define CREW_H

#include "pool.h"
#include "queue.h"
#include "sequence.h"
#include "world.h"

struct crew;

typedef enum sealift_status crew_task(void *argument, struct sealift_error *err);

enum sealift_status crew_new(const struct world *world, struct crew **ret_crew, struct sealift_error *err);
/* Threads that still work are told to stop and waited for, so a scope that ends early is safe: declare the crew behind
 * the queues and pools that it uses. */
void crew_free(struct crew **crew);

/* What the first error, or a cancellation, breaks, so that nobody goes on waiting in it. At most 16 things; the caller
 * frees them after crew_join(). */
typedef void crew_break(void *what);
void crew_breaks(struct crew *crew, crew_break *let_go, void *what);
void crew_breaks_queue(struct crew *crew, struct queue *queue);
void crew_breaks_pool(struct crew *crew, struct pool *pool);
void crew_breaks_sequence(struct crew *crew, struct sequence *sequence);

/* Starts a thread named `name` (at most 15 bytes) with all signals blocked. When `task` returns a failure, the crew
 * fails. */
enum sealift_status crew_start(struct crew *crew, const char *name, crew_task *task, void *argument,
                               struct sealift_error *err);

/* Starts `count` threads with the same task and argument; when the last of them returns, `then_close` (may be NULL) is
 * closed: that is how the end travels down the pipeline. When a thread cannot be started, the crew fails too. */
enum sealift_status crew_start_many(struct crew *crew, const char *name, size_t count, crew_task *task, void *argument,
                                    struct queue *then_close, struct sealift_error *err);

/* Reports a failure from outside a task (the thread that drives the crew). The first one is kept. */
void crew_fail(struct crew *crew, const struct sealift_error *err);
bool crew_failed(struct crew *crew);

/* Waits for all threads, watching world->cancel: a cancellation fails the crew. Returns the first error. */
enum sealift_status crew_join(struct crew *crew, struct sealift_error *err);

#endif
