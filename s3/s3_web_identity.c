#include "s3_web_identity.h"

#include "backoff.h"
#include "error.h"
#include "http.h"
#include "s3_error.h"
#include "scoped.h"
#include "xml.h"

#include <stdlib.h>
#include <string.h>

static enum sealift_status
service_url(const char *region, char **ret_url, struct sealift_error *err)
{
    const char *given = getenv("AWS_ENDPOINT_URL_STS");

    if (given != NULL && given[0] != '\0')
        return text_copy(given, ret_url, err);
    if (region == NULL)
        return text_copy("https://sts.amazonaws.com/", ret_url, err);
    return text_format(ret_url, "https://sts.%s.amazonaws.com%s/", err, region,
                       strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
}

static enum sealift_status
add_field(struct buf *form, const char *name, struct bytes value, struct sealift_error *err)
{
    TRY(buf_printf(form, "&%s=", err, name));
    return url_encode(value, false, form, err);
}

static enum sealift_status
make_form(const struct world *world, const struct s3_web_identity *identity, struct buf *form,
          struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *token = NULL;
    const char *session_name = identity->session_name != NULL ? identity->session_name : "sealift";

    TRY(secret_from_file(world, identity->token_file, &token, err));
    TRY(buf_append_text(form, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15", err));
    TRY(add_field(form, "RoleArn", bytes_of_text(identity->role_arn), err));
    TRY(add_field(form, "RoleSessionName", bytes_of_text(session_name), err));
    return add_field(form, "WebIdentityToken", secret_bytes(token), err);
}

static enum sealift_status
read_credentials(const char *url, const struct http_answer *answer, struct s3_credentials *ret_credentials,
                 struct sealift_error *err)
{
    SCOPED(xml_free) struct xml *xml = NULL;
    SCOPED(buf_done) struct buf secret = {.wipe = true}, token = {.wipe = true}, id = {0}, expiration = {0};
    const struct xml_node *node;
    const char *expires;
    int64_t expires_ns;

    TRY(xml_parse(buf_bytes(&answer->text), url, &xml, err));
    node = xml_child(xml_child(xml_root(xml), "AssumeRoleWithWebIdentityResult"), "Credentials");
    if (!xml_child_text(node, "AccessKeyId", &id) || !xml_child_text(node, "SecretAccessKey", &secret) ||
        !xml_child_text(node, "SessionToken", &token) || !xml_child_text(node, "Expiration", &expiration))
        return error_set(err, SEALIFT_CORRUPT, "%s: the token service's answer holds no credentials", url);
    TRY(buf_text(&expiration, &expires, err));
    if (!time_parse(expires, &expires_ns))
        return error_set(err, SEALIFT_CORRUPT, "%s: the credentials expire at no time that can be read: %s", url,
                         expires);
    return s3_credentials_make(url, buf_bytes(&id), buf_bytes(&secret), buf_bytes(&token), expires_ns, ret_credentials,
                               err);
}

static enum sealift_status
report_refusal(const char *url, const struct s3_web_identity *identity, const struct http_answer *answer,
               struct sealift_error *err)
{
    struct s3_error error;
    bool for_now;

    s3_error_read(answer, &error);
    for_now = error.http_status >= 500 || error.http_status == 429 ||
              strcmp(error.code, "IDPCommunicationError") == 0 || strcmp(error.code, "Throttling") == 0;
    return error_set(err, for_now ? SEALIFT_UNAVAILABLE : SEALIFT_DENIED,
                     "%s: the role %s is not given for the token in %s: %d %s %s; check that the role trusts this "
                     "identity provider and service account",
                     url, identity->role_arn, identity->token_file, error.http_status, error.code, error.message);
}

static enum sealift_status
assume_once(const struct world *world, const struct s3_web_identity *identity, const char *url,
            struct s3_credentials *ret_credentials, struct sealift_error *err)
{
    SCOPED(http_client_free) struct http_client *client = NULL;
    SCOPED(http_answer_done) struct http_answer answer = {0};
    SCOPED(buf_done) struct buf form = {.wipe = true};
    struct http_request request = {
        .method = "POST",
        .url = url,
        .headers = {{"content-type", "application/x-www-form-urlencoded"}},
        .header_count = 1,
    };

    TRY(make_form(world, identity, &form, err));
    TRY(http_client_new(world, &(struct http_client_options){.ca_file = identity->ca_file}, &client, err));
    request.body = buf_bytes(&form);
    TRY(http_perform(client, &request, &answer, err));
    if (answer.status != 200)
        return report_refusal(url, identity, &answer, err);
    return read_credentials(url, &answer, ret_credentials, err);
}

enum sealift_status
s3_web_identity_assume(const struct world *world, const struct s3_web_identity *identity,
                       struct s3_credentials *ret_credentials, struct sealift_error *err)
{
    SCOPED(free_done) char *url = NULL;
    struct backoff backoff = {.base_ns = 200 * NS_PER_MS, .cap_ns = 5 * NS_PER_S, .tries = 5};
    enum sealift_status status;

    TRY(service_url(identity->region, &url, err));
    do
        status = assume_once(world, identity, url, ret_credentials, err);
    while (status == SEALIFT_UNAVAILABLE && backoff_wait(&backoff, world));
    return status;
}
