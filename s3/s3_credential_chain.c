#include "s3_credential_chain.h"

#include "aws_profile.h"
#include "error.h"
#include "s3_metadata.h"
#include "s3_web_identity.h"
#include "scoped.h"

#include <stdlib.h>

static const char *
read_variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static struct bytes
bytes_of_variable(const char *name)
{
    const char *value = read_variable(name);

    return value != NULL ? bytes_of_text(value) : (struct bytes){0};
}

static enum sealift_status
from_environment(const struct s3_credential_chain *chain, const struct world *world, bool *ret_found,
                 struct s3_credentials *ret_credentials, struct sealift_error *err)
{
    (void)chain, (void)world;
    *ret_found = read_variable("AWS_ACCESS_KEY_ID") != NULL;
    if (!*ret_found)
        return SEALIFT_OK;
    return s3_credentials_make("$AWS_ACCESS_KEY_ID", bytes_of_variable("AWS_ACCESS_KEY_ID"),
                               bytes_of_variable("AWS_SECRET_ACCESS_KEY"), bytes_of_variable("AWS_SESSION_TOKEN"),
                               S3_NEVER_EXPIRES, ret_credentials, err);
}

static enum sealift_status
assume(const struct s3_credential_chain *chain, const struct world *world, const struct aws_profile *profile,
       const char *token_file, const char *role_arn, const char *session_name, struct s3_credentials *ret_credentials,
       struct sealift_error *err)
{
    SCOPED(free_done) char *region = NULL;

    TRY(aws_profile_region(profile, &region, err));
    return s3_web_identity_assume(world,
                                  &(struct s3_web_identity){
                                      .token_file = token_file,
                                      .role_arn = role_arn,
                                      .session_name = session_name,
                                      .region = region,
                                      .ca_file = chain->ca_file,
                                  },
                                  ret_credentials, err);
}

static enum sealift_status
from_web_identity(const struct s3_credential_chain *chain, const struct world *world, bool *ret_found,
                  struct s3_credentials *ret_credentials, struct sealift_error *err)
{
    SCOPED(aws_profile_free) struct aws_profile *profile = NULL;
    const char *token_file = read_variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    const char *role_arn = read_variable("AWS_ROLE_ARN");

    *ret_found = token_file != NULL && role_arn != NULL;
    if (!*ret_found)
        return SEALIFT_OK;
    TRY(aws_profile_load(NULL, &profile, err));
    return assume(chain, world, profile, token_file, role_arn, read_variable("AWS_ROLE_SESSION_NAME"), ret_credentials,
                  err);
}

static enum sealift_status
assume_from_profile(const struct s3_credential_chain *chain, const struct world *world,
                    const struct aws_profile *profile, struct s3_credentials *ret_credentials,
                    struct sealift_error *err)
{
    static const char *const no_variables[] = {NULL};
    SCOPED(free_done) char *token_file = NULL, *role_arn = NULL, *session_name = NULL;

    TRY(aws_profile_setting(profile, no_variables, "web_identity_token_file", &token_file, err));
    TRY(aws_profile_setting(profile, no_variables, "role_arn", &role_arn, err));
    TRY(aws_profile_setting(profile, no_variables, "role_session_name", &session_name, err));
    if (role_arn == NULL)
        return error_set(err, SEALIFT_INVALID, "the AWS profile %s has a web_identity_token_file, but no role_arn",
                         aws_profile_name(profile));
    return assume(chain, world, profile, token_file, role_arn, session_name, ret_credentials, err);
}

/* Ways to credentials that the AWS tools go, and we do not: to pass over them would be to use the wrong ones. */
static enum sealift_status
refuse_other_ways(const struct aws_profile *profile, struct sealift_error *err)
{
    static const char *const keys[] = {"source_profile", "credential_source", "credential_process",
                                       "sso_session",    "sso_start_url",     "sso_account_id"};
    struct bytes unused;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (aws_profile_find(profile, keys[i], &unused))
            return error_set(err, SEALIFT_INVALID,
                             "the AWS profile %s uses %s, which is left to the AWS tools: let them give their "
                             "credentials on, with eval \"$(aws configure export-credentials --profile %s --format "
                             "env)\"",
                             aws_profile_name(profile), keys[i], aws_profile_name(profile));
    return SEALIFT_OK;
}

static enum sealift_status
from_profile(const struct s3_credential_chain *chain, const struct world *world, bool *ret_found,
             struct s3_credentials *ret_credentials, struct sealift_error *err)
{
    SCOPED(aws_profile_free) struct aws_profile *profile = NULL;
    struct bytes id, secret = {0}, token = {0}, token_file;

    TRY(aws_profile_load(chain->profile, &profile, err));
    *ret_found = true;
    if (aws_profile_find(profile, "web_identity_token_file", &token_file))
        return assume_from_profile(chain, world, profile, ret_credentials, err);
    TRY(refuse_other_ways(profile, err));
    *ret_found = aws_profile_find(profile, "aws_access_key_id", &id);
    if (!*ret_found)
        return SEALIFT_OK;
    aws_profile_find(profile, "aws_secret_access_key", &secret);
    aws_profile_find(profile, "aws_session_token", &token);
    return s3_credentials_make(aws_profile_name(profile), id, secret, token, S3_NEVER_EXPIRES, ret_credentials, err);
}

static enum sealift_status
from_container(const struct s3_credential_chain *chain, const struct world *world, bool *ret_found,
               struct s3_credentials *ret_credentials, struct sealift_error *err)
{
    (void)chain;
    return s3_metadata_container(world, ret_found, ret_credentials, err);
}

static enum sealift_status
from_instance(const struct s3_credential_chain *chain, const struct world *world, bool *ret_found,
              struct s3_credentials *ret_credentials, struct sealift_error *err)
{
    (void)chain;
    return s3_metadata_instance(world, ret_found, ret_credentials, err);
}

/* Finds credentials, or says that it has none, or fails. */
typedef enum sealift_status source(const struct s3_credential_chain *chain, const struct world *world, bool *ret_found,
                                   struct s3_credentials *ret_credentials, struct sealift_error *err);

static source *const everywhere[] = {from_environment, from_web_identity, from_profile, from_container, from_instance};
static source *const only_profile[] = {from_profile};

static enum sealift_status
report_none(const struct s3_credential_chain *chain, struct sealift_error *err)
{
    if (chain->profile != NULL)
        return error_set(err, SEALIFT_DENIED,
                         "the AWS profile %s holds no credentials: add them with aws configure --profile %s",
                         chain->profile, chain->profile);
    return error_set(err, SEALIFT_DENIED,
                     "no S3 credentials: set $AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY, or make a profile with aws "
                     "configure; neither a web identity, a container nor an instance gives any here");
}

enum sealift_status
s3_credential_chain_find(const struct s3_credential_chain *chain, const struct world *world,
                         struct s3_credentials *ret_credentials, struct sealift_error *err)
{
    source *const *sources = chain->profile != NULL ? only_profile : everywhere;
    size_t count = chain->profile != NULL ? 1 : sizeof(everywhere) / sizeof(everywhere[0]);

    for (size_t i = 0; i < count; i++) {
        bool found = false;

        TRY(sources[i](chain, world, &found, ret_credentials, err));
        if (found)
            return SEALIFT_OK;
    }
    return report_none(chain, err);
}
