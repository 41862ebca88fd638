/* A further KMS that may open a filesystem, too: used once, to wrap, and not kept. */
#ifndef SECOND_KMS_H
#define SECOND_KMS_H

#include "key_owner.h"

/* INVALID unless exactly one is named; CONFLICT: it is where the owner's keys are wrapped already, or the key file is
 * the one that this home has. */
enum sealift_status second_kms_open(struct sealift *sealift, const struct key_owner *owner,
                                    const struct sealift_second_kms_spec *spec, struct kms **ret_kms,
                                    struct sealift_error *err);

#endif
