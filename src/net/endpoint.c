#include "endpoint.h"

#include "comma_list.h"
#include "error.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

static bool
is_bare_ipv6(const char *text)
{
    return text[0] != '[' && strchr(text, ':') != strrchr(text, ':');
}

static enum sealift_status
parse_one(const char *text, struct endpoint *ret_endpoint, struct sealift_error *err)
{
    struct endpoint endpoint = {0};
    const char *rest;

    if (strstr(text, "://") != NULL)
        return error_set(err, SEALIFT_INVALID, "server \"%s\": write HOST:PORT, without a scheme", text);
    if (is_bare_ipv6(text))
        return error_set(err, SEALIFT_INVALID, "server \"%s\": write an IPv6 address in brackets: [2001:db8::1]:5696",
                         text);
    if (!authority_read_host(text, endpoint.host, &rest))
        return error_set(err, SEALIFT_INVALID, "server \"%s\": the host is missing or malformed; write HOST:PORT",
                         text);
    if (rest[0] == '/')
        return error_set(err, SEALIFT_INVALID, "server \"%s\": write HOST:PORT, without a path", text);
    if (rest[0] != ':')
        return error_set(err, SEALIFT_INVALID, "server \"%s\": the port is missing; KMIP's usual one is 5696", text);
    if (!authority_read_port(rest + 1, strlen(rest + 1), endpoint.port))
        return error_set(err, SEALIFT_INVALID, "server \"%s\": the port is not a number from 1 to 65535", text);
    *ret_endpoint = endpoint;
    return SEALIFT_OK;
}

static bool
is_in(const struct endpoint *list, size_t count, const struct endpoint *endpoint)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(list[i].host, endpoint->host) == 0 && strcmp(list[i].port, endpoint->port) == 0)
            return true;
    }
    return false;
}

static enum sealift_status
add(struct bytes text, struct endpoint list[ENDPOINT_LIST_MAX], size_t *count, struct sealift_error *err)
{
    char one[ENDPOINT_TEXT_SIZE + 64];
    struct endpoint endpoint;

    if (text.len == 0)
        return error_set(err, SEALIFT_INVALID, "server %zu is missing: write HOST:PORT, or HOST:PORT,HOST:PORT",
                         *count + 1);
    if (text.len >= sizeof(one))
        return error_set(err, SEALIFT_INVALID, "a server's HOST:PORT is longer than %zu bytes", sizeof(one) - 1);
    snprintf(one, sizeof(one), "%.*s", (int)text.len, (const char *)text.data);
    TRY(parse_one(one, &endpoint, err));
    if (is_in(list, *count, &endpoint))
        return error_set(err, SEALIFT_INVALID, "server \"%s\" is named twice", one);
    if (*count == ENDPOINT_LIST_MAX)
        return error_set(err, SEALIFT_INVALID, "more than %d servers are named: leave some out", ENDPOINT_LIST_MAX);
    list[(*count)++] = endpoint;
    return SEALIFT_OK;
}

enum sealift_status
endpoint_parse_list(const char *text, struct endpoint ret_list[ENDPOINT_LIST_MAX], size_t *ret_count,
                    struct sealift_error *err)
{
    struct endpoint list[ENDPOINT_LIST_MAX];
    struct bytes part;
    size_t count = 0;

    /* Looked at before the text is cut: a password may hold a comma. */
    if (strchr(text, '@') != NULL)
        return error_set(err, SEALIFT_INVALID,
                         "the server's address holds a user name or a password: leave it out, credentials are never "
                         "taken from an address");
    while (comma_list_next(&text, &part))
        TRY(add(part, list, &count, err));
    memcpy(ret_list, list, count * sizeof(list[0]));
    *ret_count = count;
    return SEALIFT_OK;
}

void
endpoint_format(const struct endpoint *endpoint, char out[ENDPOINT_TEXT_SIZE])
{
    bool ipv6 = strchr(endpoint->host, ':') != NULL;

    snprintf(out, ENDPOINT_TEXT_SIZE, "%s%s%s:%s", ipv6 ? "[" : "", endpoint->host, ipv6 ? "]" : "", endpoint->port);
}
