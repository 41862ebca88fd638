/* A self-signed certificate for a test's TLS server, made on the spot. */
#ifndef TEST_CERTIFICATE_H
#define TEST_CERTIFICATE_H

#include "test_pki.h"

struct test_certificate {
    struct test_pki pki; /* its folder */
    char certificate_file[128];
    char key_file[128];
};

/* `names` as OpenSSL's subjectAltName has them: "DNS:localhost,IP:127.0.0.1"; it is valid from now on for `seconds`
 * (negative: it is expired already). Failing aborts. */
void test_certificate_make(const char *names, long seconds, struct test_certificate *ret_certificate);
void test_certificate_remove(struct test_certificate *certificate);

#endif
