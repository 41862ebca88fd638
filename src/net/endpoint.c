#include "endpoint.h"

#include "error.h"
#include "scoped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool
copy_part(char *out, size_t size, const char *text, size_t len)
{
    if (len >= size)
        return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}

static bool
holds_only(const char *text, const char *allowed)
{
    return text[0] != '\0' && text[strspn(text, allowed)] == '\0';
}

static bool
is_port(const char *port)
{
    unsigned long number = strtoul(port, NULL, 10);

    return holds_only(port, "0123456789") && number >= 1 && number <= 65535;
}

static enum sealift_status
parse_one(const char *text, struct endpoint *ret_endpoint, struct sealift_error *err)
{
    struct endpoint endpoint = {0};
    bool bracketed = text[0] == '[';
    const char *host = text + bracketed;
    size_t len = strcspn(host, bracketed ? "]" : ":");
    const char *rest = host + len + (bracketed && host[len] == ']');

    if (strstr(text, "://") != NULL)
        return error_set(err, SEALIFT_INVALID, "server \"%s\": write HOST:PORT, without a scheme", text);
    if (!bracketed && len > 0 && rest[0] == ':' && strchr(rest + 1, ':') != NULL)
        return error_set(err, SEALIFT_INVALID, "server \"%s\": write an IPv6 address in brackets: [2001:db8::1]:5696",
                         text);
    if (!copy_part(endpoint.host, sizeof(endpoint.host), host, len) ||
        !holds_only(endpoint.host, bracketed ? "0123456789abcdefABCDEF:.%" : LETTERS_AND_DIGITS ".-_"))
        return error_set(err, SEALIFT_INVALID, "server \"%s\": the host is missing or malformed; write HOST:PORT",
                         text);
    if (rest[0] != ':')
        return error_set(err, SEALIFT_INVALID, "server \"%s\": the port is missing; KMIP's usual one is 5696", text);
    if (!copy_part(endpoint.port, sizeof(endpoint.port), rest + 1, strlen(rest + 1)) || !is_port(endpoint.port))
        return error_set(err, SEALIFT_INVALID, "server \"%s\": the port is not a number from 1 to 65535", text);
    *ret_endpoint = endpoint;
    return SEALIFT_OK;
}

static bool
is_in(const struct endpoint *list, size_t count, const struct endpoint *endpoint)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].host, endpoint->host) == 0 && strcmp(list[i].port, endpoint->port) == 0)
            return true;
    }
    return false;
}

static enum sealift_status
add(const char *text, size_t len, struct endpoint list[ENDPOINT_LIST_MAX], size_t *count, struct sealift_error *err)
{
    char one[ENDPOINT_TEXT_SIZE + 64];
    struct endpoint endpoint;

    while (len > 0 && text[0] == ' ')
        text++, len--;
    while (len > 0 && text[len - 1] == ' ')
        len--;
    if (!copy_part(one, sizeof(one), text, len))
        return error_set(err, SEALIFT_INVALID, "a server's HOST:PORT is longer than %zu bytes", sizeof(one) - 1);
    TRY(parse_one(one, &endpoint, err));
    if (is_in(list, *count, &endpoint))
        return error_set(err, SEALIFT_INVALID, "server \"%s\" is named twice", one);
    if (*count == ENDPOINT_LIST_MAX)
        return error_set(err, SEALIFT_INVALID, "more than %d servers", ENDPOINT_LIST_MAX);
    list[(*count)++] = endpoint;
    return SEALIFT_OK;
}

enum sealift_status
endpoint_parse_list(const char *text, struct endpoint ret_list[ENDPOINT_LIST_MAX], size_t *ret_count,
                    struct sealift_error *err)
{
    size_t count = 0;

    for (;;) {
        size_t len = strcspn(text, ",");

        TRY(add(text, len, ret_list, &count, err));
        if (text[len] == '\0')
            break;
        text += len + 1;
    }
    *ret_count = count;
    return SEALIFT_OK;
}

void
endpoint_format(const struct endpoint *endpoint, char out[ENDPOINT_TEXT_SIZE])
{
    bool ipv6 = strchr(endpoint->host, ':') != NULL;

    snprintf(out, ENDPOINT_TEXT_SIZE, "%s%s%s:%s", ipv6 ? "[" : "", endpoint->host, ipv6 ? "]" : "", endpoint->port);
}
