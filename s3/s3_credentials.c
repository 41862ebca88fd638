#include "s3_credentials.h"

#include "error.h"
#include "scoped.h"

#include <string.h>

/* The id goes into a header: printable, and none of what delimits it there. */
static bool
is_access_key_id(struct bytes id)
{
    for (size_t i = 0; i < id.len; i++)
        if (id.data[i] <= ' ' || id.data[i] >= 0x7f || id.data[i] == '/' || id.data[i] == ',')
            return false;
    return id.len > 0 && id.len < sizeof(((struct s3_credentials *)0)->access_key_id);
}

enum sealift_status
s3_credentials_make(const char *from, struct bytes access_key_id, struct bytes secret_key, struct bytes session_token,
                    int64_t expires_ns, struct s3_credentials *ret_credentials, struct sealift_error *err)
{
    SCOPED(s3_credentials_done) struct s3_credentials made = {.expires_ns = expires_ns};

    if (!is_access_key_id(access_key_id))
        return error_set(err, SEALIFT_DENIED, "%s: the access key id is missing or malformed", from);
    if (secret_key.len == 0)
        return error_set(err, SEALIFT_DENIED, "%s: there is an access key id, but no secret access key", from);
    memcpy(made.access_key_id, access_key_id.data, access_key_id.len);
    TRY(secret_copy(secret_key, &made.secret_key, err));
    if (session_token.len > 0)
        TRY(secret_copy(session_token, &made.session_token, err));
    *ret_credentials = made;
    made = (struct s3_credentials){0};
    return SEALIFT_OK;
}

enum sealift_status
s3_credentials_copy(const struct s3_credentials *from, struct s3_credentials *ret_credentials,
                    struct sealift_error *err)
{
    struct bytes token = from->session_token != NULL ? secret_bytes(from->session_token) : (struct bytes){0};

    return s3_credentials_make("credentials", bytes_of_text(from->access_key_id), secret_bytes(from->secret_key), token,
                               from->expires_ns, ret_credentials, err);
}

void
s3_credentials_done(struct s3_credentials *credentials)
{
    secret_free(&credentials->secret_key);
    secret_free(&credentials->session_token);
    *credentials = (struct s3_credentials){0};
}
