/* What stands in a certificate, for comparing and for telling. Its text is from outside: it goes into a message only
 * through error_set(). Only src/net includes this. */
#ifndef X509_FIELD_H
#define X509_FIELD_H

#include <openssl/x509.h>
#include <stdint.h>

#define X509_FIELD_SIZE 384

/* In nanoseconds since 1970; what 64 bits do not hold (before 1677, after 2262) is INT64_MIN or INT64_MAX. */
int64_t x509_field_begins_ns(const X509 *certificate);
int64_t x509_field_ends_ns(const X509 *certificate);

/* "CN = alice, O = Example", cut where it is too long. */
void x509_field_subject(const X509 *certificate, char out[X509_FIELD_SIZE]);
void x509_field_issuer(const X509 *certificate, char out[X509_FIELD_SIZE]);

/* The names and addresses that it is for: "kms.example.com, 10.0.0.1"; the common name where it has no others. */
void x509_field_names(const X509 *certificate, char out[X509_FIELD_SIZE]);

#endif
