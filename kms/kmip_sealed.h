/* A KEK as a KMIP server's Encrypt gave it back: all that its Decrypt needs again. This is format: docs/FORMAT.md,
 * "Envelope", has the same.
 *
 *     wrapped_kek = "kmip:v1:" and base64(Data), as Encrypt answered
 *     details     = a JSON object:
 *         "cipher"   "AES-GCM" or "AES-CBC" (with PKCS5)
 *         "version"  of KMIP, in which it was made: "1.2", "1.3", "1.4", "2.0" or "2.1"
 *         "iv"       hex: IV/Counter/Nonce, whoever made it
 *         "tag"      hex, AES-GCM only: Authenticated Encryption Tag, 16 bytes. Missing: the tag is the last 16 bytes
 *                    of Data, and goes back there
 *
 * The key is the hint's key_identifier, a Unique Identifier; namespace, mount and key_version are not used. No
 * additional data is authenticated. Decrypt takes Data, IV and tag as they stand here, in Cryptographic Parameters with
 * Block Cipher Mode GCM or CBC, Padding Method PKCS5 (CBC), Cryptographic Algorithm AES, Tag Length 16 (GCM).
 *
 * The bounds: Data has 32 to 1024 bytes under AES-GCM, 48 to 1024 when the tag stands in it; exactly 48 under AES-CBC.
 * The IV has 8 to 64 bytes under AES-GCM (servers make some of 12 and some of 16), 16 under AES-CBC. */
#ifndef KMIP_SEALED_H
#define KMIP_SEALED_H

#include "envelope.h"
#include "kms_config.h"

#define KMIP_SEALED_DATA_MAX 1024
#define KMIP_SEALED_IV_MAX   64
#define KMIP_SEALED_TAG_SIZE 16

struct kmip_sealed {
    enum kmip_cipher cipher;
    enum kmip_version version; /* it was made in */
    uint8_t data[KMIP_SEALED_DATA_MAX];
    size_t data_len;
    uint8_t iv[KMIP_SEALED_IV_MAX];
    size_t iv_len;
    bool has_tag; /* AES-GCM; false: it stands at the end of data */
    uint8_t tag[KMIP_SEALED_TAG_SIZE];
};

/* NULL when the length is within the bounds, else what is wrong with it: "the IV has 3 bytes". `out` takes 64 bytes. */
const char *kmip_sealed_iv_flaw(const struct kmip_sealed *sealed, char out[64]);
const char *kmip_sealed_data_flaw(const struct kmip_sealed *sealed, char out[64]);

/* The same with the tag in the other place, as another vendor's server may want it; false where there is none. */
bool kmip_sealed_move_tag(const struct kmip_sealed *sealed, struct kmip_sealed *ret_moved);

/* Fills in hint->details, and appends the text of wrapped_kek. */
enum sealift_status kmip_sealed_format(const struct kmip_sealed *sealed, struct kms_hint *hint, struct buf *out,
                                       struct sealift_error *err);
/* KEY: damaged, or of a later sealift. Every length is checked: it comes from the bucket. */
enum sealift_status kmip_sealed_parse(const struct kms_hint *hint, const char *wrapped_kek,
                                      struct kmip_sealed *ret_sealed, struct sealift_error *err);

#endif
