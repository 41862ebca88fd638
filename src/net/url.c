#include "url.h"

#include "error.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

static bool
is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 3986, section 2.3. */
static bool
is_unreserved(char c)
{
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

enum sealift_status
url_encode(struct bytes text, bool keep_slashes, struct buf *out, struct sealift_error *err)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.data[i];
        char escape[3] = {'%', digits[text.data[i] >> 4], digits[text.data[i] & 15]};

        if (is_unreserved(c) || (keep_slashes && c == '/'))
            TRY(buf_append(out, &c, 1, err));
        else
            TRY(buf_append(out, escape, sizeof(escape), err));
    }
    return SEALIFT_OK;
}

/* Copies `len` characters of `from`; false when they do not fit. */
static bool
copy_part(char *out, size_t size, const char *from, size_t len)
{
    if (len >= size)
        return false;
    memcpy(out, from, len);
    out[len] = '\0';
    return true;
}

static bool
is_host_name(const char *host)
{
    for (const char *c = host; *c != '\0'; c++)
        if (!is_alphanumeric(*c) && *c != '-' && *c != '.' && *c != '_')
            return false;
    return host[0] != '\0';
}

static bool
is_ipv6_address(const char *host)
{
    return host[0] != '\0' && host[strspn(host, "0123456789abcdefABCDEF:.")] == '\0';
}

static bool
is_port(const char *port)
{
    unsigned long number = strtoul(port, NULL, 10);

    return port[0] != '\0' && port[strspn(port, "0123456789")] == '\0' && number >= 1 && number <= 65535;
}

static bool
is_path(const char *path)
{
    for (const char *c = path; *c != '\0'; c++)
        if (*c <= ' ' || *c == 0x7f || *c == '?' || *c == '#')
            return false;
    return true;
}

/* host, or [IPv6 address]; *ret_rest points behind it. */
static enum sealift_status
parse_host(const char *text, const char *authority, struct url *url, const char **ret_rest, struct sealift_error *err)
{
    bool bracketed = authority[0] == '[';
    const char *host = authority + bracketed;
    size_t len = strcspn(host, bracketed ? "]/" : ":/");

    if (!copy_part(url->host, sizeof(url->host), host, len) ||
        !(bracketed ? is_ipv6_address(url->host) && host[len] == ']' : is_host_name(url->host)))
        return error_set(err, SEALIFT_INVALID, "%s: the host is missing or malformed", text);
    *ret_rest = host + len + bracketed;
    return SEALIFT_OK;
}

static enum sealift_status
parse_authority(const char *text, const char *authority, struct url *url, const char **ret_rest,
                struct sealift_error *err)
{
    const char *rest;
    size_t len;

    if (memchr(authority, '@', strcspn(authority, "/")) != NULL)
        return error_set(err, SEALIFT_INVALID,
                         "the address holds a user name or a password: leave it out, "
                         "credentials are never taken from an address");
    TRY(parse_host(text, authority, url, &rest, err));
    if (*rest == ':') {
        len = strcspn(++rest, "/");
        if (!copy_part(url->port, sizeof(url->port), rest, len) || !is_port(url->port))
            return error_set(err, SEALIFT_INVALID, "%s: the port is not a number from 1 to 65535", text);
        rest += len;
    }
    *ret_rest = rest;
    return SEALIFT_OK;
}

static enum sealift_status
parse_scheme(const char *text, struct url *url, const char **ret_rest, struct sealift_error *err)
{
    static const char *const schemes[] = {"http", "https"};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i]);

        if (strncasecmp(text, schemes[i], len) == 0 && strncmp(text + len, "://", 3) == 0) {
            memcpy(url->scheme, schemes[i], len + 1);
            *ret_rest = text + len + 3;
            return SEALIFT_OK;
        }
    }
    return error_set(err, SEALIFT_INVALID, "an address begins with http:// or https://");
}

enum sealift_status
url_parse(const char *text, struct url *ret_url, struct sealift_error *err)
{
    struct url url = {0};
    const char *rest;

    TRY(parse_scheme(text, &url, &rest, err));
    TRY(parse_authority(text, rest, &url, &rest, err));
    if (*rest != '\0' && (*rest != '/' || !is_path(rest)))
        return error_set(err, SEALIFT_INVALID, "%s: nothing but a path may follow the host and port", text);
    if (!copy_part(url.path, sizeof(url.path), rest, strlen(rest)))
        return error_set(err, SEALIFT_INVALID, "%s: the path is longer than %zu characters", text,
                         sizeof(url.path) - 1);
    *ret_url = url;
    return SEALIFT_OK;
}
