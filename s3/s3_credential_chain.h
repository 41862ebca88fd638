/* Where credentials are looked for, in the order of the AWS SDKs: environment, web identity of the environment, the
 * profile (its keys, or its own web identity), container, instance. */
#ifndef S3_CREDENTIAL_CHAIN_H
#define S3_CREDENTIAL_CHAIN_H

#include "s3_credentials.h"
#include "world.h"

struct s3_credential_chain {
    const char *profile; /* NULL: all of the above, with the profile of $AWS_PROFILE, else "default"; a name: only that
                            profile */
    const char *ca_file; /* for the token service; NULL: the system's */
};

/* Looks now. DENIED, saying where, when there are none. */
enum sealift_status s3_credential_chain_find(const struct s3_credential_chain *chain, const struct world *world,
                                             struct s3_credentials *ret_credentials, struct sealift_error *err);

#endif
