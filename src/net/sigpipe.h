/* SIGPIPE kept from the calling thread while a library writes to sockets (OpenSSL has no MSG_NOSIGNAL): the write then
 * fails with EPIPE, and the disposition of the signal, which belongs to the program and not to us, stays as it is. */
#ifndef SIGPIPE_H
#define SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

struct sigpipe {
    sigset_t mask;    /* of the thread, before */
    bool was_pending; /* not ours: left pending */
};

void sigpipe_hold(struct sigpipe *ret_sigpipe);
void sigpipe_release(struct sigpipe *sigpipe);

#endif
