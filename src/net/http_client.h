/* The client's inside: what it was told, and its pool of libcurl handles. Only src/net includes this; callers use
 * http.h. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "http.h"

#include <curl/curl.h>
#include <pthread.h>

#define HTTP_MAX_IDLE 64 /* handles that are kept; each may hold open connections */

struct http_client {
    const struct world *world;
    char *ca_file; /* NULL: libcurl's default */
    char *user_agent;
    int64_t connect_timeout_ns;
    int64_t low_speed_timeout_ns;
    int64_t total_timeout_ns;
    bool direct;

    /* Names and TLS sessions are shared by all handles. Connections are not: libcurl cannot share them between threads,
     * so each handle keeps its own, and the handle that was used last is taken first. */
    CURLSH *share;
    pthread_mutex_t share_locks[CURL_LOCK_DATA_LAST];

    pthread_mutex_t lock; /* guards the idle handles */
    CURL *idle[HTTP_MAX_IDLE];
    size_t idle_count;
};

/* A handle for one exchange, its options at their defaults; NULL: no memory. */
CURL *http_client_take(struct http_client *client);
void http_client_give_back(struct http_client *client, CURL *easy);

#endif
