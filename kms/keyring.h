/* The keyring makes and opens envelopes: the only place where FS keys and a KMS meet. */
#ifndef KEYRING_H
#define KEYRING_H

#include "kms.h"

/* A fresh KEK, wrapped by the KMS; the FS key (and at-rest key, may be NULL) sealed under it; then the whole envelope
 * is opened again and compared: a wrap counts only when it has been shown to open. */
enum sealift_status keyring_seal(const struct world *world, struct kms *kms, const struct uuid *fs,
                                 const struct secret *fs_key, const struct secret *at_rest_key,
                                 struct envelope *ret_envelope, struct sealift_error *err);

/* Unwraps and opens; messages name the filesystem and the KMS key. `ret_at_rest_key` may be NULL. */
enum sealift_status keyring_open(struct kms *kms, const struct envelope *envelope, struct secret **ret_fs_key,
                                 struct secret **ret_at_rest_key, struct sealift_error *err);

#endif
