#include "serving.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define NEED(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            perror("serving: " #condition);                                                                            \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static int
bind_to(struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    socklen_t len = sizeof(*address);

    NEED(fd >= 0);
    NEED(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
    NEED(bind(fd, (struct sockaddr *)address, len) == 0);
    NEED(getsockname(fd, (struct sockaddr *)address, &len) == 0);
    return fd;
}

/* Beside the listener is a socket that is bound to the same port, listens never and is closed by nobody: the kernel
 * gives the port to none who asks for any. */
int
serving_listen(unsigned port, int backlog, unsigned *ret_port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = bind_to(&address);

    bind_to(&address);
    NEED(listen(listener, backlog) == 0);
    *ret_port = ntohs(address.sin_port);
    return listener;
}

void
serving_start(void *(*run)(void *), void *context, pthread_t *ret_thread)
{
    sigset_t only, before;

    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &only, &before);
    NEED(pthread_create(ret_thread, NULL, run, context) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void
serve_until_killed(unsigned (*start)(const void *context), const void *context, int port_to)
{
    unsigned port;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    port = start(context);
    NEED(write(port_to, &port, sizeof(port)) == sizeof(port));
    for (;;)
        pause();
}

pid_t
serving_fork(unsigned (*start)(const void *context), const void *context, unsigned *ret_port)
{
    int ends[2];
    pid_t child;

    NEED(pipe(ends) == 0);
    child = fork();
    NEED(child >= 0);
    if (child == 0)
        serve_until_killed(start, context, ends[1]);
    NEED(read(ends[0], ret_port, sizeof(*ret_port)) == sizeof(*ret_port));
    close(ends[0]);
    close(ends[1]);
    return child;
}
