#include "heard_server.h"

#include "buf.h"
#include "error.h"
#include "scoped.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct heard {
    struct heard *next;
    char *addresses;
    atomic_size_t server;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct heard *list;

static enum sealift_status
add_locked(const char *addresses, struct heard **ret_heard, struct sealift_error *err)
{
    SCOPED(free_done) struct heard *heard = calloc(1, sizeof(*heard));

    if (heard == NULL)
        return error_no_memory(err);
    TRY(text_copy(addresses, &heard->addresses, err));
    heard->next = list;
    list = heard;
    *ret_heard = TAKE(heard);
    return SEALIFT_OK;
}

static enum sealift_status
get_locked(const char *addresses, struct heard **ret_heard, struct sealift_error *err)
{
    for (struct heard *heard = list; heard != NULL; heard = heard->next) {
        if (strcmp(heard->addresses, addresses) == 0) {
            *ret_heard = heard;
            return SEALIFT_OK;
        }
    }
    return add_locked(addresses, ret_heard, err);
}

enum sealift_status
heard_server_get(const char *addresses, atomic_size_t **ret_server, struct sealift_error *err)
{
    struct heard *heard;
    enum sealift_status status;

    pthread_mutex_lock(&lock);
    status = get_locked(addresses, &heard, err);
    pthread_mutex_unlock(&lock);
    if (status == SEALIFT_OK)
        *ret_server = &heard->server;
    return status;
}
