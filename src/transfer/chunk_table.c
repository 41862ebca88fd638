#include "chunk_table.h"

#include "error.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Sets of eight, as in a processor's cache: a chunk's name chooses the set, and within it the one that came first makes
 * room. Locks are striped over the sets, so that workers seldom meet. */
#define WAYS    8
#define STRIPES 64

enum chunk_state { CHUNK_EMPTY, CHUNK_PENDING, CHUNK_STORED };

struct chunk {
    enum chunk_state state;
    uint32_t age; /* the set's count when it came */
    struct extent extent;
};

struct chunk_set {
    uint32_t count;
    struct chunk ways[WAYS];
};

struct stripe {
    pthread_mutex_t lock;
    pthread_cond_t resolved;
    bool broken;
};

struct chunk_table {
    size_t set_count;
    struct stripe stripes[STRIPES];
    struct chunk_set sets[];
};

enum sealift_status
chunk_table_new(size_t bytes, struct chunk_table **ret_table, struct sealift_error *err)
{
    size_t set_count = bytes / sizeof(struct chunk_set);
    struct chunk_table *table;

    if (set_count == 0)
        set_count = 1;
    table = calloc(1, sizeof(*table) + set_count * sizeof(struct chunk_set));
    if (table == NULL)
        return error_no_memory(err);
    table->set_count = set_count;
    for (size_t i = 0; i < STRIPES; i++) {
        pthread_mutex_init(&table->stripes[i].lock, NULL);
        pthread_cond_init(&table->stripes[i].resolved, NULL);
    }
    *ret_table = table;
    return SEALIFT_OK;
}

void
chunk_table_free(struct chunk_table **table)
{
    if (*table == NULL)
        return;
    for (size_t i = 0; i < STRIPES; i++) {
        pthread_cond_destroy(&(*table)->stripes[i].resolved);
        pthread_mutex_destroy(&(*table)->stripes[i].lock);
    }
    free(*table);
    *table = NULL;
}

/* Names are keyed MACs: any of their bits are as good as random. */
static size_t
set_index(const struct chunk_table *table, const struct extent *extent)
{
    uint64_t bits;

    memcpy(&bits, extent->id, sizeof(bits));
    return (size_t)(bits % table->set_count);
}

static struct chunk *
find(struct chunk_set *set, const struct extent *extent)
{
    for (size_t i = 0; i < WAYS; i++) {
        struct chunk *chunk = &set->ways[i];

        if (chunk->state != CHUNK_EMPTY && chunk->extent.length == extent->length &&
            memcmp(chunk->extent.id, extent->id, CHUNK_ID_SIZE) == 0)
            return chunk;
    }
    return NULL;
}

/* An empty way, else the oldest whose chunk is stored; NULL when all are pending. */
static struct chunk *
make_room(struct chunk_set *set)
{
    struct chunk *oldest = NULL;

    for (size_t i = 0; i < WAYS; i++) {
        struct chunk *chunk = &set->ways[i];

        if (chunk->state == CHUNK_EMPTY)
            return chunk;
        if (chunk->state == CHUNK_STORED && (oldest == NULL || set->count - chunk->age > set->count - oldest->age))
            oldest = chunk;
    }
    return oldest;
}

static enum chunk_answer
claim_locked(struct chunk_set *set, const struct extent *extent)
{
    struct chunk *chunk = make_room(set);

    if (chunk == NULL)
        return CHUNK_FULL;
    *chunk = (struct chunk){.state = CHUNK_PENDING, .age = set->count++, .extent = *extent};
    return CHUNK_CLAIMED;
}

static enum chunk_answer
ask_locked(struct stripe *stripe, struct chunk_set *set, struct extent *extent, bool wait)
{
    for (;;) {
        struct chunk *chunk = find(set, extent);

        if (chunk == NULL)
            return claim_locked(set, extent);
        if (chunk->state == CHUNK_STORED) {
            *extent = chunk->extent;
            return CHUNK_FOUND;
        }
        if (stripe->broken)
            return CHUNK_FULL;
        if (!wait)
            return CHUNK_BUSY;
        pthread_cond_wait(&stripe->resolved, &stripe->lock);
    }
}

enum chunk_answer
chunk_table_ask(struct chunk_table *table, struct extent *extent, bool wait)
{
    size_t index = set_index(table, extent);
    struct stripe *stripe = &table->stripes[index % STRIPES];
    enum chunk_answer answer;

    pthread_mutex_lock(&stripe->lock);
    answer = ask_locked(stripe, &table->sets[index], extent, wait);
    pthread_mutex_unlock(&stripe->lock);
    return answer;
}

void
chunk_table_resolve(struct chunk_table *table, const struct extent *extent)
{
    size_t index = set_index(table, extent);
    struct stripe *stripe = &table->stripes[index % STRIPES];
    struct chunk *chunk;

    pthread_mutex_lock(&stripe->lock);
    chunk = find(&table->sets[index], extent);
    if (chunk != NULL && chunk->state == CHUNK_PENDING) {
        chunk->extent = *extent;
        chunk->state = CHUNK_STORED;
        pthread_cond_broadcast(&stripe->resolved);
    }
    pthread_mutex_unlock(&stripe->lock);
}

void
chunk_table_break(struct chunk_table *table)
{
    for (size_t i = 0; i < STRIPES; i++) {
        pthread_mutex_lock(&table->stripes[i].lock);
        table->stripes[i].broken = true;
        pthread_cond_broadcast(&table->stripes[i].resolved);
        pthread_mutex_unlock(&table->stripes[i].lock);
    }
}
