/* Whose turn it is with something that one thread has at a time, for as long as a minute: a lock whose waiters can be
 * told to stop. */
#ifndef KMIP_TURN_H
#define KMIP_TURN_H

#include "world.h"

#include <pthread.h>

struct kmip_turn {
    pthread_mutex_t lock; /* held for moments only; guards `taken` */
    pthread_cond_t is_over;
    bool taken;
};

void kmip_turn_init(struct kmip_turn *turn);
void kmip_turn_destroy(struct kmip_turn *turn);

/* CANCELLED within a tenth of a second, also when nobody has it. */
enum sealift_status kmip_turn_take(struct kmip_turn *turn, const struct world *world, struct sealift_error *err);
bool kmip_turn_take_if_free(struct kmip_turn *turn);
void kmip_turn_end(struct kmip_turn *turn);

#endif
