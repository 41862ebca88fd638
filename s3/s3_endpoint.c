#include "s3_endpoint.h"

#include "error.h"
#include "scoped.h"
#include "url.h"

#include <stdio.h>
#include <string.h>

/* Amazon's rules are stricter, but other stores have buckets with capitals and underscores. */
static bool
is_bucket_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    return len > 0 && len <= 255 && name[len] == '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static bool
is_virtual_hosted(const char *bucket, const char *address, enum s3_style style)
{
    if (style != S3_STYLE_AUTO)
        return style == S3_STYLE_VIRTUAL;
    /* A dot in the bucket's name would be one label more than Amazon's wildcard certificate covers. */
    return address == NULL && strchr(bucket, '.') == NULL;
}

static enum sealift_status
parse_address(const char *address, const char *region, struct url *ret_url, struct sealift_error *err)
{
    SCOPED(free_done) char *amazon = NULL;

    if (address != NULL && url_parse(address, ret_url, err) != SEALIFT_OK)
        return error_prefix(err, "the endpoint");
    if (address != NULL)
        return SEALIFT_OK;
    TRY(text_format(&amazon, "https://s3.%s.amazonaws.com%s", err, region,
                    strncmp(region, "cn-", 3) == 0 ? ".cn" : ""));
    return url_parse(amazon, ret_url, err);
}

static bool
is_default_port(const struct url *url)
{
    return url->port[0] == '\0' || strcmp(url->port, strcmp(url->scheme, "https") == 0 ? "443" : "80") == 0;
}

enum sealift_status
s3_endpoint_make(const char *bucket, const char *address, const char *region, enum s3_style style,
                 struct s3_endpoint *ret_endpoint, struct sealift_error *err)
{
    bool in_host = is_virtual_hosted(bucket, address, style);
    struct s3_endpoint endpoint = {0};
    const char *brackets;
    size_t base_len;
    struct url url;

    if (!is_bucket_name(bucket))
        return error_set(err, SEALIFT_INVALID, "%s: no name for a bucket: letters, digits, '.', '_' and '-' are",
                         bucket);
    TRY(parse_address(address, region, &url, err));
    brackets = strchr(url.host, ':') != NULL ? "[]" : "";
    snprintf(endpoint.scheme, sizeof(endpoint.scheme), "%s", url.scheme);
    snprintf(endpoint.host, sizeof(endpoint.host), "%s%s%.1s%s%s%s%s", in_host ? bucket : "", in_host ? "." : "",
             brackets, url.host, brackets[0] != '\0' ? brackets + 1 : "", is_default_port(&url) ? "" : ":",
             is_default_port(&url) ? "" : url.port);
    base_len = strlen(url.path);
    while (base_len > 0 && url.path[base_len - 1] == '/')
        base_len--;
    snprintf(endpoint.path, sizeof(endpoint.path), "%.*s%s%s", (int)base_len, url.path, in_host ? "" : "/",
             in_host ? "" : bucket);
    *ret_endpoint = endpoint;
    return SEALIFT_OK;
}

enum sealift_status
s3_endpoint_path(const struct s3_endpoint *endpoint, const char *key, struct buf *out, struct sealift_error *err)
{
    TRY(buf_append_text(out, endpoint->path, err));
    if (key == NULL)
        return endpoint->path[0] != '\0' ? SEALIFT_OK : buf_append_text(out, "/", err);
    TRY(buf_append_text(out, "/", err));
    return url_encode(bytes_of_text(key), true, out, err);
}
