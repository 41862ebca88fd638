/* Storing an object: checksums that the store verifies, the conditional PUT, and stores that lack the one or the other.
 * Only s3/ includes this; callers use s3.h. */
#ifndef S3_PUT_H
#define S3_PUT_H

#include "s3_request.h"

/* How a PUT is secured. The body's SHA-256 always stands in x-amz-content-sha256, and is signed. */
struct s3_put_way {
    bool condition; /* If-None-Match: * */
    bool md5;       /* Content-MD5 in place of x-amz-checksum-sha256 */
};

/* One request (and its retries). `promised` is what the headers say that the body is: the body itself, but for the
 * probe that sends another one. */
enum sealift_status s3_put_request(struct s3 *s3, const char *key, struct bytes body, struct bytes promised,
                                   const uint8_t promised_sha256[32], const struct s3_put_way *way,
                                   struct s3_error *refusal, struct sealift_error *err);

#endif
