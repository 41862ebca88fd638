#include "sigpipe.h"

#include <time.h>

static bool
is_pending(void)
{
    sigset_t pending;

    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 1;
}

void
sigpipe_hold(struct sigpipe *ret_sigpipe)
{
    sigset_t only;

    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    ret_sigpipe->was_pending = is_pending();
    pthread_sigmask(SIG_BLOCK, &only, &ret_sigpipe->mask);
}

/* A SIGPIPE that our own write raised is pending on this thread: it is taken away before the mask opens again. */
void
sigpipe_release(struct sigpipe *sigpipe)
{
    const struct timespec at_once = {0};
    sigset_t only;

    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    if (!sigpipe->was_pending && is_pending())
        sigtimedwait(&only, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &sigpipe->mask, NULL);
}
