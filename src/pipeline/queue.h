/* A bounded queue of pointers between threads: it blocks the faster side, and closes on the first error. */
#ifndef QUEUE_H
#define QUEUE_H

#include <sealift/status.h>
#include <stdbool.h>
#include <stddef.h>

struct queue;

enum sealift_status queue_new(size_t capacity, struct queue **ret_queue, struct sealift_error *err);
void queue_free(struct queue **queue); /* must be empty or drained by the caller */

/* False when the queue was closed or broken: the item stays the caller's. */
bool queue_push(struct queue *queue, void *item);
/* NULL when the queue is closed and empty, or broken. */
void *queue_pop(struct queue *queue);
/* NULL when nothing is there right now. */
void *queue_try_pop(struct queue *queue);
/* No more will be pushed; what is in it can still be popped. */
void queue_close(struct queue *queue);
/* Everybody leaves at once: pushes fail and pops return NULL; queue_drain() gives what was left. */
void queue_break(struct queue *queue);
void *queue_drain(struct queue *queue);

#endif
