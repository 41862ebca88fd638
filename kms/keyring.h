/* The keyring makes and opens envelopes: the only place where FS keys and a KMS meet. */
#ifndef KEYRING_H
#define KEYRING_H

#include "kms.h"

/* A fresh KEK, wrapped by the KMS; the FS key (and at-rest key, may be NULL) of errand->fs sealed under it; then the
 * whole envelope is opened again and compared: a wrap counts only when it has been shown to open. */
enum sealift_status keyring_seal(struct kms *kms, struct kms_errand *errand, const struct secret *fs_key,
                                 const struct secret *at_rest_key, struct envelope *ret_envelope,
                                 struct sealift_error *err);

/* The same for a client that may not decrypt: what the KMS wrapped is taken at its word, as far as the version is not
 * one that it would refuse to open. */
enum sealift_status keyring_seal_blind(struct kms *kms, struct kms_errand *errand, const struct secret *fs_key,
                                       struct envelope *ret_envelope, struct sealift_error *err);

/* Unwraps and opens; messages name the filesystem and the KMS key. `ret_at_rest_key` may be NULL. */
enum sealift_status keyring_open(struct kms *kms, struct kms_errand *errand, const struct envelope *envelope,
                                 struct secret **ret_fs_key, struct secret **ret_at_rest_key,
                                 struct sealift_error *err);

/* A newer wrapping, by `kms`, of what `envelope` holds. What that KMS's own key wrapped goes to the key's newest
 * version inside the KMS, where the type can do that; else there is a fresh KEK. Either way it is shown to open to
 * `fs_key` and `at_rest_key` (NULL: the envelope has none). */
enum sealift_status keyring_rewrap(struct kms *kms, struct kms_errand *errand, const struct envelope *envelope,
                                   const struct secret *fs_key, const struct secret *at_rest_key,
                                   struct envelope *ret_envelope, struct sealift_error *err);

#endif
