/* Credentials from the services that a machine or container in the cloud finds beside it: the container's endpoint
 * (ECS, EKS Pod Identity) and the instance's (IMDSv2). They are asked directly, past every proxy. */
#ifndef S3_METADATA_H
#define S3_METADATA_H

#include "s3_credentials.h"
#include "world.h"

/* *ret_found false, and OK: the environment names no such service ($AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or
 * _FULL_URI, with $AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or _TOKEN). A full URI without TLS must lead to this machine
 * or to the known link-local addresses, since it is sent a token: anything else is DENIED. */
enum sealift_status s3_metadata_container(const struct world *world, bool *ret_found,
                                          struct s3_credentials *ret_credentials, struct sealift_error *err);

/* *ret_found false, and OK: there is no such service, it gives this machine no role, or $AWS_EC2_METADATA_DISABLED is
 * true. $AWS_EC2_METADATA_SERVICE_ENDPOINT replaces its address. */
enum sealift_status s3_metadata_instance(const struct world *world, bool *ret_found,
                                         struct s3_credentials *ret_credentials, struct sealift_error *err);

#endif
