/* What a client learns about its store from the answers, so that it learns it once. Any thread may call. */
#ifndef S3_LEARNT_H
#define S3_LEARNT_H

#include "s3_error.h"

#include <pthread.h>

struct s3_facts {
    bool answered; /* there is a store at this address */
    char region[S3_REGION_SIZE];
    int64_t skew_ns;        /* the store's clock minus ours */
    bool refuses_condition; /* If-None-Match: it has no conditional PUT */
    bool wants_md5;         /* it refuses, or ignores, x-amz-checksum-sha256 */
};

struct s3_learnt {
    pthread_mutex_t lock;
    struct s3_facts facts;
};

void s3_learnt_init(struct s3_learnt *learnt, const char *region);
void s3_learnt_done(struct s3_learnt *learnt);

struct s3_facts s3_learnt_facts(struct s3_learnt *learnt);
void s3_learnt_answered(struct s3_learnt *learnt);
void s3_learnt_region(struct s3_learnt *learnt, const char *region);
void s3_learnt_skew(struct s3_learnt *learnt, int64_t skew_ns);
void s3_learnt_refuses_condition(struct s3_learnt *learnt);
void s3_learnt_wants_md5(struct s3_learnt *learnt);

#endif
