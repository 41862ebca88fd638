/* Whom we believe: the CA, the name that the server's certificate must hold, and what was found wrong with it. Only
 * src/net includes this. */
#ifndef TLS_TRUST_H
#define TLS_TRUST_H

#include "x509_field.h"

#include <openssl/ssl.h>
#include <sealift/status.h>

/* The first thing that was wrong, as it was seen while the chain was verified. */
struct tls_verdict {
    int error; /* X509_V_OK: nothing yet */
    int depth; /* 0: the server's own certificate; above: those that lead to its CA */
    char subject[X509_FIELD_SIZE];
    char issuer[X509_FIELD_SIZE];
    char names[X509_FIELD_SIZE];
    int64_t begins_ns, ends_ns;
};

/* `ca_file` NULL or empty: the system's CAs ($SSL_CERT_FILE and $SSL_CERT_DIR as OpenSSL hears them). */
enum sealift_status tls_trust_load(SSL_CTX *context, const char *ca_file, struct sealift_error *err);

/* The server must prove at `wall_ns` that it is `host` (a name, which SNI then tells it, or an address). What is wrong
 * goes to *verdict, which must live as long as `ssl`. */
enum sealift_status tls_trust_expect(SSL *ssl, const char *host, int64_t wall_ns, struct tls_verdict *verdict,
                                     struct sealift_error *err);

/* DENIED, in words, with the way out. `host` as it was expected. */
enum sealift_status tls_verdict_report(const struct tls_verdict *verdict, const char *host, struct sealift_error *err);

#endif
