/* AWS Signature Version 4 in headers ("Signature Version 4 signing process", IAM User Guide), as pure functions of
 * credentials, time and request. Nothing is normalized and nothing is encoded twice: S3 wants the path as it goes on
 * the wire. */
#ifndef S3_SIGN_H
#define S3_SIGN_H

#include "http.h"
#include "s3_credentials.h"

#define S3_SIGN_TIME_SIZE 17 /* "20150830T123600Z" and a NUL */

struct s3_sign_request {
    const char *method;
    const char *path;  /* percent-encoded, begins with '/' */
    const char *query; /* percent-encoded, without '?', its parameters in any order; NULL or empty: none */
    const struct http_header
        *headers; /* all that are signed, in any order: host, x-amz-date, x-amz-security-token ... */
    size_t header_count;
    const char *payload_hash; /* the body's SHA-256 in hexadecimal */
};

struct s3_sign_scope {
    const char *time; /* as s3_sign_time() writes it */
    const char *region;
    const char *service; /* "s3" */
};

void s3_sign_time(int64_t wall_ns, char out[S3_SIGN_TIME_SIZE]);

/* The value of the Authorization header, appended to *out. */
enum sealift_status s3_sign(const struct s3_credentials *credentials, const struct s3_sign_scope *scope,
                            const struct s3_sign_request *request, struct buf *out, struct sealift_error *err);

/* The steps on the way, so that each can be held against published vectors. The canonical request holds the session
 * token: wipe it. */
enum sealift_status s3_sign_canonical_request(const struct s3_sign_request *request, struct buf *out,
                                              struct sealift_error *err);
enum sealift_status s3_sign_string_to_sign(const struct s3_sign_scope *scope, struct bytes canonical_request,
                                           struct buf *out, struct sealift_error *err);

#endif
