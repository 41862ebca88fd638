/* One signed request and its retries: the client's inside. Only s3/ includes this; callers use s3.h. */
#ifndef S3_REQUEST_H
#define S3_REQUEST_H

#include "s3.h"
#include "s3_credential_cache.h"
#include "s3_learnt.h"

struct s3 {
    const struct world *world;
    struct http_client *http;
    struct s3_credential_cache *credentials;
    struct s3_learnt learnt;

    /* As in struct s3_options; NULL: unset. */
    char *bucket;
    char *address;
    enum s3_style style;
    char *storage_class;
    char *sse;
    char *sse_kms_key;
    char *lock_mode;
    int64_t lock_days;
};

#define S3_CALL_MAX_HEADERS 16

struct s3_call {
    const char *act; /* how messages call it: "PUT", "LIST" */
    const char *method;
    const char *key;   /* NULL: the bucket itself */
    const char *query; /* percent-encoded; NULL: none */
    struct http_header headers[S3_CALL_MAX_HEADERS];
    size_t header_count;
    struct bytes body;
    const uint8_t *sha256; /* of the body; NULL: the body is empty */
    uint8_t *body_out;     /* these three as in struct http_request */
    size_t body_capacity;
    size_t max_text;
};

void s3_call_add_header(struct s3_call *call, const char *name, const char *value);

/* OK: an answer with a 2xx status. When the store refused, *refusal says how (http_status 0: no answer came at all). */
enum sealift_status s3_request(struct s3 *s3, const struct s3_call *call, struct http_answer *ret_answer,
                               struct s3_error *refusal, struct sealift_error *err);

#endif
