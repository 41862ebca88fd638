#include "resolver.h"

#include "descriptors.h"
#include "error.h"
#include "scoped.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Shared by the asker and the thread; whoever lets go last frees it. */
struct lookup {
    atomic_int holders;
    struct endpoint endpoint;
    int done; /* an eventfd, written once what follows is there */
    int code; /* getaddrinfo()'s */
    int error_number;
    struct addrinfo *addresses;
};

void
resolver_free(struct addrinfo **addresses)
{
    if (*addresses != NULL)
        freeaddrinfo(*addresses);
    *addresses = NULL;
}

static void
lookup_release(struct lookup **lookup)
{
    struct lookup *gone = *lookup;

    *lookup = NULL;
    if (gone == NULL || atomic_fetch_sub(&gone->holders, 1) > 1)
        return;
    resolver_free(&gone->addresses);
    if (gone->done >= 0)
        close(gone->done);
    free(gone);
}

static int
ask(const struct endpoint *endpoint, int flags, struct addrinfo **ret_addresses)
{
    const struct addrinfo hints = {.ai_flags = flags | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};

    return getaddrinfo(endpoint->host, endpoint->port, &hints, ret_addresses);
}

static void *
run_lookup(void *context)
{
    SCOPED(lookup_release) struct lookup *lookup = context;

    lookup->code = ask(&lookup->endpoint, 0, &lookup->addresses);
    lookup->error_number = errno;
    eventfd_write(lookup->done, 1); /* cannot fail: the counter is at 0 */
    return NULL;
}

/* Detached, and deaf to signals: those are for the program's own threads. */
static int
start_thread(struct lookup *lookup)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_t thread;
    int error_number;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error_number = pthread_create(&thread, &attributes, run_lookup, lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error_number;
}

static enum sealift_status
start_lookup(const struct endpoint *endpoint, struct lookup **ret_lookup, struct sealift_error *err)
{
    SCOPED(lookup_release) struct lookup *lookup = calloc(1, sizeof(*lookup));
    int error_number;

    if (lookup == NULL)
        return error_no_memory(err);
    atomic_init(&lookup->holders, 1);
    lookup->endpoint = *endpoint;
    lookup->done = eventfd(0, EFD_CLOEXEC);
    if (lookup->done < 0) {
        TRY(descriptors_check(errno, err));
        return error_errno(err, errno, "cannot look for the address");
    }
    atomic_fetch_add(&lookup->holders, 1);
    error_number = start_thread(lookup);
    if (error_number != 0) {
        atomic_fetch_sub(&lookup->holders, 1);
        return error_set(err, SEALIFT_NO_MEMORY, "no thread can be started to look for the address");
    }
    *ret_lookup = TAKE(lookup);
    return SEALIFT_OK;
}

static enum sealift_status
report(int code, int error_number, struct sealift_error *err)
{
    char reason[128];

    switch (code) {
    case EAI_MEMORY:
        return error_no_memory(err);
    case EAI_AGAIN:
        return error_set(err, SEALIFT_UNAVAILABLE,
                         "this name cannot be resolved for now: the name server does not answer; check the DNS of this "
                         "machine");
    case EAI_SYSTEM:
        return error_set(err, SEALIFT_UNAVAILABLE, "this name cannot be resolved: %s",
                         strerror_r(error_number, reason, sizeof(reason)));
    default:
        return error_set(err, SEALIFT_UNAVAILABLE,
                         "this name cannot be resolved (%s): check it, and the DNS of this machine",
                         gai_strerror(code));
    }
}

enum sealift_status
resolver_find(const struct endpoint *endpoint, const struct net_deadline *deadline, struct addrinfo **ret_addresses,
              struct sealift_error *err)
{
    SCOPED(lookup_release) struct lookup *lookup = NULL;
    eventfd_t count;
    bool ready;

    if (ask(endpoint, AI_NUMERICHOST, ret_addresses) == 0)
        return SEALIFT_OK;
    TRY(start_lookup(endpoint, &lookup, err));
    TRY(net_deadline_wait(deadline, lookup->done, POLLIN, &ready, err));
    if (!ready)
        return error_set(err, SEALIFT_UNAVAILABLE,
                         "this name was not resolved in time: check it, and the DNS of this machine");
    eventfd_read(lookup->done, &count);
    if (lookup->code != 0)
        return report(lookup->code, lookup->error_number, err);
    *ret_addresses = TAKE(lookup->addresses);
    return SEALIFT_OK;
}
