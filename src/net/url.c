#include "url.h"

#include "error.h"
#include "scoped.h"

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

static bool
is_path(const char *path)
{
    for (const char *c = path; *c != '\0'; c++)
        if (*c <= ' ' || *c == 0x7f || *c == '?' || *c == '#')
            return false;
    return true;
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
    if (!authority_read_host(authority, url->host, &rest) || strchr(url->host, '%') != NULL)
        return error_set(err, SEALIFT_INVALID, "%s: the host is missing or malformed", text);
    if (*rest == ':') {
        len = strcspn(++rest, "/");
        if (!authority_read_port(rest, len, url->port))
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
    if (strlen(rest) >= sizeof(url.path))
        return error_set(err, SEALIFT_INVALID, "%s: the path is longer than %zu characters", text,
                         sizeof(url.path) - 1);
    memcpy(url.path, rest, strlen(rest) + 1);
    *ret_url = url;
    return SEALIFT_OK;
}
