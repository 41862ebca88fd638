#include "digest.h"

#include "openssl_error.h"
#include "scoped.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdlib.h>

/* Fetching an algorithm searches the providers, which costs more than hashing a block: it is done once a process. */
static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MD *sha256_algorithm;
static EVP_MD *md5_algorithm; /* NULL where policy forbids it (FIPS) */
static EVP_MAC *hmac_algorithm;

static void
fetch_algorithms(void)
{
    sha256_algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    md5_algorithm = EVP_MD_fetch(NULL, "MD5", NULL);
    hmac_algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
}

static const uint8_t *
data_of(struct bytes bytes)
{
    /* OpenSSL takes NULL for "no argument", not for "no bytes". */
    return bytes.data != NULL ? bytes.data : (const uint8_t *)"";
}

static enum sealift_status
digest(const EVP_MD *algorithm, const char *name, struct bytes data, uint8_t *out, struct sealift_error *err)
{
    if (algorithm == NULL || EVP_Digest(data_of(data), data.len, out, NULL, algorithm, NULL) != 1)
        return openssl_error(err, name);
    return SEALIFT_OK;
}

enum sealift_status
sha256(struct bytes data, uint8_t out[SHA256_SIZE], struct sealift_error *err)
{
    pthread_once(&fetched, fetch_algorithms);
    return digest(sha256_algorithm, "SHA-256", data, out, err);
}

enum sealift_status
md5(struct bytes data, uint8_t out[MD5_SIZE], struct sealift_error *err)
{
    pthread_once(&fetched, fetch_algorithms);
    return digest(md5_algorithm, "MD5", data, out, err);
}

struct sha256_stream {
    EVP_MD_CTX *context;
};

enum sealift_status
sha256_stream_new(struct sha256_stream **ret_stream, struct sealift_error *err)
{
    SCOPED(sha256_stream_free) struct sha256_stream *stream = calloc(1, sizeof(*stream));

    pthread_once(&fetched, fetch_algorithms);
    if (stream == NULL)
        return error_no_memory(err);
    stream->context = EVP_MD_CTX_new();
    if (stream->context == NULL || EVP_DigestInit_ex2(stream->context, sha256_algorithm, NULL) != 1)
        return openssl_error(err, "SHA-256");
    *ret_stream = TAKE(stream);
    return SEALIFT_OK;
}

void
sha256_stream_free(struct sha256_stream **stream)
{
    if (*stream != NULL)
        EVP_MD_CTX_free((*stream)->context);
    free(*stream);
    *stream = NULL;
}

enum sealift_status
sha256_stream_add(struct sha256_stream *stream, struct bytes data, struct sealift_error *err)
{
    if (EVP_DigestUpdate(stream->context, data_of(data), data.len) != 1)
        return openssl_error(err, "SHA-256");
    return SEALIFT_OK;
}

enum sealift_status
sha256_stream_end(struct sha256_stream *stream, uint8_t out[SHA256_SIZE], struct sealift_error *err)
{
    if (EVP_DigestFinal_ex(stream->context, out, NULL) != 1 || EVP_DigestInit_ex2(stream->context, NULL, NULL) != 1)
        return openssl_error(err, "SHA-256");
    return SEALIFT_OK;
}

struct mac {
    EVP_MAC_CTX *context;
};

static enum sealift_status
mac_new_from_bytes(struct bytes key, struct mac **ret_mac, struct sealift_error *err)
{
    SCOPED(mac_free) struct mac *mac = calloc(1, sizeof(*mac));
    char sha256_name[] = "SHA256";
    OSSL_PARAM with_sha256[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256_name, 0),
                                OSSL_PARAM_construct_end()};

    pthread_once(&fetched, fetch_algorithms);
    if (mac == NULL)
        return error_no_memory(err);
    mac->context = EVP_MAC_CTX_new(hmac_algorithm);
    if (mac->context == NULL || EVP_MAC_init(mac->context, data_of(key), key.len, with_sha256) != 1)
        return openssl_error(err, "HMAC-SHA-256");
    *ret_mac = TAKE(mac);
    return SEALIFT_OK;
}

enum sealift_status
mac_new(const struct secret *key, struct mac **ret_mac, struct sealift_error *err)
{
    return mac_new_from_bytes(secret_bytes(key), ret_mac, err);
}

void
mac_free(struct mac **mac)
{
    if (*mac != NULL)
        EVP_MAC_CTX_free((*mac)->context);
    free(*mac);
    *mac = NULL;
}

enum sealift_status
mac_compute(struct mac *mac, struct bytes data, uint8_t out[SHA256_SIZE], struct sealift_error *err)
{
    size_t len;

    /* Initialising without a key starts over with the padded keys that the context has hashed already. */
    if (EVP_MAC_init(mac->context, NULL, 0, NULL) != 1 || EVP_MAC_update(mac->context, data_of(data), data.len) != 1 ||
        EVP_MAC_final(mac->context, out, &len, SHA256_SIZE) != 1)
        return openssl_error(err, "HMAC-SHA-256");
    return SEALIFT_OK;
}

enum sealift_status
hmac_sha256(struct bytes key, struct bytes data, uint8_t out[SHA256_SIZE], struct sealift_error *err)
{
    SCOPED(mac_free) struct mac *mac = NULL;

    TRY(mac_new_from_bytes(key, &mac, err));
    return mac_compute(mac, data, out, err);
}

bool
digest_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}
