/* An answer that is no success: what the store said, and what that means to whoever reads the message. */
#ifndef S3_ERROR_H
#define S3_ERROR_H

#include "http.h"

#define S3_REGION_SIZE       64
#define S3_REGION_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-"

struct s3_error {
    int http_status;
    char code[64];               /* "NoSuchKey"; empty: the answer had none, as those to HEAD never do */
    char message[512];           /* the store's own words, cut to size */
    char header[64];             /* the request's header that it does not implement, when it names one */
    char region[S3_REGION_SIZE]; /* where the bucket is, when the answer tells; letters, digits and '-' only */
    int64_t date_ns;             /* the store's clock when it answered; 0: it did not say */
};

void s3_error_read(const struct http_answer *answer, struct s3_error *ret_error);

/* The part of it that stands in the body ("REST error responses", Amazon S3 API Reference); anything else leaves it as
 * it is. */
void s3_error_parse_body(struct bytes body, struct s3_error *error);

/* "PUT answered 403 AccessDenied: ..." with the way out; returns the status. `act` is the method, or "LIST". */
enum sealift_status s3_error_report(const struct s3_error *error, const char *act, struct sealift_error *err);

#endif
