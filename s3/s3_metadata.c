#include "s3_metadata.h"

#include "error.h"
#include "http.h"
#include "json.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

#define CONTAINER_URL "http://169.254.170.2"
#define INSTANCE_URL  "http://169.254.169.254"
#define ROLE_PATH     "/latest/meta-data/iam/security-credentials/"

static const char *
read_variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static struct bytes
text_of(const struct json *object, const char *key)
{
    const char *text = json_string(json_get(object, key));

    return text != NULL ? bytes_of_text(text) : (struct bytes){0};
}

/* The JSON that both services answer with. */
static enum sealift_status
read_credentials(const char *url, const struct http_answer *answer, struct s3_credentials *ret_credentials,
                 struct sealift_error *err)
{
    SCOPED(json_free) struct json *json = NULL;
    const char *expiration;
    int64_t expires_ns = S3_NEVER_EXPIRES;

    TRY(json_parse(buf_bytes(&answer->text), url, &json, err));
    expiration = json_string(json_get(json, "Expiration"));
    if (expiration != NULL && !time_parse(expiration, &expires_ns))
        return error_set(err, SEALIFT_CORRUPT, "%s: the credentials expire at no time that can be read: %s", url,
                         expiration);
    return s3_credentials_make(url, text_of(json, "AccessKeyId"), text_of(json, "SecretAccessKey"),
                               text_of(json, "Token"), expires_ns, ret_credentials, err);
}

/* Nothing but this machine and its neighbours is asked: what does not answer at once is not there. */
static enum sealift_status
make_client(const struct world *world, struct http_client **ret_client, struct sealift_error *err)
{
    const struct http_client_options options = {
        .connect_timeout_ns = NS_PER_S,
        .total_timeout_ns = 5 * NS_PER_S,
        .direct = true,
    };

    return http_client_new(world, &options, ret_client, err);
}

/* --- The container's service --- */

static bool
is_neighbour(const struct url *url)
{
    static const char *const hosts[] = {
        "localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23",
    };

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        if (strcasecmp(url->host, hosts[i]) == 0)
            return true;
    return strncmp(url->host, "127.", 4) == 0 && url->host[strspn(url->host, "0123456789.")] == '\0';
}

static enum sealift_status
find_container_url(char **ret_url, struct sealift_error *err)
{
    const char *relative = read_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = read_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    char *query_at;
    SCOPED(free_done) char *address = NULL;
    struct url url;

    if (relative != NULL)
        return text_format(ret_url, CONTAINER_URL "%s", err, relative);
    if (full == NULL) {
        *ret_url = NULL;
        return SEALIFT_OK;
    }
    TRY(text_copy(full, &address, err));
    query_at = strchr(address, '?');
    if (query_at != NULL)
        *query_at = '\0';
    TRY(url_parse(address, &url, err));
    if (strcmp(url.scheme, "https") != 0 && !is_neighbour(&url))
        return error_set(err, SEALIFT_DENIED,
                         "$AWS_CONTAINER_CREDENTIALS_FULL_URI leads to %s without TLS: only https:// may leave this "
                         "machine",
                         url.host);
    return text_copy(full, ret_url, err);
}

static enum sealift_status
find_container_token(const struct world *world, struct secret **ret_token, struct sealift_error *err)
{
    const char *file = read_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = read_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");

    if (file != NULL)
        return secret_from_file(world, file, ret_token, err);
    return token != NULL ? secret_copy(bytes_of_text(token), ret_token, err) : SEALIFT_OK;
}

enum sealift_status
s3_metadata_container(const struct world *world, bool *ret_found, struct s3_credentials *ret_credentials,
                      struct sealift_error *err)
{
    SCOPED(free_done) char *url = NULL;
    SCOPED(secret_free) struct secret *token = NULL;
    SCOPED(http_client_free) struct http_client *client = NULL;
    SCOPED(http_answer_done) struct http_answer answer = {0};
    struct http_request request = {.method = "GET"};

    TRY(find_container_url(&url, err));
    if (url == NULL) {
        *ret_found = false;
        return SEALIFT_OK;
    }
    TRY(find_container_token(world, &token, err));
    TRY(make_client(world, &client, err));
    request.url = url;
    if (token != NULL)
        request.secret_header = (struct http_header){"authorization", secret_text(token)};
    TRY(http_perform(client, &request, &answer, err));
    if (answer.status != 200)
        return error_set(err, answer.status / 100 == 5 ? SEALIFT_UNAVAILABLE : SEALIFT_DENIED,
                         "%s: the container's credentials service answered %d", url, answer.status);
    TRY(read_credentials(url, &answer, ret_credentials, err));
    *ret_found = true;
    return SEALIFT_OK;
}

/* --- The instance's service --- */

struct instance {
    struct http_client *client;
    const char *url;
    struct http_answer token; /* its text, for as long as the others are asked */
};

static void
instance_done(struct instance *instance)
{
    http_client_free(&instance->client);
    http_answer_done(&instance->token);
}

/* IMDSv2: a PUT first, whose answer goes with every further request. An old service's 404, or silence, means that it is
 * not there. */
static enum sealift_status
open_session(struct instance *instance, bool *ret_found, struct sealift_error *err)
{
    SCOPED(free_done) char *url = NULL;
    struct http_request request = {
        .method = "PUT",
        .headers = {{"x-aws-ec2-metadata-token-ttl-seconds", "300"}},
        .header_count = 1,
    };
    enum sealift_status status;

    TRY(text_format(&url, "%s/latest/api/token", err, instance->url));
    request.url = url;
    status = http_perform(instance->client, &request, &instance->token, err);
    *ret_found = status == SEALIFT_OK && instance->token.status == 200;
    return status == SEALIFT_CANCELLED ? status : SEALIFT_OK;
}

static enum sealift_status
ask(struct instance *instance, const char *path, struct http_answer *ret_answer, struct sealift_error *err)
{
    SCOPED(free_done) char *url = NULL;
    struct http_request request = {.method = "GET"};
    const char *token;

    TRY(text_format(&url, "%s%s", err, instance->url, path));
    TRY(buf_text(&instance->token.text, &token, err));
    request.url = url;
    request.secret_header = (struct http_header){"x-aws-ec2-metadata-token", token};
    TRY(http_perform(instance->client, &request, ret_answer, err));
    if (ret_answer->status / 100 == 5)
        return error_set(err, SEALIFT_UNAVAILABLE, "%s: answered %d", url, ret_answer->status);
    return SEALIFT_OK;
}

/* Where the credentials of the machine's role are; NULL: it has none. */
static enum sealift_status
find_role_path(struct instance *instance, char **ret_path, struct sealift_error *err)
{
    SCOPED(http_answer_done) struct http_answer answer = {0};
    SCOPED(buf_done) struct buf path = {0};
    const char *roles;
    size_t len; /* of the first line: there is never more than one role */

    TRY(ask(instance, ROLE_PATH, &answer, err));
    TRY(buf_text(&answer.text, &roles, err));
    len = strcspn(roles, "\r\n");
    if (answer.status != 200 || len == 0) {
        *ret_path = NULL;
        return SEALIFT_OK;
    }
    TRY(buf_append_text(&path, ROLE_PATH, err));
    TRY(url_encode((struct bytes){(const uint8_t *)roles, len}, false, &path, err));
    return buf_steal_text(&path, ret_path, err);
}

enum sealift_status
s3_metadata_instance(const struct world *world, bool *ret_found, struct s3_credentials *ret_credentials,
                     struct sealift_error *err)
{
    const char *disabled = read_variable("AWS_EC2_METADATA_DISABLED");
    const char *url = read_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    SCOPED(instance_done) struct instance instance = {.url = url != NULL ? url : INSTANCE_URL};
    SCOPED(http_answer_done) struct http_answer answer = {0};
    SCOPED(free_done) char *path = NULL;
    bool found = disabled == NULL || strcasecmp(disabled, "true") != 0;

    TRY(make_client(world, &instance.client, err));
    if (found)
        TRY(open_session(&instance, &found, err));
    if (found)
        TRY(find_role_path(&instance, &path, err));
    if (path == NULL) {
        *ret_found = false;
        return SEALIFT_OK;
    }
    TRY(ask(&instance, path, &answer, err));
    if (answer.status != 200)
        return error_set(err, SEALIFT_DENIED, "%s%s: the instance metadata answered %d", instance.url, path,
                         answer.status);
    TRY(read_credentials(instance.url, &answer, ret_credentials, err));
    *ret_found = true;
    return SEALIFT_OK;
}
