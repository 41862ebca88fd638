/* Certificates for a test's two ends of TLS: authorities and what they sign, made on the spot (EC P-256: some
 * milliseconds each), as PEM files in a temporary folder of its own. Failing aborts. */
#ifndef TEST_PKI_H
#define TEST_PKI_H

#include <stdbool.h>

struct test_identity {
    char certificate_file[128]; /* the certificate, then the intermediate authorities above it */
    char key_file[128];
};

struct test_pki {
    char folder[64];
    unsigned made;
    struct test_identity ca;     /* signs itself: what the other side is told to trust */
    struct test_identity server; /* for localhost, 127.0.0.1 and ::1 */
    struct test_identity client; /* CN=alice */
};

/* The usual three. */
void test_pki_make(struct test_pki *ret_pki);
void test_pki_done(struct test_pki *pki); /* removes the folder with all that was put there */

struct test_identity_options {
    const struct test_identity *issuer; /* NULL: it signs itself */
    const char *common_name;            /* NULL: "sealift test" */
    const char *names;                  /* as OpenSSL's subjectAltName: "DNS:localhost,IP:127.0.0.1"; NULL: none */
    const char *usage;                  /* as OpenSSL's extendedKeyUsage: "clientAuth"; NULL: any */
    const char *curve;                  /* NULL: P-256 */
    const char *digest;                 /* of the signature; NULL: SHA256 */
    bool authority;
    bool without_chain; /* the file holds this certificate alone */
    long begins_s;      /* from now; both 0: from ten years ago ... */
    long ends_s;        /* ... until ten years from now */
};

void test_pki_add(struct test_pki *pki, const struct test_identity_options *options,
                  struct test_identity *ret_identity);

/* The key of `identity` again, locked with a passphrase (PKCS #8), in a file of its own. */
void test_pki_lock_key(struct test_pki *pki, const struct test_identity *identity, const char *passphrase,
                       char ret_key_file[128]);

#endif
