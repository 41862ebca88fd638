/* What a process is at work on: an upload, or a filesystem in the making. The table says that it was begun, and this
 * that it still runs: what holds no lock was cut off. Of all processes that share a home.
 *
 * One file for all of them, of which each locks a byte that the UUID says (62 of its bits are random); so nothing is
 * left behind that had to be cleaned up. */
#ifndef WORK_LOCK_H
#define WORK_LOCK_H

#include "uuid.h"

struct work_lock;

/* CONFLICT: somebody has it. */
enum sealift_status work_lock_take(const char *home, const struct uuid *what, struct work_lock **ret_lock,
                                   struct sealift_error *err);
/* It is given back also when the process ends, however it does. */
void work_lock_free(struct work_lock **lock);

enum sealift_status work_lock_is_held(const char *home, const struct uuid *what, bool *ret_held,
                                      struct sealift_error *err);

#endif
