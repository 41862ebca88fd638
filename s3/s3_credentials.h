/* What a request is signed with. */
#ifndef S3_CREDENTIALS_H
#define S3_CREDENTIALS_H

#include "secret.h"

#define S3_NEVER_EXPIRES INT64_MAX

struct s3_credentials {
    char access_key_id[129]; /* IAM allows 16 to 128 characters */
    struct secret *secret_key;
    struct secret *session_token; /* NULL: these are long-term credentials */
    int64_t expires_ns;           /* by the wall clock; S3_NEVER_EXPIRES: they do not */
};

/* Copies; `session_token` may be empty. DENIED, saying where `from` they came, for what cannot be credentials. */
enum sealift_status s3_credentials_make(const char *from, struct bytes access_key_id, struct bytes secret_key,
                                        struct bytes session_token, int64_t expires_ns,
                                        struct s3_credentials *ret_credentials, struct sealift_error *err);
enum sealift_status s3_credentials_copy(const struct s3_credentials *from, struct s3_credentials *ret_credentials,
                                        struct sealift_error *err);
void s3_credentials_done(struct s3_credentials *credentials);

#endif
