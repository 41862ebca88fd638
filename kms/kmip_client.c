#include "kmip_client.h"

#include "backoff.h"
#include "error.h"
#include "heard_server.h"
#include "kmip_agreement.h"
#include "kmip_error.h"
#include "scoped.h"
#include "server_trouble.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Long enough for another node to take over from one that died; then the caller should hear of it. */
#define PATIENCE_NS     (60 * NS_PER_S)
#define FIRST_WAIT_NS   (300 * NS_PER_MS)
#define LONGEST_WAIT_NS (8 * NS_PER_S)
#define MOST_ROUNDS     100 /* patience ends it earlier, unless no wait takes any time */

struct kmip_client {
    const struct world *world;
    int64_t patience_ns;
    size_t count;

    /* Held for as long as a call takes. Who waits for it needs no way out of its own: told to stop, the one who holds
     * it lets go within a tenth of a second, for it is the same world that they all listen to. */
    pthread_mutex_t turn;
    struct kmip_server servers[ENDPOINT_LIST_MAX]; /* guarded by `turn` */
    bool is_away;                                  /* the same; none answered the last call */

    atomic_size_t *last; /* the server that answered last, whichever connection asked it */

    pthread_mutex_t lock;      /* guards what follows */
    enum kmip_version version; /* in which the last that answered here was asked */
};

enum sealift_status
kmip_client_new(const struct world *world, const struct kms_config *config, const struct kmip_client_options *options,
                struct kmip_client **ret_client, struct sealift_error *err)
{
    static const struct kmip_client_options as_usual;
    SCOPED(kmip_client_free) struct kmip_client *client = calloc(1, sizeof(*client));
    struct endpoint endpoints[ENDPOINT_LIST_MAX];

    if (client == NULL)
        return error_no_memory(err);
    pthread_mutex_init(&client->lock, NULL);
    pthread_mutex_init(&client->turn, NULL);
    options = options != NULL ? options : &as_usual;
    client->world = world;
    client->patience_ns = options->patience_ns != 0 ? options->patience_ns : PATIENCE_NS;
    client->version = config->kmip.version;
    if (endpoint_parse_list(config->address, endpoints, &client->count, err) != SEALIFT_OK)
        return error_prefix(err, "KMIP");
    for (size_t i = 0; i < client->count; i++)
        kmip_server_init(&client->servers[i], world, config, &options->timeouts, &endpoints[i]);
    TRY(heard_server_get(config->address, &client->last, err));
    *ret_client = TAKE(client);
    return SEALIFT_OK;
}

void
kmip_client_free(struct kmip_client **client)
{
    if (*client == NULL)
        return;
    for (size_t i = 0; i < (*client)->count; i++)
        kmip_server_disconnect(&(*client)->servers[i]);
    pthread_mutex_destroy(&(*client)->turn);
    pthread_mutex_destroy(&(*client)->lock);
    free(*client);
    *client = NULL;
}

/* --- What is known --- */

size_t
kmip_client_server_count(const struct kmip_client *client)
{
    return client->count;
}

const char *
kmip_client_server_name(const struct kmip_client *client, size_t server)
{
    return client->servers[server].name;
}

enum kmip_version
kmip_client_version(struct kmip_client *client)
{
    enum kmip_version version;

    pthread_mutex_lock(&client->lock);
    version = client->version;
    pthread_mutex_unlock(&client->lock);
    return version;
}

static void
note_answer(struct kmip_client *client, size_t server)
{
    atomic_store(client->last, server);
    pthread_mutex_lock(&client->lock);
    client->version = client->servers[server].version;
    pthread_mutex_unlock(&client->lock);
}

/* --- Failover --- */

/* One call's way through the servers. */
struct search {
    struct kmip_client *client;
    const struct kmip_call *call;
    struct server_troubles troubles;
    unsigned rounds;
    int64_t patient_until_ns; /* 0: nothing has failed yet */
    bool over;                /* somebody answered for good, or nobody else would do better */
};

static int64_t
now_ns(const struct kmip_client *client)
{
    return client->world->clock->mono_ns(client->world->clock);
}

/* A refusal that passes is this server's trouble, like one of the network. */
static enum sealift_status
ask(struct kmip_server *server, const struct kmip_call *call, struct kmip_reply *ret_reply, struct sealift_error *err)
{
    SCOPED(kmip_reply_done) struct kmip_reply reply = {0};

    TRY(kmip_agreement_ask(server, call, &reply, err));
    if (kmip_error_is_passing(&reply.answer))
        return kmip_reply_check(&reply, call, err);
    *ret_reply = reply;
    reply = (struct kmip_reply){0};
    return SEALIFT_OK;
}

static void
note_trouble(struct search *search, size_t server, const struct sealift_error *trouble)
{
    const struct kmip_client *client = search->client;

    server_troubles_note(&search->troubles, server, trouble);
    if (search->patient_until_ns == 0)
        search->patient_until_ns = now_ns(client) + client->patience_ns;
}

static void
log_failover(const struct search *search, size_t to, const struct sealift_error *trouble)
{
    const struct kmip_client *client = search->client;

    if (search->rounds == 0 && !client->is_away) /* else it was told, and is no news */
        world_log(client->world, LOG_WARNING, "%s; trying %s", trouble->message, client->servers[to].name);
}

static bool
is_out_of_patience(const struct search *search)
{
    return search->patient_until_ns != 0 && now_ns(search->client) >= search->patient_until_ns;
}

/* Each server once, beginning with `first`; in a later round only while patience lasts. */
static enum sealift_status
try_each_locked(struct search *search, size_t first, struct kmip_reply *ret_reply, struct sealift_error *err)
{
    struct kmip_client *client = search->client;
    enum sealift_status status = SEALIFT_OK;

    for (size_t i = 0; i < client->count; i++) {
        size_t at = (first + i) % client->count;

        if (i > 0 && search->rounds > 0 && is_out_of_patience(search))
            return status;
        if (i > 0)
            log_failover(search, at, err);
        status = ask(&client->servers[at], search->call, ret_reply, err);
        if (status == SEALIFT_OK)
            note_answer(client, at);
        search->over = status == SEALIFT_OK || error_ends_all(status) || client->servers[at].trouble_is_ours;
        if (search->over)
            return status;
        note_trouble(search, at, err);
    }
    return status;
}

/* Only what is unavailable is worth another round. No wait goes beyond patience, whose last moments are
 * not worth one. */
static bool
wait_for_another_round(struct search *search, struct backoff *backoff, const struct sealift_error *trouble)
{
    const struct kmip_client *client = search->client;
    int64_t left_ns = search->patient_until_ns - now_ns(client);

    if (search->call->once || !server_troubles_may_pass(&search->troubles) || left_ns < FIRST_WAIT_NS)
        return false;
    if (backoff->cap_ns > left_ns)
        backoff->cap_ns = left_ns;
    if (search->rounds == 1)
        world_log(client->world, LOG_WARNING, "%s; trying again for up to %" PRId64 " s", trouble->message,
                  (left_ns + NS_PER_S - 1) / NS_PER_S);
    return backoff_wait(backoff, client->world);
}

static enum sealift_status
call_patiently_locked(struct kmip_client *client, const struct kmip_call *call, struct kmip_reply *ret_reply,
                      struct sealift_error *err)
{
    struct search search = {.client = client, .call = call, .troubles.prefix = "KMIP "};
    struct backoff backoff = {FIRST_WAIT_NS, LONGEST_WAIT_NS, MOST_ROUNDS, 0};
    size_t first = atomic_load(client->last);
    enum sealift_status status;

    do {
        status = try_each_locked(&search, first, ret_reply, err);
        search.rounds++;
    } while (!search.over && wait_for_another_round(&search, &backoff, err));
    client->is_away = !search.over;
    if (search.over)
        return status;
    TRY(world_check_cancel(client->world, err));
    return server_troubles_report(&search.troubles, search.rounds, err);
}

enum sealift_status
kmip_client_call(struct kmip_client *client, const struct kmip_call *call, struct kmip_reply *ret_reply,
                 struct sealift_error *err)
{
    enum sealift_status status;

    pthread_mutex_lock(&client->turn);
    status = call_patiently_locked(client, call, ret_reply, err);
    pthread_mutex_unlock(&client->turn);
    return status;
}

/* --- One server alone, and no call at all --- */

enum sealift_status
kmip_client_call_server(struct kmip_client *client, size_t server, const struct kmip_call *call,
                        struct kmip_reply *ret_reply, struct sealift_error *err)
{
    enum sealift_status status;

    pthread_mutex_lock(&client->turn);
    status = kmip_agreement_ask(&client->servers[server], call, ret_reply, err);
    if (status == SEALIFT_OK)
        note_answer(client, server);
    pthread_mutex_unlock(&client->turn);
    return status;
}

static enum sealift_status
greet_locked(struct kmip_server *server, struct kmip_greeting *ret_greeting, struct sealift_error *err)
{
    TRY(kmip_agreement_greet(server, err));
    *ret_greeting = (struct kmip_greeting){
        .version = server->version,
        .certificate_ends_ns = kmip_connection_certificate_ends(server->connection),
    };
    snprintf(ret_greeting->protocol, sizeof(ret_greeting->protocol), "%s",
             kmip_connection_protocol(server->connection));
    return SEALIFT_OK;
}

enum sealift_status
kmip_client_greet(struct kmip_client *client, size_t server, struct kmip_greeting *ret_greeting,
                  struct sealift_error *err)
{
    enum sealift_status status;

    pthread_mutex_lock(&client->turn);
    status = greet_locked(&client->servers[server], ret_greeting, err);
    if (status == SEALIFT_OK)
        note_answer(client, server);
    pthread_mutex_unlock(&client->turn);
    return status;
}

void
kmip_client_close_idle(struct kmip_client *client)
{
    if (pthread_mutex_trylock(&client->turn) != 0)
        return;
    for (size_t i = 0; i < client->count; i++)
        kmip_server_close_idle(&client->servers[i]);
    pthread_mutex_unlock(&client->turn);
}
