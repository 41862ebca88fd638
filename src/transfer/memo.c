#include "memo.h"

#include "error.h"
#include "scoped.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum slot_state { EMPTY, BUSY, READY };

struct slot {
    enum slot_state state;
    uint8_t name[SHA256_SIZE];
    size_t holders;
    uint64_t used; /* when it was last asked for, counted in questions */
    void *finding;
};

struct memo {
    size_t count, size;
    void (*done)(void *finding);
    pthread_mutex_t lock; /* guards what follows, but not what a finding holds: that stays as it is while it is held */
    pthread_cond_t changed;
    uint64_t questions;
    uint8_t *findings;
    struct slot *slots;
};

enum sealift_status
memo_new(size_t most, size_t size, void (*done)(void *finding), struct memo **ret_memo, struct sealift_error *err)
{
    SCOPED(memo_free) struct memo *memo = calloc(1, sizeof(*memo));
    const size_t aligned = (size + 15) & ~(size_t)15;

    if (memo == NULL)
        return error_no_memory(err);
    pthread_mutex_init(&memo->lock, NULL);
    pthread_cond_init(&memo->changed, NULL);
    memo->size = aligned;
    memo->done = done;
    memo->findings = calloc(most, aligned);
    memo->slots = calloc(most, sizeof(*memo->slots));
    if (memo->findings == NULL || memo->slots == NULL)
        return error_no_memory(err);
    for (memo->count = 0; memo->count < most; memo->count++)
        memo->slots[memo->count].finding = memo->findings + memo->count * aligned;
    *ret_memo = TAKE(memo);
    return SEALIFT_OK;
}

static void
empty(const struct memo *memo, struct slot *slot)
{
    if (slot->state != EMPTY && memo->done != NULL)
        memo->done(slot->finding);
    slot->state = EMPTY;
    memset(slot->finding, 0, memo->size);
}

void
memo_free(struct memo **memo)
{
    if (*memo == NULL)
        return;
    for (size_t i = 0; i < (*memo)->count; i++)
        empty(*memo, &(*memo)->slots[i]);
    pthread_cond_destroy(&(*memo)->changed);
    pthread_mutex_destroy(&(*memo)->lock);
    free((*memo)->slots);
    free((*memo)->findings);
    free(*memo);
    *memo = NULL;
}

static struct slot *
find_locked(struct memo *memo, const uint8_t name[SHA256_SIZE])
{
    for (size_t i = 0; i < memo->count; i++)
        if (memo->slots[i].state != EMPTY && memcmp(memo->slots[i].name, name, SHA256_SIZE) == 0)
            return &memo->slots[i];
    return NULL;
}

/* NULL: everything is held, or being found out. */
static struct slot *
room_locked(struct memo *memo)
{
    struct slot *oldest = NULL;

    for (size_t i = 0; i < memo->count; i++) {
        struct slot *slot = &memo->slots[i];

        if (slot->state == EMPTY)
            return slot;
        if (slot->state == READY && slot->holders == 0 && (oldest == NULL || slot->used < oldest->used))
            oldest = slot;
    }
    return oldest;
}

/* One that is ready, or (*ret_is_mine) one that the caller is to find out. */
static struct slot *
take_locked(struct memo *memo, const uint8_t name[SHA256_SIZE], bool *ret_is_mine)
{
    for (;; pthread_cond_wait(&memo->changed, &memo->lock)) {
        struct slot *slot = find_locked(memo, name);

        *ret_is_mine = slot == NULL;
        if (slot == NULL && (slot = room_locked(memo)) != NULL) {
            empty(memo, slot);
            memcpy(slot->name, name, SHA256_SIZE);
            slot->state = BUSY;
            return slot;
        }
        if (slot != NULL && slot->state == READY)
            return slot;
    }
}

static enum sealift_status
find_out(struct memo *memo, struct slot *slot, memo_find *find, void *context, struct sealift_error *err)
{
    enum sealift_status status;

    pthread_mutex_unlock(&memo->lock);
    status = find(context, slot->finding, err);
    pthread_mutex_lock(&memo->lock);
    if (status == SEALIFT_OK)
        slot->state = READY;
    else
        empty(memo, slot);
    pthread_cond_broadcast(&memo->changed);
    return status;
}

enum sealift_status
memo_hold(struct memo *memo, const uint8_t name[SHA256_SIZE], memo_find *find, void *context, const void **ret_finding,
          struct sealift_error *err)
{
    enum sealift_status status = SEALIFT_OK;
    struct slot *slot;
    bool is_mine;

    pthread_mutex_lock(&memo->lock);
    slot = take_locked(memo, name, &is_mine);
    if (is_mine)
        status = find_out(memo, slot, find, context, err);
    if (status == SEALIFT_OK) {
        slot->holders++;
        slot->used = ++memo->questions;
        *ret_finding = slot->finding;
    }
    pthread_mutex_unlock(&memo->lock);
    return status;
}

void
memo_release(struct memo *memo, const void *finding)
{
    if (finding == NULL)
        return;
    pthread_mutex_lock(&memo->lock);
    memo->slots[(size_t)((const uint8_t *)finding - memo->findings) / memo->size].holders--;
    pthread_cond_broadcast(&memo->changed);
    pthread_mutex_unlock(&memo->lock);
}
