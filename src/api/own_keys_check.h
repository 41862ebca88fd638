/* Whether filesystems' own keys are where another KMS would have them. */
#ifndef OWN_KEYS_CHECK_H
#define OWN_KEYS_CHECK_H

#include "handle.h"

/* Of every filesystem that has one: its key is of this type of KMS, and (unless `untried`) logs in, wraps and unwraps
 * there, as `kms set` tries the cluster's. The failure names those that do not, with the reason of the first, and the
 * way out. */
enum sealift_status own_keys_check(struct sealift *sealift, const struct kms_config *cluster, bool untried,
                                   struct sealift_error *err);

#endif
