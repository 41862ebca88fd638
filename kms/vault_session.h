/* The process's logins, by what they are for: one each, shared, and kept until the process ends. */
#ifndef VAULT_SESSION_H
#define VAULT_SESSION_H

#include "secret.h"

#include <pthread.h>

struct vault_session {
    struct vault_session *next;
    char *name;

    pthread_mutex_t
        lock; /* guards what follows; held while somebody logs in, so that the others wait for that one login */
    struct secret *token; /* NULL: not logged in */
    bool renewable;
    int64_t due_ns;     /* when it is to be renewed, by the monotonic clock; INT64_MAX: never */
    int64_t expires_ns; /* when it is over; INT64_MAX: never */
};

/* The session of that name, made when there is none. It is never freed: its number is that of the KMS configurations a
 * process uses. */
enum sealift_status vault_session_get(const char *name, struct vault_session **ret_session, struct sealift_error *err);

#endif
