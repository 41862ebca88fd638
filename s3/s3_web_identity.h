/* Credentials for a token that somebody else vouches for (Kubernetes service accounts, OIDC): AssumeRoleWithWebIdentity
 * of AWS's token service ("AWS Security Token Service API Reference"). */
#ifndef S3_WEB_IDENTITY_H
#define S3_WEB_IDENTITY_H

#include "s3_credentials.h"
#include "world.h"

struct s3_web_identity {
    const char *token_file; /* read anew every time: it is rotated */
    const char *role_arn;
    const char *session_name; /* NULL: "sealift" */
    const char *region;       /* NULL: the global service */
    const char *ca_file;
};

/* $AWS_ENDPOINT_URL_STS replaces the service's address. */
enum sealift_status s3_web_identity_assume(const struct world *world, const struct s3_web_identity *identity,
                                           struct s3_credentials *ret_credentials, struct sealift_error *err);

#endif
