/* A TLS connection (1.2 or later, RFC 5246 and 8446) to a server that asks for a client certificate: bytes out, bytes
 * in, every phase with a deadline. It knows nothing of what is said over it, and nothing is retried. The server's
 * certificate is always verified, against its name too; there is no switch. Not through a proxy.
 *
 * One thread at a time. Waiting stops within a tenth of a second when the world asks to. SIGPIPE is kept away. */
#ifndef TLS_STREAM_H
#define TLS_STREAM_H

#include "endpoint.h"
#include "secret.h"

struct tls_stream;

struct tls_stream_options {
    struct endpoint endpoint;
    const char *server_name; /* what the certificate must hold, and SNI names; NULL or empty: the endpoint's host */
    const char *ca_file;     /* PEM; NULL or empty: the system's */
    const char *client_certificate;  /* PEM file: the certificate, then what leads to its CA; NULL: we have none */
    const struct secret *client_key; /* PEM; one that asks for a passphrase is INVALID, and nobody is asked */
    const char *client_key_name;     /* where it came from, for messages */
    int64_t connect_timeout_ns;      /* 0: 5 s, for name, TCP and each further address together */
    int64_t handshake_timeout_ns;    /* 0: 10 s */
};

/* Messages begin with "HOST:PORT: ". UNAVAILABLE: name not found, refused, no answer in time, cut. DENIED: their
 * certificate is not trusted, expired, or of another name; ours is refused (each alert in words: unknown CA, expired,
 * none sent), or has expired, which is looked at before anything is sent. INVALID: our files are unreadable, no PEM, or
 * key and certificate do not belong together; no TLS is spoken there, or none that is new enough. CANCELLED. Each with
 * the way out. `world` must outlive the stream; the options need not. */
enum sealift_status tls_stream_connect(const struct world *world, const struct tls_stream_options *options,
                                       struct tls_stream **ret_stream, struct sealift_error *err);
void tls_stream_close(struct tls_stream **stream); /* tells the peer, without waiting for it */

/* All of it, or an error; after an error only closing makes sense. With TLS 1.3 a server refuses our certificate only
 * when we first read: the same DENIED as from connecting. */
enum sealift_status tls_stream_write(struct tls_stream *stream, struct bytes bytes, int64_t timeout_ns,
                                     struct sealift_error *err);

/* Exactly `len` bytes within timeout_ns, however they dribble. UNAVAILABLE: the deadline passed, or the peer closed;
 * *ret_got (may be NULL) says how many had come. */
enum sealift_status tls_stream_read(struct tls_stream *stream, uint8_t *out, size_t len, int64_t timeout_ns,
                                    size_t *ret_got, struct sealift_error *err);

/* When our certificate ends, in nanoseconds since 1970; 0 without one. */
int64_t tls_stream_certificate_ends(const struct tls_stream *stream);
/* "TLSv1.3". Lives as long as the stream. */
const char *tls_stream_protocol(const struct tls_stream *stream);

#endif
