/* An S3 bucket as a store. */
#ifndef STORE_S3_H
#define STORE_S3_H

#include "s3.h"
#include "store.h"

/* Takes the client over. `prefix` has no slash at either end; it may be empty. */
enum sealift_status store_s3_new(struct s3 **client, const char *prefix, struct store **ret_store,
                                 struct sealift_error *err);

#endif
