#include "sigpipe.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>

static volatile sig_atomic_t delivered;

static void
count_signal(int number)
{
    (void)number;
    delivered++;
}

static void
write_to_nobody(void)
{
    int ends[2];

    cr_assert_eq(pipe(ends), 0);
    close(ends[0]);
    cr_assert_eq(write(ends[1], "x", 1), -1);
    cr_assert_eq(errno, EPIPE);
    close(ends[1]);
}

Test(sigpipe, is_raised_where_nobody_holds_it)
{
    signal(SIGPIPE, count_signal);
    write_to_nobody();
    cr_assert_eq(delivered, 1);
}

Test(sigpipe, is_swallowed_between_hold_and_release)
{
    struct sigpipe sigpipe;

    signal(SIGPIPE, count_signal);
    sigpipe_hold(&sigpipe);
    write_to_nobody();
    sigpipe_release(&sigpipe);
    cr_assert_eq(delivered, 0);
    write_to_nobody(); /* and the mask is as before */
    cr_assert_eq(delivered, 1);
}

Test(sigpipe, leaves_alone_what_was_pending_before)
{
    struct sigpipe sigpipe;
    sigset_t only;

    signal(SIGPIPE, count_signal);
    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &only, NULL);
    write_to_nobody();
    sigpipe_hold(&sigpipe);
    sigpipe_release(&sigpipe);
    cr_assert_eq(delivered, 0);
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
    cr_assert_eq(delivered, 1);
}
