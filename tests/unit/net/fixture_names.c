#include "fixture_names.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static bool is_released;
static int waiting;

void
names_let_go(void)
{
    pthread_mutex_lock(&lock);
    is_released = true;
    pthread_cond_broadcast(&released);
    pthread_mutex_unlock(&lock);
}

int
names_waiting(void)
{
    int count;

    pthread_mutex_lock(&lock);
    count = waiting;
    pthread_mutex_unlock(&lock);
    return count;
}

static void
wait_for_release(void)
{
    pthread_mutex_lock(&lock);
    waiting++;
    while (!is_released)
        pthread_cond_wait(&released, &lock);
    waiting--;
    pthread_mutex_unlock(&lock);
}

static int
ask_for_real(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **ret_addresses)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(host, port, hints, ret_addresses);
}

/* One list of several, as the real one makes and frees them: node by node. */
static int
ask_for_all(const char *const *hosts, const char *port, const struct addrinfo *hints, struct addrinfo **ret_addresses)
{
    for (; *hosts != NULL; hosts++) {
        if (ask_for_real(*hosts, port, hints, ret_addresses) != 0)
            abort();
        ret_addresses = &(*ret_addresses)->ai_next;
    }
    return 0;
}

int
getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **ret_addresses)
{
    static const char *const two[] = {"::1", "127.0.0.1", NULL};
    static const char *const three[] = {"127.0.0.2", "127.0.0.3", "127.0.0.1", NULL};

    if ((hints->ai_flags & AI_NUMERICHOST) != 0)
        return ask_for_real(host, port, hints, ret_addresses);
    if (strcmp(host, "two.test") == 0)
        return ask_for_all(two, port, hints, ret_addresses);
    if (strcmp(host, "three.test") == 0)
        return ask_for_all(three, port, hints, ret_addresses);
    if (strcmp(host, "none.test") == 0)
        return EAI_NONAME;
    if (strcmp(host, "later.test") == 0)
        return EAI_AGAIN;
    if (strcmp(host, "slow.test") == 0) {
        wait_for_release();
        return ask_for_real("127.0.0.1", port, hints, ret_addresses);
    }
    return ask_for_real(host, port, hints, ret_addresses);
}
