/* A further KMS that may open a filesystem, too: used once, to wrap, and not kept. */
#ifndef SECOND_KMS_H
#define SECOND_KMS_H

#include "handle.h"

#include <sealift/keys.h>

/* INVALID unless exactly one is named; CONFLICT: the key file is the one that this home has already. */
enum sealift_status second_kms_open(struct sealift *sealift, const struct sealift_second_kms_spec *spec,
                                    struct kms **ret_kms, struct sealift_error *err);

#endif
