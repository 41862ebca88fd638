#include "tls_trust.h"

#include "error.h"
#include "openssl_error.h"
#include "pem_certificates.h"
#include "scoped.h"
#include "world.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum sealift_status
tls_trust_load(SSL_CTX *context, const char *ca_file, struct sealift_error *err)
{
    SCOPED(pem_certificates_free) STACK_OF(X509) *certificates = NULL;

    if (ca_file == NULL || ca_file[0] == '\0') {
        SSL_CTX_set_default_verify_paths(context);
        ERR_clear_error(); /* a system without CAs: then nobody is trusted, and that is said */
        return SEALIFT_OK;
    }
    TRY(pem_certificates_read(ca_file, &certificates, err));
    for (int i = 0; i < sk_X509_num(certificates); i++)
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), sk_X509_value(certificates, i)) != 1)
            return openssl_error(err, ca_file);
    return SEALIFT_OK;
}

static int
note_trouble(int is_fine, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    struct tls_verdict *verdict = SSL_get_app_data(ssl);

    if (is_fine || verdict->error != X509_V_OK)
        return is_fine;
    verdict->error = X509_STORE_CTX_get_error(store);
    verdict->depth = X509_STORE_CTX_get_error_depth(store);
    if (certificate == NULL)
        return is_fine;
    x509_field_subject(certificate, verdict->subject);
    x509_field_issuer(certificate, verdict->issuer);
    x509_field_names(certificate, verdict->names);
    verdict->begins_ns = x509_field_begins_ns(certificate);
    verdict->ends_ns = x509_field_ends_ns(certificate);
    return is_fine;
}

static bool
is_address(const char *host)
{
    uint8_t unused[16];

    return inet_pton(AF_INET, host, unused) == 1 || inet_pton(AF_INET6, host, unused) == 1;
}

/* Certificates and SNI have neither the zone of an address (fe80::1%eth0) nor the final dot of a name. */
static void
copy_bare(const char *host, char out[256])
{
    size_t len;

    snprintf(out, 256, "%.*s", (int)strcspn(host, "%"), host);
    len = strlen(out);
    if (len > 1 && out[len - 1] == '.')
        out[len - 1] = '\0';
}

enum sealift_status
tls_trust_expect(SSL *ssl, const char *host, int64_t wall_ns, struct tls_verdict *verdict, struct sealift_error *err)
{
    X509_VERIFY_PARAM *rules = SSL_get0_param(ssl);
    char bare[256];
    bool done;

    copy_bare(host, bare);
    SSL_set_app_data(ssl, verdict);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, note_trouble);
    X509_VERIFY_PARAM_set_time(rules, (time_t)(wall_ns / NS_PER_S));
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    /* A CA file may hold just the intermediate authority, or the server's certificate itself: that is what is trusted
     * then, as with curl. */
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    if (is_address(bare))
        done = X509_VERIFY_PARAM_set1_ip_asc(rules, bare) == 1;
    else
        done = X509_VERIFY_PARAM_set1_host(rules, bare, 0) == 1 && SSL_set_tlsext_host_name(ssl, bare) == 1;
    if (!done)
        return openssl_error(err, host);
    return SEALIFT_OK;
}

/* An address that stands in the certificate as a name (the common name, of old appliances) does not count, and looks as
 * if it did. */
static enum sealift_status
report_name(const struct tls_verdict *verdict, const char *host, struct sealift_error *err)
{
    bool is_address = verdict->error == X509_V_ERR_IP_ADDRESS_MISMATCH;

    return error_set(err, SEALIFT_DENIED,
                     "the server's certificate is not for %s, but for %s: use what it names as the address, tell it "
                     "with --server-name, or give the server a certificate that names it%s",
                     host, verdict->names[0] != '\0' ? verdict->names : "nobody",
                     is_address ? " as an address (subjectAltName IP)" : "");
}

static enum sealift_status
report_time(const struct tls_verdict *verdict, struct sealift_error *err)
{
    const char *whose = verdict->depth == 0 ? "the server's certificate" : "a CA certificate above the server's";
    bool expired = verdict->error == X509_V_ERR_CERT_HAS_EXPIRED;
    char when[32];

    time_format(expired ? verdict->ends_ns : verdict->begins_ns, when);
    return error_set(err, SEALIFT_DENIED, "%s (%s) %s %s: renew it, or correct the clock of this machine", whose,
                     verdict->subject, expired ? "expired at" : "is valid only from", when);
}

enum sealift_status
tls_verdict_report(const struct tls_verdict *verdict, const char *host, struct sealift_error *err)
{
    switch (verdict->error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return report_name(verdict, host, err);
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return report_time(verdict, err);
    case X509_V_ERR_INVALID_PURPOSE:
        if (verdict->depth > 0)
            break;
        return error_set(err, SEALIFT_DENIED,
                         "the server's certificate (%s) is not made for servers: give it one with the extended key "
                         "usage serverAuth",
                         verdict->subject);
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return error_set(err, SEALIFT_DENIED,
                         "the server's certificate is weaker than OpenSSL allows on this machine (%s: %s): give the "
                         "server one with a longer key or a newer signature",
                         X509_verify_cert_error_string(verdict->error), verdict->subject);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return error_set(err, SEALIFT_DENIED,
                         "the server's certificate is not trusted (%s: %s, issued by %s): give the CA that signed it "
                         "with --ca-cert; if that is done, have the server send the intermediate certificates, too",
                         X509_verify_cert_error_string(verdict->error), verdict->subject, verdict->issuer);
    case X509_V_ERR_OUT_OF_MEM:
        return error_no_memory(err);
    default:
        break;
    }
    return error_set(
        err, SEALIFT_DENIED,
        "the server's certificate is not trusted (%s: %s, issued by %s): give the CA that signed it with --ca-cert",
        X509_verify_cert_error_string(verdict->error), verdict->subject, verdict->issuer);
}
