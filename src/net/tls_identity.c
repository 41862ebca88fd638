#include "tls_identity.h"

#include "error.h"
#include "openssl_error.h"
#include "pem_certificates.h"
#include "scoped.h"
#include "x509_field.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/pem.h>

static void
key_done(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static const char *
key_name(const struct tls_stream_options *options)
{
    return options->client_key_name != NULL ? options->client_key_name : "the client key";
}

static enum sealift_status
check_validity(const char *path, const X509 *certificate, int64_t wall_ns, struct sealift_error *err)
{
    char begins[32], ends[32];

    time_format(x509_field_begins_ns(certificate), begins);
    time_format(x509_field_ends_ns(certificate), ends);
    if (wall_ns < x509_field_begins_ns(certificate))
        return error_set(err, SEALIFT_DENIED,
                         "%s: our client certificate is valid only from %s: wait until then, or correct the clock of "
                         "this machine",
                         path, begins);
    if (wall_ns > x509_field_ends_ns(certificate))
        return error_set(err, SEALIFT_DENIED,
                         "%s: our client certificate expired at %s: have it renewed by its CA, and put the new one "
                         "there or name it with --client-cert and --client-key",
                         path, ends);
    return SEALIFT_OK;
}

/* OpenSSL refuses certificates that are too weak for its security level. */
static enum sealift_status
use_certificates(SSL_CTX *context, const char *path, STACK_OF(X509) * certificates, struct sealift_error *err)
{
    bool is_used = SSL_CTX_use_certificate(context, sk_X509_value(certificates, 0)) == 1;

    for (int i = 1; is_used && i < sk_X509_num(certificates); i++)
        is_used = SSL_CTX_add1_chain_cert(context, sk_X509_value(certificates, i)) == 1;
    if (is_used)
        return SEALIFT_OK;
    if (openssl_error(err, path) == SEALIFT_NO_MEMORY)
        return SEALIFT_NO_MEMORY;
    err->status = SEALIFT_INVALID;
    return error_hint(err, "OpenSSL does not take this as a client certificate");
}

/* From the secret's own memory, which OpenSSL does not copy. */
static enum sealift_status
read_key(const struct tls_stream_options *options, EVP_PKEY **ret_key, struct sealift_error *err)
{
    BIO *text = BIO_new_mem_buf(options->client_key->bytes, (int)options->client_key->len);
    bool locked = false;
    EVP_PKEY *key;

    if (text == NULL)
        return error_no_memory(err);
    key = PEM_read_bio_PrivateKey(text, NULL, pem_certificates_refuse_passphrase, &locked);
    BIO_free(text);
    ERR_clear_error();
    if (key == NULL && locked)
        return error_set(err, SEALIFT_INVALID,
                         "%s: this key asks for a passphrase, which nobody is there to type: give it without one "
                         "(openssl pkey -in LOCKED -out KEY), readable by root alone, or as a systemd credential",
                         key_name(options));
    if (key == NULL)
        return error_set(err, SEALIFT_INVALID, "%s: holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)",
                         key_name(options));
    *ret_key = key;
    return SEALIFT_OK;
}

static enum sealift_status
use_key(SSL_CTX *context, const struct tls_stream_options *options, struct sealift_error *err)
{
    SCOPED(key_done) EVP_PKEY *key = NULL;
    bool belongs;

    TRY(read_key(options, &key, err));
    belongs = X509_check_private_key(SSL_CTX_get0_certificate(context), key) == 1;
    ERR_clear_error();
    if (!belongs)
        return error_set(err, SEALIFT_INVALID,
                         "%s: this key is not that of the certificate in %s: name the two that were made together",
                         key_name(options), options->client_certificate);
    if (SSL_CTX_use_PrivateKey(context, key) != 1)
        return openssl_error(err, key_name(options));
    return SEALIFT_OK;
}

enum sealift_status
tls_identity_load(SSL_CTX *context, const struct tls_stream_options *options, int64_t wall_ns, int64_t *ret_ends_ns,
                  struct sealift_error *err)
{
    SCOPED(pem_certificates_free) STACK_OF(X509) *certificates = NULL;
    const char *path = options->client_certificate;

    if (path == NULL)
        return SEALIFT_OK;
    assert(options->client_key != NULL);
    TRY(pem_certificates_read(path, &certificates, err));
    TRY(check_validity(path, sk_X509_value(certificates, 0), wall_ns, err));
    TRY(use_certificates(context, path, certificates, err));
    TRY(use_key(context, options, err));
    *ret_ends_ns = x509_field_ends_ns(sk_X509_value(certificates, 0));
    return SEALIFT_OK;
}
