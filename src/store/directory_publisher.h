/* How an object appears in a directory store: whole, durable, and without replacing another. */
#ifndef DIRECTORY_PUBLISHER_H
#define DIRECTORY_PUBLISHER_H

#include "directory_root.h"

#include <pthread.h>

struct directory_publisher {
    const struct directory_root *root;
    const struct world *world;
    pthread_mutex_t lock;
    bool swept;                   /* the leftovers of dead processes have been looked for */
    char durable[STORE_NAME_MAX]; /* the folder whose way from the root was made durable last */
};

void directory_publisher_init(struct directory_publisher *publisher, const struct world *world,
                              const struct directory_root *root);
void directory_publisher_done(struct directory_publisher *publisher);

/* A temporary file is written and synced, linked to its final name (which refuses a taken one: the conditional PUT),
 * and the folder synced. Equal contents under the name are a success, others CONFLICT; unless `if_absent`, they are
 * replaced at once. */
enum sealift_status directory_publisher_put(struct directory_publisher *publisher, const char *name, struct bytes data,
                                            bool if_absent, struct sealift_error *err);

#endif
