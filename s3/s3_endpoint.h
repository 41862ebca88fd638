/* Where the requests for a bucket go: host, and what stands before the key in the path. */
#ifndef S3_ENDPOINT_H
#define S3_ENDPOINT_H

#include "s3.h"

struct s3_endpoint {
    char scheme[8];
    char host[400];  /* as the Host header has it */
    char path[1400]; /* "/bucket", "/base/bucket" or empty: what stands before "/KEY" */
};

/* `address` NULL: Amazon's own in `region`. INVALID for an address or a bucket name that cannot be one. */
enum sealift_status s3_endpoint_make(const char *bucket, const char *address, const char *region, enum s3_style style,
                                     struct s3_endpoint *ret_endpoint, struct sealift_error *err);

/* The path of an object, or (key NULL) of the bucket, percent-encoded: for the signature, and behind scheme and host
 * for the URL. */
enum sealift_status s3_endpoint_path(const struct s3_endpoint *endpoint, const char *key, struct buf *out,
                                     struct sealift_error *err);

#endif
