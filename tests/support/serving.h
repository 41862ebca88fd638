/* What every scripted server does: it listens on 127.0.0.1, in a thread that SIGPIPE does not reach, or in a process of
 * its own. Failing aborts. */
#ifndef SERVING_H
#define SERVING_H

#include <pthread.h>
#include <sys/types.h>

/* Port 0: one that the kernel chooses. It is this process's until that ends: where a server was stopped nobody listens,
 * and no second server is taken for it. The socket does not block. */
int serving_listen(unsigned port, int backlog, unsigned *ret_port);

/* OpenSSL writes without MSG_NOSIGNAL, and the signal is this thread's alone, and of those that it starts. */
void serving_start(void *(*run)(void *), void *context, pthread_t *ret_thread);

/* `start` tells the port that it serves from then on, in a child that ends with this process. The child's id, to be
 * killed. */
pid_t serving_fork(unsigned (*start)(const void *context), const void *context, unsigned *ret_port);

#endif
