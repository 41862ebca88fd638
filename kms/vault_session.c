#include "vault_session.h"

#include "error.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

static pthread_mutex_t sessions_lock = PTHREAD_MUTEX_INITIALIZER;
static struct vault_session *sessions;

static enum sealift_status
add_locked(const char *name, struct vault_session **ret_session, struct sealift_error *err)
{
    SCOPED(free_done) struct vault_session *session = calloc(1, sizeof(*session));

    if (session == NULL)
        return error_no_memory(err);
    TRY(text_copy(name, &session->name, err));
    pthread_mutex_init(&session->lock, NULL);
    session->next = sessions;
    sessions = session;
    *ret_session = TAKE(session);
    return SEALIFT_OK;
}

static enum sealift_status
get_locked(const char *name, struct vault_session **ret_session, struct sealift_error *err)
{
    for (struct vault_session *session = sessions; session != NULL; session = session->next) {
        if (strcmp(session->name, name) == 0) {
            *ret_session = session;
            return SEALIFT_OK;
        }
    }
    return add_locked(name, ret_session, err);
}

enum sealift_status
vault_session_get(const char *name, struct vault_session **ret_session, struct sealift_error *err)
{
    enum sealift_status status;

    pthread_mutex_lock(&sessions_lock);
    status = get_locked(name, ret_session, err);
    pthread_mutex_unlock(&sessions_lock);
    return status;
}
