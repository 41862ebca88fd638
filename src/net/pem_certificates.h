/* A PEM file (RFC 7468) with certificates. Only src/net includes this. */
#ifndef PEM_CERTIFICATES_H
#define PEM_CERTIFICATES_H

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sealift/status.h>

/* All of them, in their order, at least one. INVALID, beginning with the path, when the file is unreadable or larger
 * than 4 MiB, holds none, or one that is damaged. */
enum sealift_status pem_certificates_read(const char *path, STACK_OF(X509) * *ret_certificates,
                                          struct sealift_error *err);
void pem_certificates_free(STACK_OF(X509) * *certificates);

/* For OpenSSL's readers of PEM: a passphrase is refused, so that nobody is ever asked for one on the terminal. *context
 * (a bool) becomes true when one would have been needed. */
int pem_certificates_refuse_passphrase(char *out, int size, int writing, void *context);

#endif
