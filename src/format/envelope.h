/* The envelope: an FS key (and an at-rest key) sealed under a KEK that a KMS wraps. Bytes only: the keyring (kms/)
 * makes and opens it. DESIGN.md section 3; docs/FORMAT.md, "Envelope", has its JSON and what is sealed how.
 *
 * The KEK has 32 random bytes and is used for one envelope only. Each sealed key has a sub-key of its own, HKDF of the
 * KEK with the label "sealift/1 seal fs key" or "sealift/1 seal at-rest key", so salts are empty and nonces zero, and
 * neither can be put in the other's place. */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include "json.h"
#include "secret.h"
#include "uuid.h"

#define ENVELOPE_VERSION    1
#define ENVELOPE_SUITE      1 /* AES-256-GCM, HKDF-SHA-256 */
#define FS_KEY_SIZE         32
#define AT_REST_KEY_SIZE    64
#define KEY_CHECK_SIZE      32
#define WRAPPED_KEK_MAX     16384
#define SEALED_FS_KEY_SIZE  (FS_KEY_SIZE + 16)
#define SEALED_AT_REST_SIZE (AT_REST_KEY_SIZE + 16)

/* Where the KEK was wrapped: a routing hint, outside all that is authenticated, so that a mount may move and a key be
 * renamed. The KMS's address is never in it. Every text is printable ASCII (checked when read). */
struct kms_hint {
    char type[16];            /* "vault", "kmip", "local" */
    char name_space[256];     /* JSON "namespace"; empty: none */
    char mount[256];          /* transit mount; empty: the type has none */
    char key_identifier[256]; /* transit key name, KMIP UID, local key's fingerprint */
    int64_t key_version;      /* 0: unknown */
    char details[1024];       /* a JSON object of the type's own (KMIP: mode, IV, tag ...) as text, or empty */
};

struct envelope {
    struct uuid fs;
    uint8_t key_check[KEY_CHECK_SIZE];
    struct kms_hint kms;
    char wrapped_kek[WRAPPED_KEK_MAX + 1]; /* printable ASCII, the KMS's own form ("vault:v1:...") */
    uint8_t sealed_fs_key[SEALED_FS_KEY_SIZE];
    bool has_at_rest_key;
    uint8_t sealed_at_rest_key[SEALED_AT_REST_SIZE];
};

/* Printable ASCII: all that a hint and a wrapped KEK may hold. */
bool envelope_text_is_plain(const char *text);

/* JSON, as it stands in table, key record and manifest. Reading checks every bound; an envelope of a later version is
 * INVALID, saying so. */
enum sealift_status envelope_to_json(const struct envelope *envelope, struct buf *out, struct sealift_error *err);
void envelope_write(const struct envelope *envelope, struct json_writer *writer, const char *key);
enum sealift_status envelope_read(const struct json *json, struct envelope *ret_envelope, struct sealift_error *err);

/* The associated data that binds a sealed key to its filesystem and check value: domain, version, suite, fs uuid, key
 * check. */
enum sealift_status envelope_context(const struct envelope *envelope, struct buf *out, struct sealift_error *err);

/* Sealing and opening under a KEK that is at hand. Seal fills key_check and the sealed keys; `envelope->fs` must be
 * set; at_rest_key may be NULL. Open checks the key check value before it returns anything: an FS key that does not
 * match is KEY; what does not authenticate (another KEK, altered bytes, another filesystem's uuid) is CORRUPT.
 * *ret_at_rest_key is NULL when the envelope holds none. */
enum sealift_status envelope_seal(struct envelope *envelope, const struct secret *kek, const struct secret *fs_key,
                                  const struct secret *at_rest_key, struct sealift_error *err);
enum sealift_status envelope_open(const struct envelope *envelope, const struct secret *kek, struct secret **ret_fs_key,
                                  struct secret **ret_at_rest_key,
                                  struct sealift_error *err); /* ret_at_rest_key: may be NULL */

#endif
