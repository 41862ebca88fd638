/* The credentials of one client: looked for when they are first needed, and again before they expire. Any thread may
 * call. */
#ifndef S3_CREDENTIAL_CACHE_H
#define S3_CREDENTIAL_CACHE_H

#include "s3_credential_chain.h"

struct s3_credential_cache;

/* Copies what the chain points at. */
enum sealift_status s3_credential_cache_new(const struct world *world, const struct s3_credential_chain *chain,
                                            struct s3_credential_cache **ret_cache, struct sealift_error *err);
void s3_credential_cache_free(struct s3_credential_cache **cache);

enum sealift_status s3_credential_cache_get(struct s3_credential_cache *cache, struct s3_credentials *ret_credentials,
                                            struct sealift_error *err);

/* The store says that these have expired: the next get() looks anew. */
void s3_credential_cache_forget(struct s3_credential_cache *cache, const struct s3_credentials *expired);

#endif
