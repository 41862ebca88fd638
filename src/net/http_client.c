#include "http_client.h"

#include "error.h"
#include "scoped.h"
#include "wiping_heap.h"

#include <stdlib.h>

#define DEFAULT_CONNECT_NS   (10 * NS_PER_S)
#define DEFAULT_LOW_SPEED_NS (30 * NS_PER_S)

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_started;

/* Headers carry tokens, and libcurl copies headers: whatever it frees is wiped. */
static void
start_curl(void)
{
    curl_started = curl_global_init_mem(CURL_GLOBAL_DEFAULT, wiping_heap_malloc, wiping_heap_free, wiping_heap_realloc,
                                        wiping_heap_strdup, wiping_heap_calloc);
}

static void
lock_share(CURL *easy, curl_lock_data data, curl_lock_access access, void *client)
{
    (void)easy, (void)access;
    pthread_mutex_lock(&((struct http_client *)client)->share_locks[data]);
}

static void
unlock_share(CURL *easy, curl_lock_data data, void *client)
{
    (void)easy;
    pthread_mutex_unlock(&((struct http_client *)client)->share_locks[data]);
}

static enum sealift_status
set_up_share(struct http_client *client, struct sealift_error *err)
{
    client->share = curl_share_init();
    if (client->share == NULL || curl_share_setopt(client->share, CURLSHOPT_USERDATA, client) != CURLSHE_OK ||
        curl_share_setopt(client->share, CURLSHOPT_LOCKFUNC, lock_share) != CURLSHE_OK ||
        curl_share_setopt(client->share, CURLSHOPT_UNLOCKFUNC, unlock_share) != CURLSHE_OK ||
        curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) != CURLSHE_OK ||
        curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK)
        return error_no_memory(err);
    return SEALIFT_OK;
}

static struct http_client *
allocate_client(void)
{
    struct http_client *client = calloc(1, sizeof(*client));

    if (client == NULL)
        return NULL;
    pthread_mutex_init(&client->lock, NULL);
    for (size_t i = 0; i < CURL_LOCK_DATA_LAST; i++)
        pthread_mutex_init(&client->share_locks[i], NULL);
    return client;
}

enum sealift_status
http_client_new(const struct world *world, const struct http_client_options *options, struct http_client **ret_client,
                struct sealift_error *err)
{
    SCOPED(http_client_free) struct http_client *client = NULL;
    const char *ca_file = options->ca_file != NULL ? options->ca_file : getenv("SSL_CERT_FILE");

    pthread_once(&curl_once, start_curl);
    client = allocate_client();
    if (curl_started != CURLE_OK || client == NULL)
        return error_no_memory(err);
    client->world = world;
    client->connect_timeout_ns = options->connect_timeout_ns != 0 ? options->connect_timeout_ns : DEFAULT_CONNECT_NS;
    client->low_speed_timeout_ns =
        options->low_speed_timeout_ns != 0 ? options->low_speed_timeout_ns : DEFAULT_LOW_SPEED_NS;
    client->total_timeout_ns = options->total_timeout_ns;
    client->direct = options->direct;
    if (ca_file != NULL)
        TRY(text_copy(ca_file, &client->ca_file, err));
    TRY(text_copy(options->user_agent != NULL ? options->user_agent : "sealift/" SEALIFT_VERSION, &client->user_agent,
                  err));
    TRY(set_up_share(client, err));
    *ret_client = TAKE(client);
    return SEALIFT_OK;
}

void
http_client_free(struct http_client **client)
{
    struct http_client *gone = *client;

    *client = NULL;
    if (gone == NULL)
        return;
    for (size_t i = 0; i < gone->idle_count; i++)
        curl_easy_cleanup(gone->idle[i]);
    curl_share_cleanup(gone->share);
    for (size_t i = 0; i < CURL_LOCK_DATA_LAST; i++)
        pthread_mutex_destroy(&gone->share_locks[i]);
    pthread_mutex_destroy(&gone->lock);
    free(gone->ca_file);
    free(gone->user_agent);
    free(gone);
}

CURL *
http_client_take(struct http_client *client)
{
    CURL *easy = NULL;

    pthread_mutex_lock(&client->lock);
    if (client->idle_count > 0)
        easy = client->idle[--client->idle_count];
    pthread_mutex_unlock(&client->lock);
    if (easy == NULL && (easy = curl_easy_init()) != NULL)
        curl_easy_setopt(easy, CURLOPT_SHARE, client->share);
    return easy;
}

void
http_client_give_back(struct http_client *client, CURL *easy)
{
    curl_easy_reset(easy); /* forgets the options, keeps the connections */
    pthread_mutex_lock(&client->lock);
    if (client->idle_count < HTTP_MAX_IDLE) {
        client->idle[client->idle_count++] = easy;
        easy = NULL;
    }
    pthread_mutex_unlock(&client->lock);
    if (easy != NULL)
        curl_easy_cleanup(easy);
}
