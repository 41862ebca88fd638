#include "aead.h"

#include "openssl_error.h"
#include "scoped.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* OpenSSL counts in int. Frames are a mebibyte, so one call a message is all that is needed. */
#define LONGEST_MESSAGE ((size_t)INT_MAX - AEAD_TAG_SIZE)

static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_CIPHER *aes_256_gcm;

static void
fetch_cipher(void)
{
    aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

struct aead {
    EVP_CIPHER_CTX *context;
};

enum sealift_status
aead_new(const struct secret *key, struct aead **ret_aead, struct sealift_error *err)
{
    SCOPED(aead_free) struct aead *aead = calloc(1, sizeof(*aead));

    pthread_once(&fetched, fetch_cipher);
    if (aead == NULL)
        return error_no_memory(err);
    aead->context = EVP_CIPHER_CTX_new();
    if (aead->context == NULL || EVP_EncryptInit_ex2(aead->context, aes_256_gcm, NULL, NULL, NULL) != 1)
        return openssl_error(err, "AES-256-GCM");
    TRY(aead_set_key(aead, key, err));
    *ret_aead = TAKE(aead);
    return SEALIFT_OK;
}

void
aead_free(struct aead **aead)
{
    if (*aead != NULL)
        EVP_CIPHER_CTX_free((*aead)->context); /* wipes its key schedule */
    free(*aead);
    *aead = NULL;
}

enum sealift_status
aead_set_key(struct aead *aead, const struct secret *key, struct sealift_error *err)
{
    if (key->len != KEY_SIZE)
        return error_set(err, SEALIFT_INVALID, "AES-256-GCM: a key has %d bytes, not %zu", KEY_SIZE, key->len);
    if (EVP_EncryptInit_ex2(aead->context, NULL, key->bytes, NULL, NULL) != 1)
        return openssl_error(err, "AES-256-GCM: cannot set the key");
    return SEALIFT_OK;
}

static enum sealift_status
check_lengths(struct bytes aad, struct bytes text, struct sealift_error *err)
{
    if (aad.len > LONGEST_MESSAGE || text.len > LONGEST_MESSAGE)
        return error_set(err, SEALIFT_INVALID, "AES-256-GCM: more than %zu bytes in one message", LONGEST_MESSAGE);
    return SEALIFT_OK;
}

/* EVP_CipherUpdate() takes associated data when it has nowhere to write to. Empty parts are left out: NULL would mean
 * something else. */
static bool
update(EVP_CIPHER_CTX *context, struct bytes part, uint8_t *out)
{
    int len;

    return part.len == 0 || EVP_CipherUpdate(context, out, &len, part.data, (int)part.len) == 1;
}

enum sealift_status
aead_seal(struct aead *aead, const uint8_t nonce[AEAD_NONCE_SIZE], struct bytes aad, struct bytes plain, uint8_t *out,
          struct sealift_error *err)
{
    EVP_CIPHER_CTX *context = aead->context;
    uint8_t *tag = out + plain.len;
    int none;

    TRY(check_lengths(aad, plain, err));
    if (EVP_EncryptInit_ex2(context, NULL, NULL, nonce, NULL) != 1 || !update(context, aad, NULL) ||
        !update(context, plain, out) || EVP_EncryptFinal_ex(context, tag, &none) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE, tag) != 1)
        return openssl_error(err, "AES-256-GCM: cannot seal");
    return SEALIFT_OK;
}

enum sealift_status
aead_open(struct aead *aead, const uint8_t nonce[AEAD_NONCE_SIZE], struct bytes aad, struct bytes sealed, uint8_t *out,
          struct sealift_error *err)
{
    EVP_CIPHER_CTX *context = aead->context;
    struct bytes text, rest = sealed;
    uint8_t tag[AEAD_TAG_SIZE];
    int none;

    TRY(check_lengths(aad, sealed, err));
    if (sealed.len < AEAD_TAG_SIZE || !bytes_cut(&rest, sealed.len - AEAD_TAG_SIZE, &text))
        return error_set(err, SEALIFT_CORRUPT, "does not authenticate");
    memcpy(tag, rest.data, sizeof(tag));
    if (EVP_DecryptInit_ex2(context, NULL, NULL, nonce, NULL) != 1 || !update(context, aad, NULL) ||
        !update(context, text, out) || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_SIZE, tag) != 1) {
        OPENSSL_cleanse(out, text.len);
        return openssl_error(err, "AES-256-GCM: cannot open");
    }
    if (EVP_DecryptFinal_ex(context, out + text.len, &none) != 1) {
        OPENSSL_cleanse(out, text.len);
        return error_set(err, SEALIFT_CORRUPT, "does not authenticate");
    }
    return SEALIFT_OK;
}

static const uint8_t only_nonce[AEAD_NONCE_SIZE]; /* zero: the key seals one message in its life */

enum sealift_status
aead_seal_secret(const struct secret *key, struct bytes aad, const struct secret *secret, struct buf *out,
                 struct sealift_error *err)
{
    SCOPED(aead_free) struct aead *aead = NULL;

    TRY(aead_new(key, &aead, err));
    TRY(buf_reserve(out, secret->len + AEAD_TAG_SIZE, err));
    TRY(aead_seal(aead, only_nonce, aad, secret_bytes(secret), out->data + out->len, err));
    out->len += secret->len + AEAD_TAG_SIZE;
    return SEALIFT_OK;
}

enum sealift_status
aead_open_secret(const struct secret *key, struct bytes aad, struct bytes sealed, struct secret **ret_secret,
                 struct sealift_error *err)
{
    SCOPED(aead_free) struct aead *aead = NULL;
    SCOPED(secret_free) struct secret *secret = NULL;

    if (sealed.len < AEAD_TAG_SIZE)
        return error_set(err, SEALIFT_CORRUPT, "does not authenticate");
    TRY(aead_new(key, &aead, err));
    TRY(secret_new(sealed.len - AEAD_TAG_SIZE, &secret, err));
    TRY(aead_open(aead, only_nonce, aad, sealed, secret->bytes, err));
    *ret_secret = TAKE(secret);
    return SEALIFT_OK;
}
