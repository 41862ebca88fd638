/* A KEK as a KMIP server's Encrypt gave it back: all that its Decrypt needs again. In an envelope the ciphertext is
 * wrapped_kek, "kmip:v1:" and base64; the rest is the hint's details, a JSON object (docs/FORMAT.md, "Envelope"). */
#ifndef KMIP_SEALED_H
#define KMIP_SEALED_H

#include "envelope.h"
#include "kmip_version.h"
#include "kms_config.h"

#define KMIP_SEALED_DATA_MAX 1024
#define KMIP_SEALED_IV_MAX   64
#define KMIP_SEALED_TAG_MAX  16

struct kmip_sealed {
    enum kmip_cipher cipher;
    enum kmip_version version; /* it was made in */
    uint8_t data[KMIP_SEALED_DATA_MAX];
    size_t data_len;
    uint8_t iv[KMIP_SEALED_IV_MAX];
    size_t iv_len;
    uint8_t tag[KMIP_SEALED_TAG_MAX];
    size_t tag_len; /* GCM; 0: it stands at the end of data */
};

/* Fills in hint->details, and appends the text of wrapped_kek. */
enum sealift_status kmip_sealed_format(const struct kmip_sealed *sealed, struct kms_hint *hint, struct buf *out,
                                       struct sealift_error *err);
/* KEY: damaged, or of a later sealift. Every length is checked: it comes from the bucket. */
enum sealift_status kmip_sealed_parse(const struct kms_hint *hint, const char *wrapped_kek,
                                      struct kmip_sealed *ret_sealed, struct sealift_error *err);

#endif
