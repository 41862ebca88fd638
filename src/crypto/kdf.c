#include "kdf.h"

#include "openssl_error.h"
#include "scoped.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <pthread.h>

static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_KDF *hkdf_algorithm;

static void
fetch_hkdf(void)
{
    hkdf_algorithm = EVP_KDF_fetch(NULL, "HKDF", NULL);
}

static void
free_context(EVP_KDF_CTX **context)
{
    EVP_KDF_CTX_free(*context);
}

/* OSSL_PARAM has no const: OpenSSL only reads these. */
static OSSL_PARAM
octets(const char *name, const void *data, size_t len)
{
    return (OSSL_PARAM){name, OSSL_PARAM_OCTET_STRING, (void *)(uintptr_t)data, len, OSSL_PARAM_UNMODIFIED};
}

/* RFC 5869, section 2.2: without a salt it is zeros, as many as the hash is long; HMAC pads its key with zeros, so one
 * serves for all. OpenSSL 3.0 refuses an empty one. */
static struct bytes
salt_or_zero(struct bytes salt)
{
    static const uint8_t zero[1];

    return salt.len != 0 ? salt : BYTES_OF(zero);
}

static enum sealift_status
derive(char *hash, const struct secret *key, struct bytes salt, struct bytes info, uint8_t *out, size_t len,
       struct sealift_error *err)
{
    SCOPED(free_context) EVP_KDF_CTX *context = NULL;
    struct bytes used_salt = salt_or_zero(salt);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash, 0),
        octets(OSSL_KDF_PARAM_KEY, key->bytes, key->len),
        octets(OSSL_KDF_PARAM_INFO, info.data, info.len),
        octets(OSSL_KDF_PARAM_SALT, used_salt.data, used_salt.len),
        OSSL_PARAM_construct_end(),
    };

    pthread_once(&fetched, fetch_hkdf);
    context = EVP_KDF_CTX_new(hkdf_algorithm);
    if (context == NULL || EVP_KDF_derive(context, out, len, params) != 1)
        return openssl_error(err, "HKDF");
    return SEALIFT_OK;
}

enum sealift_status
hkdf_sha256_public(const struct secret *key, struct bytes salt, const char *info, uint8_t *out, size_t len,
                   struct sealift_error *err)
{
    char hash[] = "SHA256";

    return derive(hash, key, salt, bytes_of_text(info), out, len, err);
}

enum sealift_status
hkdf_sha256(const struct secret *key, struct bytes salt, const char *info, size_t len, struct secret **ret_key,
            struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *derived = NULL;

    TRY(secret_new(len, &derived, err));
    TRY(hkdf_sha256_public(key, salt, info, derived->bytes, len, err));
    *ret_key = TAKE(derived);
    return SEALIFT_OK;
}

enum sealift_status
hkdf_sha512_public(const struct secret *key, struct bytes salt, struct bytes info, uint8_t *out, size_t len,
                   struct sealift_error *err)
{
    char hash[] = "SHA512";

    return derive(hash, key, salt, info, out, len, err);
}
