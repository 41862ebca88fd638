#include "vault_server.h"

#include "error.h"
#include "patience.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

static bool
is_this_machine(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

bool
vault_server_is_exposed(const struct vault_server *server)
{
    const struct url *url = &server->address.url;

    return strcmp(url->scheme, "http") == 0 && !is_this_machine(url->host);
}

/* One exchange, with the server or with whom it sent us to. */

static void
add_header(struct http_request *http, const char *name, const char *value)
{
    http->headers[http->header_count++] = (struct http_header){name, value};
}

/* In seconds, or the moment itself (RFC 9110, section 10.2.3). */
static int64_t
read_retry_after(const struct vault_server *server, const struct http_answer *raw)
{
    struct clock *clock = server->world->clock;
    char text[64];
    int64_t seconds = 0, moment;

    if (!http_answer_header(raw, "retry-after", text, sizeof(text)))
        return 0;
    if (http_date_parse(text, &moment))
        return moment > clock->wall_ns(clock) ? moment - clock->wall_ns(clock) : 0;
    for (const char *c = text; *c >= '0' && *c <= '9' && seconds < INT32_MAX; c++)
        seconds = seconds * 10 + (*c - '0');
    return seconds * NS_PER_S;
}

/* HOST:PORT of the URL: neither the path nor the query belongs in a message. */
static void
copy_name(const char *url, char out[ENDPOINT_TEXT_SIZE])
{
    const char *authority = strstr(url, "://") + 3;

    snprintf(out, ENDPOINT_TEXT_SIZE, "%.*s", (int)strcspn(authority, "/"), authority);
}

/* `address` is the beginning of the URL. A failure's message begins with "HOST:PORT: ". */
static enum sealift_status
exchange(const struct vault_server *server, const struct vault_request *request, const char *url, size_t address_len,
         struct vault_answer *ret_answer, struct sealift_error *err)
{
    SCOPED(http_answer_done) struct http_answer raw = {0};
    struct http_request http = {
        .method = request->method,
        .url = url,
        .body = request->body,
        .timeout_ns = patience_for_request(server->world, request->pace.until_ns),
    };
    const char *name_space = request->of_login ? server->login_name_space : server->name_space;
    char name[ENDPOINT_TEXT_SIZE];
    enum sealift_status status;

    add_header(&http, "X-Vault-Request", "true"); /* an Agent or Proxy may insist on it */
    if (name_space[0] != '\0' && !request->outside_namespaces)
        add_header(&http, "X-Vault-Namespace", name_space);
    if (request->body.len > 0)
        add_header(&http, "Content-Type", "application/json");
    if (request->token != NULL)
        http.secret_header = (struct http_header){"X-Vault-Token", secret_text(request->token)};

    copy_name(url, name);
    status = http_perform(server->http, &http, &raw, err);
    if (status == SEALIFT_CORRUPT) /* longer than any answer of Vault's */
        return error_set(err, SEALIFT_INVALID, "%s: what answers there is no Vault or OpenBao: check the address",
                         name);
    TRY(status);
    TRY(vault_answer_read(raw.status, buf_bytes(&raw.text), name, ret_answer, err));
    http_answer_header(&raw, "location", ret_answer->location, sizeof(ret_answer->location));
    snprintf(ret_answer->address, sizeof(ret_answer->address), "%.*s", (int)address_len, url);
    ret_answer->retry_after_ns = read_retry_after(server, &raw);
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
may_follow(const struct vault_server *server, const struct vault_answer *answer, const char *path)
{
    struct sealift_error ignored;
    struct url target;

    if (answer->status != 307 || url_parse(answer->location, &target, &ignored) != SEALIFT_OK)
        return false;
    return (strcmp(target.scheme, "https") == 0 || strcmp(target.scheme, server->address.url.scheme) == 0) &&
           ends_with(target.path, path);
}

static enum sealift_status
ask_and_follow(const struct vault_server *server, const struct vault_request *request, const char *path,
               struct vault_answer *ret_answer, struct sealift_error *err)
{
    SCOPED(free_done) char *url = NULL;
    char target[sizeof(ret_answer->location)];

    TRY(text_format(&url, "%s%s", err, server->address.text, path));
    if (exchange(server, request, url, strlen(server->address.text), ret_answer, err) != SEALIFT_OK)
        return error_prefix(err, "Vault");
    if (!may_follow(server, ret_answer, path))
        return SEALIFT_OK;
    memcpy(target, ret_answer->location, sizeof(target));
    vault_answer_done(ret_answer);
    if (exchange(server, request, target, strlen(target) - strlen(path), ret_answer, err) != SEALIFT_OK)
        return error_prefix(err, "Vault: %s: it is a standby and sends us to the active server", server->address.name);
    return SEALIFT_OK;
}

enum sealift_status
vault_server_ask(const struct vault_server *server, const struct vault_request *request,
                 struct vault_answer *ret_answer, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf path = {0};
    const char *text;

    TRY(buf_append_text(&path, "/v1/", err));
    TRY(url_encode(bytes_of_text(request->path), true, &path, err));
    TRY(buf_text(&path, &text, err));
    return ask_and_follow(server, request, text, ret_answer, err);
}
