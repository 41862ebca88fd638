#include "vault_client.h"

#include "backoff.h"
#include "error.h"
#include "heard_server.h"
#include "scoped.h"
#include "server_trouble.h"
#include "vault_config.h"
#include "vault_error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Long enough for another node to take over from one that died; then the caller should hear of it. */
#define PATIENCE_NS     (60 * NS_PER_S)
#define FIRST_WAIT_NS   (300 * NS_PER_MS)
#define LONGEST_WAIT_NS (8 * NS_PER_S)
#define MOST_TRIES      8
/* Of several servers one is soon active again: who waits for it should not sleep through that. */
#define LONGEST_WAIT_OF_SEVERAL_NS (3 * NS_PER_S)
#define MOST_ROUNDS_OF_SEVERAL     100 /* patience ends it earlier, unless no wait takes any time */

struct vault_client {
    const struct world *world;
    struct http_client *http;
    char *name_space; /* of the key; empty: none */
    char *login_name_space;
    size_t count;
    struct vault_server servers[VAULT_ADDRESS_MAX];
    atomic_size_t *last; /* the server that answered last, whichever connection asked it */
    atomic_bool is_away; /* none answered the last call */
};

static enum sealift_status
set_up_servers(struct vault_client *client, const char *addresses, struct sealift_error *err)
{
    struct vault_address list[VAULT_ADDRESS_MAX];

    if (vault_address_parse_list(addresses, list, &client->count, err) != SEALIFT_OK)
        return error_prefix(err, "Vault");
    for (size_t i = 0; i < client->count; i++)
        client->servers[i] =
            (struct vault_server){client->world, client->http, client->name_space, client->login_name_space, list[i]};
    return SEALIFT_OK;
}

enum sealift_status
vault_client_new(const struct world *world, const struct kms_config *config, struct vault_client **ret_client,
                 struct sealift_error *err)
{
    struct http_client_options options = {
        .ca_file = config->ca_file[0] != '\0' ? config->ca_file : NULL,
        .connect_timeout_ns = 5 * NS_PER_S,
        .total_timeout_ns = 30 * NS_PER_S,
    };
    SCOPED(vault_client_free) struct vault_client *client = calloc(1, sizeof(*client));

    if (client == NULL)
        return error_no_memory(err);
    client->world = world;
    TRY(text_copy(config->vault.name_space, &client->name_space, err));
    TRY(text_copy(vault_config_login_namespace(config), &client->login_name_space, err));
    TRY(http_client_new(world, &options, &client->http, err));
    TRY(set_up_servers(client, config->address, err));
    TRY(heard_server_get(config->address, &client->last, err));
    *ret_client = TAKE(client);
    return SEALIFT_OK;
}

void
vault_client_free(struct vault_client **client)
{
    if (*client == NULL)
        return;
    http_client_free(&(*client)->http);
    free((*client)->name_space);
    free((*client)->login_name_space);
    free(*client);
    *client = NULL;
}

size_t
vault_client_server_count(const struct vault_client *client)
{
    return client->count;
}

const struct vault_server *
vault_client_server(const struct vault_client *client, size_t server)
{
    return &client->servers[server];
}

bool
vault_client_is_exposed(const struct vault_client *client)
{
    for (size_t i = 0; i < client->count; i++) {
        if (vault_server_is_exposed(&client->servers[i]))
            return true;
    }
    return false;
}

/* --- What an answer says of the server --- */

static bool
is_passing(const struct vault_answer *answer)
{
    if (answer->status == 412 || answer->status == 429)
        return true;
    /* Vault 1.6.0 called a blob that does not authenticate a 500 (hashicorp/vault#10842): it never will. */
    return answer->status >= 500 && answer->status != 501 &&
           !vault_answer_says(answer, "message authentication failed");
}

/* The next call had better go to who answered, be it one that another server sent us to. */
static void
note_answer(struct vault_client *client, size_t server, const struct vault_answer *answer)
{
    for (size_t i = 0; i < client->count; i++) {
        if (strcmp(client->servers[i].address.text, answer->address) == 0)
            server = i;
    }
    atomic_store(client->last, server);
}

static void
log_warnings(const struct vault_client *client, const struct vault_answer *answer)
{
    const struct json *warnings = json_get(answer->json, "warnings");

    for (size_t i = 0; i < json_count(warnings); i++) {
        const char *text = json_string(json_at(warnings, i));

        if (text != NULL)
            world_log(client->world, LOG_WARNING, "Vault %s warns: %s", answer->address, text);
    }
}

/* --- Failover --- */

/* One call's way through the servers. */
struct search {
    struct vault_client *client;
    const struct vault_request *request;
    struct server_troubles troubles;
    struct backoff backoff;
    struct vault_answer answer; /* the last one, which may be no more than a server's trouble */
    bool answered;              /* there is one */
    int64_t wait_ns;            /* what the server asked for */
    unsigned rounds;
    int64_t patient_until_ns; /* 0: nothing has failed yet */
};

static void
search_done(struct search *search)
{
    vault_answer_done(&search->answer);
}

static int64_t
now_ns(const struct vault_client *client)
{
    return client->world->clock->mono_ns(client->world->clock);
}

/* OK: the server answered what it was asked. With one server alone only what may pass is a trouble of its: anything
 * else is for the caller to explain, who knows what it asked for. */
static enum sealift_status
ask(struct search *search, const struct vault_server *server, struct sealift_error *err)
{
    struct vault_answer *answer = &search->answer;
    enum sealift_status status;
    bool passing;

    vault_answer_done(answer);
    search->answered = false;
    TRY(vault_server_ask(server, search->request, answer, err));
    search->answered = true;
    passing = is_passing(answer);
    if (!passing && (search->client->count == 1 || !vault_error_is_servers(answer)))
        return SEALIFT_OK;
    status = vault_error_of_server(&server->address, answer, err);
    if (passing)
        status = err->status = SEALIFT_UNAVAILABLE;
    return status;
}

static void
note_trouble(struct search *search, size_t server, const struct sealift_error *trouble)
{
    const struct vault_client *client = search->client;

    server_troubles_note(&search->troubles, server, trouble);
    if (search->patient_until_ns == 0)
        search->patient_until_ns = now_ns(client) + PATIENCE_NS;
}

static bool
is_out_of_patience(const struct search *search)
{
    return search->patient_until_ns != 0 && now_ns(search->client) >= search->patient_until_ns;
}

static bool
is_turned_away(const struct search *search)
{
    return search->answered && search->answer.status == 429;
}

/* Each server once, beginning with the one that answered last; in a later round only while patience lasts. OK, or a
 * trouble that was noted unless it ends the search. */
static enum sealift_status
try_each(struct search *search, struct sealift_error *err)
{
    struct vault_client *client = search->client;
    size_t first = atomic_load(client->last);
    enum sealift_status status = SEALIFT_OK;

    for (size_t i = 0; i < client->count; i++) {
        size_t at = (first + i) % client->count;

        if (i > 0 && search->rounds > 0 && is_out_of_patience(search))
            return status;
        if (i > 0 && search->rounds == 0 && !atomic_load(&client->is_away)) /* else it was told, and is no news */
            world_log(client->world, LOG_WARNING, "%s; trying %s", err->message, client->servers[at].address.name);
        status = ask(search, &client->servers[at], err);
        if (status == SEALIFT_OK || is_turned_away(search))
            note_answer(client, at, &search->answer);
        if (status == SEALIFT_OK || error_ends_all(status))
            return status;
        note_trouble(search, at, err);
        if (is_turned_away(search)) {
            search->wait_ns = search->answer.retry_after_ns;
            return status;
        }
    }
    return status;
}

/* One server alone is tried so many times, which take far less than patience would last; several, for
 * as long as that. */
static void
tell_patience(const struct search *search, int64_t left_ns, const struct sealift_error *trouble)
{
    const struct world *world = search->client->world;
    int64_t left_s = (left_ns + NS_PER_S - 1) / NS_PER_S;

    if (search->request->pace.once)
        world_log(world, LOG_WARNING, "%s; trying again in %" PRId64 " s, as it says", trouble->message,
                  (search->wait_ns + NS_PER_S - 1) / NS_PER_S);
    else if (search->client->count == 1)
        world_log(world, LOG_WARNING, "%s; trying again up to %u times", trouble->message, search->backoff.tries - 1);
    else
        world_log(world, LOG_WARNING, "%s; trying again for up to %" PRId64 " s", trouble->message, left_s);
}

/* A time that the server named is waited for here also on behalf of who repeats the request himself: he does not hear
 * of it. */
static bool
may_wait(const struct search *search)
{
    const struct vault_pace *pace = &search->request->pace;

    return !pace->once || (pace->until_ns != 0 && search->wait_ns > 0);
}

/* What the server asked for, and a random time beyond it, so that those who were turned away together do not come back
 * together. No wait goes beyond patience, whose last moments are not worth one. */
static bool
wait_for_another_round(struct search *search, const struct sealift_error *trouble)
{
    const struct vault_pace *pace = &search->request->pace;
    const struct world *world = search->client->world;
    int64_t until_ns = pace->until_ns != 0 ? pace->until_ns : search->patient_until_ns;
    int64_t left_ns = until_ns - now_ns(search->client) - search->wait_ns;

    if (!may_wait(search) || !server_troubles_may_pass(&search->troubles) || left_ns < FIRST_WAIT_NS)
        return false;
    if (search->rounds == 1)
        tell_patience(search, left_ns + search->wait_ns, trouble);
    if (search->wait_ns > 0)
        world->clock->sleep_ns(world->clock, search->wait_ns, world->cancel);
    search->wait_ns = 0;
    if (search->backoff.cap_ns > left_ns)
        search->backoff.cap_ns = left_ns;
    return backoff_wait(&search->backoff, world);
}

static enum sealift_status
call_patiently(struct search *search, struct sealift_error *err)
{
    struct vault_client *client = search->client;
    enum sealift_status status;

    do {
        status = try_each(search, err);
        search->rounds++;
    } while (status != SEALIFT_OK && !error_ends_all(status) && wait_for_another_round(search, err));
    atomic_store(&client->is_away, status == SEALIFT_UNAVAILABLE);
    if (status == SEALIFT_OK || error_ends_all(status))
        return status;
    TRY(world_check_cancel(client->world, err));
    if (client->count == 1 && search->answered)
        return SEALIFT_OK;
    return server_troubles_report(&search->troubles, search->rounds, err);
}

enum sealift_status
vault_client_call(struct vault_client *client, const struct vault_request *request, struct vault_answer *ret_answer,
                  struct sealift_error *err)
{
    SCOPED(search_done)
    struct search search = {
        .client = client,
        .request = request,
        .troubles.prefix = "Vault: ",
        .backoff = client->count == 1
                       ? (struct backoff){FIRST_WAIT_NS, LONGEST_WAIT_NS, MOST_TRIES, 0}
                       : (struct backoff){FIRST_WAIT_NS, LONGEST_WAIT_OF_SEVERAL_NS, MOST_ROUNDS_OF_SEVERAL, 0},
    };

    TRY(call_patiently(&search, err));
    log_warnings(client, &search.answer);
    *ret_answer = search.answer;
    search.answer = (struct vault_answer){0};
    return SEALIFT_OK;
}

enum sealift_status
vault_client_call_server(struct vault_client *client, size_t server, const struct vault_request *request,
                         struct vault_answer *ret_answer, struct sealift_error *err)
{
    return vault_server_ask(&client->servers[server], request, ret_answer, err);
}

void
vault_client_begin_with(struct vault_client *client, size_t server)
{
    atomic_store(client->last, server);
}
