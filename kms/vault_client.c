#include "vault_client.h"

#include "backoff.h"
#include "error.h"
#include "http.h"
#include "scoped.h"
#include "vault_config.h"

#include <stdlib.h>
#include <string.h>

/* Long enough for another node to take over from one that died; then the caller should hear of it. */
#define TRIES           8
#define FIRST_WAIT_NS   (300 * NS_PER_MS)
#define LONGEST_WAIT_NS (8 * NS_PER_S)
#define PATIENCE_NS     (60 * NS_PER_S)

struct vault_client {
    const struct world *world;
    struct http_client *http;
    char *address;    /* without a final slash */
    char *name_space; /* of the key; empty: none */
    char *login_name_space;
    struct url url; /* the address, in its parts */
};

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
    TRY(url_parse(config->address, &client->url, err));
    TRY(text_copy(config->address, &client->address, err));
    TRY(text_copy(config->vault.name_space, &client->name_space, err));
    TRY(text_copy(vault_config_login_namespace(config), &client->login_name_space, err));
    TRY(http_client_new(world, &options, &client->http, err));
    *ret_client = TAKE(client);
    return SEALIFT_OK;
}

void
vault_client_free(struct vault_client **client)
{
    if (*client == NULL)
        return;
    http_client_free(&(*client)->http);
    free((*client)->address);
    free((*client)->name_space);
    free((*client)->login_name_space);
    free(*client);
    *client = NULL;
}

static bool
is_this_machine(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

bool
vault_client_is_exposed(const struct vault_client *client)
{
    return strcmp(client->url.scheme, "http") == 0 && !is_this_machine(client->url.host);
}

/* One exchange. */

static void
add_header(struct http_request *http, const char *name, const char *value)
{
    http->headers[http->header_count++] = (struct http_header){name, value};
}

static enum sealift_status
exchange(struct vault_client *client, const struct vault_request *request, const char *url,
         struct vault_answer *ret_answer, struct sealift_error *err)
{
    SCOPED(http_answer_done) struct http_answer raw = {0};
    struct http_request http = {.method = request->method, .url = url, .body = request->body};
    const char *name_space = request->of_login ? client->login_name_space : client->name_space;
    enum sealift_status status;

    add_header(&http, "X-Vault-Request", "true"); /* an Agent or Proxy may insist on it */
    if (name_space[0] != '\0' && !request->outside_namespaces)
        add_header(&http, "X-Vault-Namespace", name_space);
    if (request->body.len > 0)
        add_header(&http, "Content-Type", "application/json");
    if (request->token != NULL)
        http.secret_header = (struct http_header){"X-Vault-Token", secret_text(request->token)};

    status = http_perform(client->http, &http, &raw, err);
    if (status == SEALIFT_CORRUPT) /* longer than any answer of Vault's */
        return error_set(err, SEALIFT_INVALID, "Vault %s: what answers there is no Vault or OpenBao: check the address",
                         client->address);
    if (status != SEALIFT_OK)
        return error_prefix(err, "Vault");
    TRY(vault_answer_read(raw.status, buf_bytes(&raw.text), client->address, ret_answer, err));
    http_answer_header(&raw, "location", ret_answer->location, sizeof(ret_answer->location));
    return SEALIFT_OK;
}

/* Redirects. */

static bool
ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* A standby that cannot forward names the active node. The token goes along, so never from https to http, and only to
 * the same path. */
static bool
may_follow(const struct vault_client *client, const struct vault_answer *answer, const char *path)
{
    struct sealift_error ignored;
    struct url target;

    if (answer->status != 307 || url_parse(answer->location, &target, &ignored) != SEALIFT_OK)
        return false;
    return (strcmp(target.scheme, "https") == 0 || strcmp(target.scheme, client->url.scheme) == 0) &&
           ends_with(target.path, path);
}

static enum sealift_status
exchange_and_follow(struct vault_client *client, const struct vault_request *request, const char *path,
                    struct vault_answer *ret_answer, struct sealift_error *err)
{
    SCOPED(free_done) char *url = NULL;
    char target[sizeof(ret_answer->location)];

    TRY(text_format(&url, "%s%s", err, client->address, path));
    TRY(exchange(client, request, url, ret_answer, err));
    if (!may_follow(client, ret_answer, path))
        return SEALIFT_OK;
    memcpy(target, ret_answer->location, sizeof(target));
    vault_answer_done(ret_answer);
    return exchange(client, request, target, ret_answer, err);
}

/* Retries. */

static bool
is_passing(const struct vault_answer *answer)
{
    if (answer->status == 412 || answer->status == 429)
        return true;
    /* Vault 1.6.0 called a blob that does not authenticate a 500 (hashicorp/vault#10842): it never will. */
    return answer->status >= 500 && answer->status != 501 &&
           !vault_answer_says(answer, "message authentication failed");
}

static enum sealift_status
call_patiently(struct vault_client *client, const struct vault_request *request, const char *path,
               struct vault_answer *ret_answer, struct sealift_error *err)
{
    struct clock *clock = client->world->clock;
    struct backoff backoff = {FIRST_WAIT_NS, LONGEST_WAIT_NS, TRIES, 0};
    int64_t deadline = clock->mono_ns(clock) + PATIENCE_NS;

    for (unsigned tries = 1;; tries++) {
        enum sealift_status status = exchange_and_follow(client, request, path, ret_answer, err);
        bool passing = status == SEALIFT_UNAVAILABLE || (status == SEALIFT_OK && is_passing(ret_answer));

        if (!passing || request->once)
            return status;
        if (clock->mono_ns(clock) >= deadline || !backoff_wait(&backoff, client->world)) {
            TRY(world_check_cancel(client->world, err));
            return status == SEALIFT_OK ? status : error_hint(err, "gave up after %u tries", tries);
        }
        vault_answer_done(ret_answer);
    }
}

static void
log_warnings(const struct vault_client *client, const struct vault_answer *answer)
{
    const struct json *warnings = json_get(answer->json, "warnings");

    for (size_t i = 0; i < json_count(warnings); i++) {
        const char *text = json_string(json_at(warnings, i));

        if (text != NULL)
            world_log(client->world, LOG_WARNING, "Vault %s warns: %s", client->address, text);
    }
}

enum sealift_status
vault_client_call(struct vault_client *client, const struct vault_request *request, struct vault_answer *ret_answer,
                  struct sealift_error *err)
{
    SCOPED(buf_done) struct buf path = {0};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    const char *text;

    TRY(buf_append_text(&path, "/v1/", err));
    TRY(url_encode(bytes_of_text(request->path), true, &path, err));
    TRY(buf_text(&path, &text, err));
    TRY(call_patiently(client, request, text, &answer, err));
    log_warnings(client, &answer);
    *ret_answer = answer;
    answer = (struct vault_answer){0};
    return SEALIFT_OK;
}
