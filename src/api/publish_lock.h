/* Of all processes that share a home, one at a time publishes: the sequence and the predecessor that a manifest carries
 * are the table's last ones, and no other manifest may come between reading them and writing them. */
#ifndef PUBLISH_LOCK_H
#define PUBLISH_LOCK_H

#include "world.h"

/* Waits for it. It is given back when the descriptor is closed, and when the process ends, however it does. */
enum sealift_status publish_lock_take(const struct world *world, const char *home, int *ret_fd,
                                      struct sealift_error *err);

#endif
