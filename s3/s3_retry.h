/* What can be done about a request that failed, and how often. */
#ifndef S3_RETRY_H
#define S3_RETRY_H

#include "backoff.h"
#include "s3_error.h"

enum s3_remedy {
    S3_REMEDY_NONE,        /* it would fail again */
    S3_REMEDY_WAIT,        /* the store or the network is in trouble: the same bytes again, after a while */
    S3_REMEDY_CLOCK,       /* sign by the store's clock */
    S3_REMEDY_REGION,      /* sign for the bucket's region */
    S3_REMEDY_CREDENTIALS, /* these have expired: look for fresh ones */
};

/* How the request was signed that the error answers. */
struct s3_signed {
    int64_t wall_ns;
    const char *region;
    bool temporary; /* with a session token */
};

enum s3_remedy s3_retry_remedy(const struct s3_error *error, const struct s3_signed *how);

/* The patience of one request. */
struct s3_retry {
    struct backoff backoff;
    int64_t first_failed_ns; /* by the monotonic clock, once something was waited for */
    unsigned applied;        /* a bit for each remedy that needs no waiting and was tried: once is enough */
};

struct s3_retry s3_retry_begin(void);

/* True: go ahead, it has slept if it had to. False: give up. `known`: there is an S3 store at this address, it has
 * answered: that is worth more patience than an address that may be mistyped. */
bool s3_retry_again(struct s3_retry *retry, enum s3_remedy remedy, bool known, const struct world *world);

#endif
