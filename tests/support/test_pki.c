#include "test_pki.h"

#include <ftw.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Long enough for a scripted clock to lie within, too. */
#define TEN_YEARS_S (3650L * 24 * 3600)

#define NEED(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            perror("test pki: " #condition);                                                                           \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* Who signs: itself, when there is no issuer. */
struct signer {
    X509 *certificate;
    EVP_PKEY *key;
};

static FILE *
open_file(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);

    NEED(file != NULL);
    return file;
}

static struct signer
read_signer(const struct test_identity *identity)
{
    FILE *certificate = open_file(identity->certificate_file, "r");
    FILE *key = open_file(identity->key_file, "r");
    struct signer signer = {
        PEM_read_X509(certificate, NULL, NULL, NULL),
        PEM_read_PrivateKey(key, NULL, NULL, NULL),
    };

    NEED(signer.certificate != NULL && signer.key != NULL);
    fclose(certificate);
    fclose(key);
    return signer;
}

static void
signer_done(struct signer *signer)
{
    X509_free(signer->certificate);
    EVP_PKEY_free(signer->key);
}

static void
add_extension(X509 *certificate, X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    if (value == NULL)
        return;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    NEED(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void
set_name(X509 *certificate, const char *common_name)
{
    const unsigned char *text = (const unsigned char *)(common_name != NULL ? common_name : "sealift test");

    NEED(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1);
}

static void
set_validity(X509 *certificate, const struct test_identity_options *options)
{
    bool usual = options->begins_s == 0 && options->ends_s == 0;

    X509_gmtime_adj(X509_getm_notBefore(certificate), usual ? -TEN_YEARS_S : options->begins_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate), usual ? TEN_YEARS_S : options->ends_s);
}

static X509 *
make_certificate(const struct test_identity_options *options, unsigned serial, EVP_PKEY *key,
                 const struct signer *issuer)
{
    X509 *certificate = X509_new();
    X509 *above = issuer != NULL ? issuer->certificate : certificate;
    const EVP_MD *digest = EVP_get_digestbyname(options->digest != NULL ? options->digest : "SHA256");

    NEED(certificate != NULL);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    set_validity(certificate, options);
    set_name(certificate, options->common_name);
    X509_set_issuer_name(certificate, X509_get_subject_name(above));
    NEED(X509_set_pubkey(certificate, key) == 1);
    add_extension(certificate, above, NID_subject_key_identifier, "hash");
    add_extension(certificate, above, NID_authority_key_identifier, issuer != NULL ? "keyid" : NULL);
    add_extension(certificate, above, NID_basic_constraints,
                  options->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(certificate, above, NID_key_usage,
                  options->authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    add_extension(certificate, above, NID_ext_key_usage, options->usage);
    add_extension(certificate, above, NID_subject_alt_name, options->names);
    NEED(X509_sign(certificate, issuer != NULL ? issuer->key : key, digest) > 0);
    return certificate;
}

/* What stands in the issuer's file leads on to the authority at the top, which itself is not sent. */
static void
append_chain(FILE *out, const struct test_identity *issuer)
{
    FILE *in = open_file(issuer->certificate_file, "r");
    X509 *above;

    while ((above = PEM_read_X509(in, NULL, NULL, NULL)) != NULL) {
        if (X509_NAME_cmp(X509_get_subject_name(above), X509_get_issuer_name(above)) != 0)
            NEED(PEM_write_X509(out, above) == 1);
        X509_free(above);
    }
    fclose(in);
}

static void
write_key(const char *path, EVP_PKEY *key, const char *passphrase)
{
    FILE *file = open_file(path, "w");

    NEED(fchmod(fileno(file), 0600) == 0);
    NEED(PEM_write_PKCS8PrivateKey(file, key, passphrase != NULL ? EVP_aes_256_cbc() : NULL, passphrase,
                                   passphrase != NULL ? (int)strlen(passphrase) : 0, NULL, NULL) == 1);
    NEED(fclose(file) == 0);
}

void
test_pki_add(struct test_pki *pki, const struct test_identity_options *options, struct test_identity *ret_identity)
{
    struct signer issuer = options->issuer != NULL ? read_signer(options->issuer) : (struct signer){NULL, NULL};
    EVP_PKEY *key = EVP_EC_gen(options->curve != NULL ? options->curve : "P-256");
    unsigned number = ++pki->made;
    struct test_identity identity;
    X509 *certificate;
    FILE *file;

    NEED(key != NULL);
    certificate = make_certificate(options, number, key, options->issuer != NULL ? &issuer : NULL);
    snprintf(identity.certificate_file, sizeof(identity.certificate_file), "%s/%u.pem", pki->folder, number);
    snprintf(identity.key_file, sizeof(identity.key_file), "%s/%u.key.pem", pki->folder, number);
    file = open_file(identity.certificate_file, "w");
    NEED(PEM_write_X509(file, certificate) == 1);
    if (options->issuer != NULL && !options->without_chain)
        append_chain(file, options->issuer);
    NEED(fclose(file) == 0);
    write_key(identity.key_file, key, NULL);
    X509_free(certificate);
    EVP_PKEY_free(key);
    signer_done(&issuer);
    ERR_clear_error(); /* where a file of certificates ends is an error to OpenSSL */
    *ret_identity = identity;
}

void
test_pki_lock_key(struct test_pki *pki, const struct test_identity *identity, const char *passphrase,
                  char ret_key_file[128])
{
    struct signer signer = read_signer(identity);

    snprintf(ret_key_file, 128, "%s/%u.locked.pem", pki->folder, ++pki->made);
    write_key(ret_key_file, signer.key, passphrase);
    signer_done(&signer);
}

void
test_pki_make(struct test_pki *ret_pki)
{
    struct test_pki *pki = ret_pki;

    *pki = (struct test_pki){.folder = "/tmp/sealift-pki-XXXXXX"};
    NEED(mkdtemp(pki->folder) != NULL);
    test_pki_add(pki, &(struct test_identity_options){.common_name = "sealift test CA", .authority = true}, &pki->ca);
    test_pki_add(pki,
                 &(struct test_identity_options){.issuer = &pki->ca,
                                                 .common_name = "server",
                                                 .names = "DNS:localhost,IP:127.0.0.1,IP:::1",
                                                 .usage = "serverAuth"},
                 &pki->server);
    test_pki_add(pki,
                 &(struct test_identity_options){.issuer = &pki->ca, .common_name = "alice", .usage = "clientAuth"},
                 &pki->client);
}

static int
remove_entry(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about, (void)type, (void)where;
    remove(path);
    return 0;
}

void
test_pki_done(struct test_pki *pki)
{
    nftw(pki->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
