#include "interrupt.h"

#include "exit_code.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

/* A signal handler has no context, so these are the program's only variables. */
static _Atomic(struct sealift *) watched;
static atomic_bool asked;
static atomic_bool keep_silent;

/* Only what POSIX calls async-signal-safe. */
static void
stop(int signal_number)
{
    static const char word[] = "\nsealift: stopping; once more leaves at once\n";
    int saved = errno;
    struct sealift *sealift = atomic_load(&watched);

    (void)signal_number;
    if (atomic_exchange(&asked, true))
        _exit(exit_code_of(SEALIFT_CANCELLED));
    if (sealift != NULL)
        sealift_cancel(sealift);
    if (!atomic_load(&keep_silent) && write(STDERR_FILENO, word, sizeof(word) - 1) < 0)
        errno = saved; /* nobody to tell: stopping goes on all the same */
    errno = saved;
}

static void
install(int signal_number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;

    sigemptyset(&action.sa_mask);
    if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
        return;
    sigaction(signal_number, &action, NULL);
}

void
interrupt_install(bool silent)
{
    atomic_store(&keep_silent, silent);
    install(SIGINT, stop);
    install(SIGTERM, stop);
    install(SIGHUP, stop);
    install(SIGPIPE, SIG_IGN);
}

void
interrupt_watch(struct sealift *sealift)
{
    atomic_store(&watched, sealift);
    if (sealift != NULL && atomic_load(&asked))
        sealift_cancel(sealift);
}
