/* Calls a function again and again on a thread of its own, until it is stopped. */
#ifndef HEARTBEAT_H
#define HEARTBEAT_H

#include <sealift/status.h>
#include <stdint.h>

struct heartbeat;

typedef void heartbeat_beat(void *context);

/* The first call comes after one period. */
enum sealift_status heartbeat_start(int64_t period_ns, heartbeat_beat *beat, void *context,
                                    struct heartbeat **ret_heartbeat, struct sealift_error *err);
/* Waits for a call that is under way; afterwards none comes. */
void heartbeat_stop(struct heartbeat **heartbeat);

#endif
