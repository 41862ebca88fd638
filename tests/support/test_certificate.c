#include "test_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NEED(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            perror("test certificate: " #condition);                                                                   \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static void
add_names(X509 *certificate, const char *names)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, NID_subject_alt_name, names);
    NEED(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static X509 *
make_certificate(EVP_PKEY *key, const char *names, long seconds)
{
    X509 *certificate = X509_new();
    X509_NAME *name;

    NEED(certificate != NULL);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), seconds < 0 ? 2 * seconds : -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
    name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"sealift test", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    add_names(certificate, names);
    NEED(X509_set_pubkey(certificate, key) == 1 && X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

void
test_certificate_make(const char *names, long seconds, struct test_certificate *ret_certificate)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate;
    FILE *file;

    NEED(key != NULL);
    certificate = make_certificate(key, names, seconds);
    snprintf(ret_certificate->folder, sizeof(ret_certificate->folder), "/tmp/sealift-certificate-XXXXXX");
    NEED(mkdtemp(ret_certificate->folder) != NULL);
    snprintf(ret_certificate->certificate_file, sizeof(ret_certificate->certificate_file), "%s/certificate.pem",
             ret_certificate->folder);
    snprintf(ret_certificate->key_file, sizeof(ret_certificate->key_file), "%s/key.pem", ret_certificate->folder);
    file = fopen(ret_certificate->certificate_file, "w");
    NEED(file != NULL && PEM_write_X509(file, certificate) == 1 && fclose(file) == 0);
    file = fopen(ret_certificate->key_file, "w");
    NEED(file != NULL && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(file) == 0);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

void
test_certificate_remove(struct test_certificate *certificate)
{
    unlink(certificate->certificate_file);
    unlink(certificate->key_file);
    rmdir(certificate->folder);
}
