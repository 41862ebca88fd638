#include "s3_sign.h"

#include "digest.h"
#include "error.h"
#include "scoped.h"
#include "text.h"

#include <string.h>
#include <time.h>

#define ALGORITHM      "AWS4-HMAC-SHA256"
#define DATE_LEN       8 /* of a time: "20150830" */
#define MAX_HEADERS    (HTTP_MAX_HEADERS + 1)
#define MAX_PARAMETERS 32

void
s3_sign_time(int64_t wall_ns, char out[S3_SIGN_TIME_SIZE])
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm broken;

    gmtime_r(&seconds, &broken);
    strftime(out, S3_SIGN_TIME_SIZE, "%Y%m%dT%H%M%SZ", &broken);
}

/* --- The canonical request --- */

/* Headers by name; those of one name stay in their order. */
static size_t
sort_headers(const struct s3_sign_request *request, const struct http_header *sorted[MAX_HEADERS])
{
    size_t count = 0;

    for (size_t i = 0; i < request->header_count && i < MAX_HEADERS; i++) {
        size_t at = count++;

        for (; at > 0 && strcasecmp(sorted[at - 1]->name, request->headers[i].name) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = &request->headers[i];
    }
    return count;
}

static bool
repeats_name(const struct http_header *const *sorted, size_t i)
{
    return i > 0 && strcasecmp(sorted[i - 1]->name, sorted[i]->name) == 0;
}

static enum sealift_status
append_lower(struct buf *out, const char *name, struct sealift_error *err)
{
    for (; *name != '\0'; name++) {
        char lower = *name >= 'A' && *name <= 'Z' ? (char)(*name | 0x20) : *name;

        TRY(buf_append(out, &lower, 1, err));
    }
    return SEALIFT_OK;
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without white space at its ends, and with single spaces inside. */
static enum sealift_status
append_value(struct buf *out, const char *value, struct sealift_error *err)
{
    bool first = true;

    while (*value != '\0') {
        size_t len = 0;

        while (is_space(*value))
            value++;
        while (value[len] != '\0' && !is_space(value[len]))
            len++;
        if (len > 0 && !first)
            TRY(buf_append_text(out, " ", err));
        TRY(buf_append(out, value, len, err));
        first = first && len == 0;
        value += len;
    }
    return SEALIFT_OK;
}

static enum sealift_status
append_headers(struct buf *out, const struct http_header *const *sorted, size_t count, struct sealift_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (repeats_name(sorted, i)) {
            TRY(buf_append_text(out, ",", err));
        } else {
            TRY(buf_append_text(out, i > 0 ? "\n" : "", err));
            TRY(append_lower(out, sorted[i]->name, err));
            TRY(buf_append_text(out, ":", err));
        }
        TRY(append_value(out, sorted[i]->value, err));
    }
    return buf_append_text(out, "\n", err);
}

static enum sealift_status
append_signed_headers(struct buf *out, const struct http_header *const *sorted, size_t count, struct sealift_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (repeats_name(sorted, i))
            continue;
        TRY(buf_append_text(out, i > 0 ? ";" : "", err));
        TRY(append_lower(out, sorted[i]->name, err));
    }
    return SEALIFT_OK;
}

struct parameter {
    struct bytes name;
    struct bytes value;
};

static int
compare_bytes(struct bytes a, struct bytes b)
{
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static bool
sorts_after(const struct parameter *a, const struct parameter *b)
{
    int order = compare_bytes(a->name, b->name);

    return order > 0 || (order == 0 && compare_bytes(a->value, b->value) > 0);
}

static struct parameter
split_parameter(const char *text, size_t len)
{
    const char *equals = memchr(text, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - text) : len;
    const char *value = equals != NULL ? equals + 1 : text + len;

    return (struct parameter){
        .name = {(const uint8_t *)text, name_len},
        .value = {(const uint8_t *)value, (size_t)(text + len - value)},
    };
}

static enum sealift_status
append_query(struct buf *out, const char *query, struct sealift_error *err)
{
    struct parameter sorted[MAX_PARAMETERS];
    size_t count = 0;

    for (size_t len; *query != '\0'; query += len + (query[len] == '&')) {
        struct parameter parameter;
        size_t at;

        len = strcspn(query, "&");
        if (count == MAX_PARAMETERS)
            return error_set(err, SEALIFT_INTERNAL, "a query of more than %d parameters", MAX_PARAMETERS);
        parameter = split_parameter(query, len);
        for (at = count++; at > 0 && sorts_after(&sorted[at - 1], &parameter); at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = parameter;
    }
    for (size_t i = 0; i < count; i++) {
        TRY(buf_append_text(out, i > 0 ? "&" : "", err));
        TRY(buf_append_bytes(out, sorted[i].name, err));
        TRY(buf_append_text(out, "=", err));
        TRY(buf_append_bytes(out, sorted[i].value, err));
    }
    return SEALIFT_OK;
}

/* At once, so that growing leaves no copies of the session token behind. */
static enum sealift_status
reserve_all(const struct s3_sign_request *request, struct buf *out, struct sealift_error *err)
{
    size_t room = strlen(request->path) + 512;

    if (request->query != NULL)
        room += strlen(request->query) + MAX_PARAMETERS;
    for (size_t i = 0; i < request->header_count; i++)
        room += 2 * strlen(request->headers[i].name) + strlen(request->headers[i].value) + 3;
    return buf_reserve(out, room, err);
}

enum sealift_status
s3_sign_canonical_request(const struct s3_sign_request *request, struct buf *out, struct sealift_error *err)
{
    const struct http_header *sorted[MAX_HEADERS];
    size_t count = sort_headers(request, sorted);

    if (request->header_count > MAX_HEADERS)
        return error_set(err, SEALIFT_INTERNAL, "a request of more than %d headers", MAX_HEADERS);
    TRY(reserve_all(request, out, err));
    TRY(buf_printf(out, "%s\n%s\n", err, request->method, request->path));
    TRY(append_query(out, request->query != NULL ? request->query : "", err));
    TRY(buf_append_text(out, "\n", err));
    TRY(append_headers(out, sorted, count, err));
    TRY(buf_append_text(out, "\n", err));
    TRY(append_signed_headers(out, sorted, count, err));
    return buf_printf(out, "\n%s", err, request->payload_hash);
}

/* --- What is signed, and the signature --- */

static enum sealift_status
append_scope(struct buf *out, const struct s3_sign_scope *scope, struct sealift_error *err)
{
    return buf_printf(out, "%.*s/%s/%s/aws4_request", err, DATE_LEN, scope->time, scope->region, scope->service);
}

enum sealift_status
s3_sign_string_to_sign(const struct s3_sign_scope *scope, struct bytes canonical_request, struct buf *out,
                       struct sealift_error *err)
{
    uint8_t digest[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];

    TRY(sha256(canonical_request, digest, err));
    hex_encode(BYTES_OF(digest), hex);
    TRY(buf_printf(out, ALGORITHM "\n%s\n", err, scope->time));
    TRY(append_scope(out, scope, err));
    return buf_printf(out, "\n%s", err, hex);
}

/* *key becomes HMAC(*key, text). */
static enum sealift_status
derive(struct secret **key, struct bytes text, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *next = NULL;

    TRY(secret_new(SHA256_SIZE, &next, err));
    TRY(hmac_sha256(secret_bytes(*key), text, next->bytes, err));
    secret_free(key);
    *key = TAKE(next);
    return SEALIFT_OK;
}

static enum sealift_status
derive_signing_key(const struct secret *secret_key, const struct s3_sign_scope *scope, struct secret **ret_key,
                   struct sealift_error *err)
{
    static const char prefix[] = "AWS4";
    const size_t prefix_len = sizeof(prefix) - 1;
    SCOPED(secret_free) struct secret *key = NULL;

    TRY(secret_new(prefix_len + secret_key->len, &key, err));
    memcpy(key->bytes, prefix, prefix_len);
    memcpy(key->bytes + prefix_len, secret_key->bytes, secret_key->len);
    TRY(derive(&key, (struct bytes){(const uint8_t *)scope->time, DATE_LEN}, err));
    TRY(derive(&key, bytes_of_text(scope->region), err));
    TRY(derive(&key, bytes_of_text(scope->service), err));
    TRY(derive(&key, bytes_of_text("aws4_request"), err));
    *ret_key = TAKE(key);
    return SEALIFT_OK;
}

enum sealift_status
s3_sign(const struct s3_credentials *credentials, const struct s3_sign_scope *scope,
        const struct s3_sign_request *request, struct buf *out, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf canonical = {.wipe = true};
    SCOPED(buf_done) struct buf to_sign = {0};
    SCOPED(secret_free) struct secret *key = NULL;
    const struct http_header *sorted[MAX_HEADERS];
    uint8_t signature[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];

    TRY(s3_sign_canonical_request(request, &canonical, err));
    TRY(s3_sign_string_to_sign(scope, buf_bytes(&canonical), &to_sign, err));
    TRY(derive_signing_key(credentials->secret_key, scope, &key, err));
    TRY(hmac_sha256(secret_bytes(key), buf_bytes(&to_sign), signature, err));
    hex_encode(BYTES_OF(signature), hex);

    TRY(buf_printf(out, ALGORITHM " Credential=%s/", err, credentials->access_key_id));
    TRY(append_scope(out, scope, err));
    TRY(buf_append_text(out, ", SignedHeaders=", err));
    TRY(append_signed_headers(out, sorted, sort_headers(request, sorted), err));
    return buf_printf(out, ", Signature=%s", err, hex);
}
