/* Starting a thread that no signal reaches, and waiting for one up to a point in time. */
#ifndef QUIET_THREAD_H
#define QUIET_THREAD_H

#include <pthread.h>
#include <stdint.h>

/* Threads inherit the mask: signals then arrive at the thread that drives the work and nowhere else. 0, or the reason
 * why there is none. */
int quiet_thread_start(void *(*run)(void *argument), void *argument, pthread_t *ret_thread);

/* For pthread_cond_timedwait() by the monotonic clock: somebody may set the other one meanwhile. */
void deadline_cond_init(pthread_cond_t *cond);
struct timespec deadline_in(int64_t ns);

#endif
