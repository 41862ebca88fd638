#include "vault_address.h"

#include "comma_list.h"
#include "error.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

static void
strip_slashes_at_end(char *text)
{
    for (size_t len = strlen(text); len > 0 && text[len - 1] == '/'; len--)
        text[len - 1] = '\0';
}

static void
name_server(struct vault_address *address)
{
    const char *authority = strstr(address->text, "://") + 3;

    snprintf(address->name, sizeof(address->name), "%.*s", (int)strcspn(authority, "/"), authority);
}

/* An address without a port means the scheme's. */
static const char *
port_of(const struct url *url)
{
    if (url->port[0] != '\0')
        return url->port;
    return strcmp(url->scheme, "https") == 0 ? "443" : "80";
}

static bool
is_in(const struct vault_address *list, size_t count, const struct url *url)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(list[i].url.host, url->host) == 0 && strcmp(port_of(&list[i].url), port_of(url)) == 0)
            return true;
    }
    return false;
}

static enum sealift_status
add(struct bytes text, struct vault_address list[VAULT_ADDRESS_MAX], size_t *count, struct sealift_error *err)
{
    struct vault_address address = {0};

    if (text.len == 0)
        return error_set(err, SEALIFT_INVALID, "address %zu is missing: write https://HOST:PORT,https://HOST:PORT",
                         *count + 1);
    if (text.len >= sizeof(address.text))
        return error_set(err, SEALIFT_INVALID, "an address is longer than %zu bytes", sizeof(address.text) - 1);
    memcpy(address.text, text.data, text.len);
    TRY(url_parse(address.text, &address.url, err));
    strip_slashes_at_end(address.text);
    name_server(&address);
    if (is_in(list, *count, &address.url))
        return error_set(err, SEALIFT_INVALID, "%s is named twice", address.name);
    if (*count == VAULT_ADDRESS_MAX)
        return error_set(err, SEALIFT_INVALID, "more than %d servers are named: leave some out", VAULT_ADDRESS_MAX);
    list[(*count)++] = address;
    return SEALIFT_OK;
}

enum sealift_status
vault_address_parse_list(const char *text, struct vault_address ret_list[VAULT_ADDRESS_MAX], size_t *ret_count,
                         struct sealift_error *err)
{
    struct bytes part;
    size_t count = 0;

    /* Looked at before the text is cut: a password may hold a comma. */
    if (strchr(text, ',') != NULL && strchr(text, '@') != NULL)
        return error_set(err, SEALIFT_INVALID,
                         "an address holds a user name or a password: leave it out, credentials are never taken from "
                         "an address");
    while (comma_list_next(&text, &part))
        TRY(add(part, ret_list, &count, err));
    *ret_count = count;
    return SEALIFT_OK;
}
