/* Who we are to a TLS server: our certificate, what leads from it to its CA, and the key. Only src/net
 * includes this. */
#ifndef TLS_IDENTITY_H
#define TLS_IDENTITY_H

#include "tls_stream.h"

#include <openssl/ssl.h>

/* Puts what `options` names into `context`; nothing where it names no certificate. *ret_ends_ns: when it ends. INVALID:
 * a file is unreadable or no PEM, the key asks for a passphrase or is that of another certificate. DENIED: the
 * certificate is not valid at `wall_ns`. Each with the way out. */
enum sealift_status tls_identity_load(SSL_CTX *context, const struct tls_stream_options *options, int64_t wall_ns,
                                      int64_t *ret_ends_ns, struct sealift_error *err);

#endif
