/* One S3 bucket: signed requests with retries, and what its answers mean. Any thread may call.
 *
 * Signature Version 4 is ours (libcurl's is refused for PUTs by some servers); HTTP is src/net's; XML
 * is src/codec's. */
#ifndef S3_H
#define S3_H

#include "buf.h"
#include "world.h"

enum s3_style {
    S3_STYLE_AUTO,
    S3_STYLE_PATH,
    S3_STYLE_VIRTUAL
}; /* auto: path for a custom endpoint or a dotted bucket */

/* The part of `obs add` that is about S3. NULL: unset. Strings are copied. */
struct s3_options {
    const char *bucket;
    const char *endpoint; /* http(s)://host[:port]; NULL: https://s3.REGION.amazonaws.com */
    const char
        *region; /* NULL: from the AWS environment or config, else us-east-1, else learnt from a 301/400 answer */
    const char *profile; /* NULL: $AWS_PROFILE, else "default" */
    const char *ca_file;
    enum s3_style style;
    const char *storage_class; /* x-amz-storage-class on PUT */
    const char *sse;           /* "AES256", "aws:kms", "aws:kms:dsse" */
    const char *sse_kms_key;
    const char *lock_mode; /* "GOVERNANCE" or "COMPLIANCE", on PUT */
    int64_t lock_days;     /* retention counted from each PUT */
};

struct s3;

enum sealift_status s3_new(const struct world *world, const struct s3_options *options, struct s3 **ret_s3,
                           struct sealift_error *err);
void s3_free(struct s3 **s3);
const char *s3_bucket(const struct s3 *s3);
/* The store's clock minus ours. 0 unless they differ so much that the store said so. */
int64_t s3_skew_ns(struct s3 *s3);

struct s3_head {
    uint64_t size;
    int64_t modified_ns;
    bool has_sha256;
    uint8_t sha256[32];
};

struct s3_object {
    const char *key;
    uint64_t size;
    int64_t modified_ns;
};

/* Keys are full keys: any bytes of valid UTF-8; they are encoded here. Statuses as in store.h. */
enum sealift_status s3_put(struct s3 *s3, const char *key, struct bytes data, const uint8_t sha256[32], bool if_absent,
                           struct sealift_error *err);
enum sealift_status s3_get_range(struct s3 *s3, const char *key, uint64_t offset, size_t len, uint8_t *out,
                                 struct sealift_error *err);
enum sealift_status s3_get(struct s3 *s3, const char *key, size_t max, struct buf *out, struct sealift_error *err);
enum sealift_status s3_head_object(struct s3 *s3, const char *key, struct s3_head *ret_head, struct sealift_error *err);
typedef enum sealift_status s3_each(void *context, const struct s3_object *object, struct sealift_error *err);
enum sealift_status s3_list(struct s3 *s3, const char *prefix, const char *after, s3_each *each, void *context,
                            struct sealift_error *err);
enum sealift_status s3_delete(struct s3 *s3, const char *key, struct sealift_error *err);

/* One PUT whose checksum header is wrong on purpose: OK when it was refused, CONFLICT when it was taken. */
enum sealift_status s3_put_wrong_checksum(struct s3 *s3, const char *key, struct sealift_error *err);

enum s3_answer { S3_UNKNOWN, S3_NO, S3_YES };
/* GetBucketVersioning and GetObjectLockConfiguration; a refused or unknown call is S3_UNKNOWN. */
void s3_inspect(struct s3 *s3, enum s3_answer *ret_versioning, enum s3_answer *ret_object_lock);

#endif
