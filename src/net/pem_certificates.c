#include "pem_certificates.h"

#include "error.h"
#include "io.h"
#include "scoped.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>

/* A system's whole bundle of CAs has about 200 KiB. */
#define MAX_FILE_SIZE ((size_t)4 << 20)

void
pem_certificates_free(STACK_OF(X509) * *certificates)
{
    sk_X509_pop_free(*certificates, X509_free);
    *certificates = NULL;
}

int
pem_certificates_refuse_passphrase(char *out, int size, int writing, void *context)
{
    bool *asked = context;

    (void)out, (void)size, (void)writing;
    *asked = true;
    return -1;
}

static void
bio_done(BIO **bio)
{
    BIO_free(*bio);
}

static enum sealift_status
read_file(const char *path, struct buf *text, struct sealift_error *err)
{
    enum sealift_status status = io_read_file(path, MAX_FILE_SIZE, text, err);

    if (status == SEALIFT_OK || status == SEALIFT_NO_MEMORY)
        return status;
    err->status = SEALIFT_INVALID;
    return err->status;
}

enum sealift_status
pem_certificates_read(const char *path, STACK_OF(X509) * *ret_certificates, struct sealift_error *err)
{
    SCOPED(pem_certificates_free) STACK_OF(X509) *certificates = sk_X509_new_null();
    SCOPED(buf_done) struct buf text = {0};
    SCOPED(bio_done) BIO *bio = NULL;
    bool locked = false, at_end;
    X509 *certificate;

    TRY(read_file(path, &text, err));
    bio = BIO_new_mem_buf(text.len > 0 ? (const void *)text.data : "", (int)text.len);
    if (bio == NULL || certificates == NULL)
        return error_no_memory(err);
    while ((certificate = PEM_read_bio_X509(bio, NULL, pem_certificates_refuse_passphrase, &locked)) != NULL) {
        if (sk_X509_push(certificates, certificate) <= 0) {
            X509_free(certificate);
            return error_no_memory(err);
        }
    }
    at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (!at_end)
        return error_set(err, SEALIFT_INVALID, "%s: certificate %d in it is damaged", path,
                         sk_X509_num(certificates) + 1);
    if (sk_X509_num(certificates) == 0)
        return error_set(err, SEALIFT_INVALID, "%s: holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)",
                         path);
    *ret_certificates = TAKE(certificates);
    return SEALIFT_OK;
}
