#include "queue.h"

#include "error.h"

#include <pthread.h>
#include <stdlib.h>

struct queue {
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t has_room;
    pthread_cond_t has_items;
    bool closed;
    bool broken;
    size_t capacity;
    size_t first; /* the place of the oldest item */
    size_t count;
    void *items[]; /* a ring */
};

enum sealift_status
queue_new(size_t capacity, struct queue **ret_queue, struct sealift_error *err)
{
    struct queue *queue;

    if (capacity == 0)
        return error_set(err, SEALIFT_INTERNAL, "a queue without room");
    queue = calloc(1, sizeof(*queue) + capacity * sizeof(queue->items[0]));
    if (queue == NULL)
        return error_no_memory(err);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->has_room, NULL);
    pthread_cond_init(&queue->has_items, NULL);
    queue->capacity = capacity;
    *ret_queue = queue;
    return SEALIFT_OK;
}

void
queue_free(struct queue **queue)
{
    if (*queue != NULL) {
        pthread_cond_destroy(&(*queue)->has_items);
        pthread_cond_destroy(&(*queue)->has_room);
        pthread_mutex_destroy(&(*queue)->lock);
    }
    free(*queue);
    *queue = NULL;
}

static void *
take_oldest_locked(struct queue *queue)
{
    void *item;

    if (queue->count == 0)
        return NULL;
    item = queue->items[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    pthread_cond_signal(&queue->has_room);
    return item;
}

bool
queue_push(struct queue *queue, void *item)
{
    bool open;

    pthread_mutex_lock(&queue->lock);
    while (queue->count == queue->capacity && !queue->closed && !queue->broken)
        pthread_cond_wait(&queue->has_room, &queue->lock);
    open = !queue->closed && !queue->broken;
    if (open) {
        queue->items[(queue->first + queue->count) % queue->capacity] = item;
        queue->count++;
        pthread_cond_signal(&queue->has_items);
    }
    pthread_mutex_unlock(&queue->lock);
    return open;
}

void *
queue_pop(struct queue *queue)
{
    void *item;

    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->closed && !queue->broken)
        pthread_cond_wait(&queue->has_items, &queue->lock);
    item = queue->broken ? NULL : take_oldest_locked(queue);
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void *
queue_try_pop(struct queue *queue)
{
    void *item;

    pthread_mutex_lock(&queue->lock);
    item = queue->broken ? NULL : take_oldest_locked(queue);
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void *
queue_drain(struct queue *queue)
{
    void *item;

    pthread_mutex_lock(&queue->lock);
    item = take_oldest_locked(queue);
    pthread_mutex_unlock(&queue->lock);
    return item;
}

static void
end(struct queue *queue, bool *how)
{
    pthread_mutex_lock(&queue->lock);
    *how = true;
    pthread_cond_broadcast(&queue->has_room);
    pthread_cond_broadcast(&queue->has_items);
    pthread_mutex_unlock(&queue->lock);
}

void
queue_close(struct queue *queue)
{
    end(queue, &queue->closed);
}

void
queue_break(struct queue *queue)
{
    end(queue, &queue->broken);
}
