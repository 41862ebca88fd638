/* Our end of a TLS connection in tests: a world, certificates, and what is expected of a refusal. */
#ifndef FIXTURE_TLS_CLIENT_H
#define FIXTURE_TLS_CLIENT_H

#include "fixture_tls_peer.h"
#include "tls_stream.h"

#define SHORT_NS (200 * NS_PER_MS) /* a time that is to pass */
#define LONG_NS  (30 * NS_PER_S)   /* one that must not */

extern struct cancel tls_cancel;
extern const struct world tls_world; /* the system's clock */
extern struct test_pki tls_pki;
extern struct sealift_error tls_err;

void tls_client_set_up(void);
void tls_client_tear_down(void);

/* For the usual client of tls_pki and 127.0.0.1 (::1): it trusts tls_pki.ca, and has time. `peer` may be NULL. */
struct tls_stream_options tls_usual(const struct tls_peer *peer);

/* The same as another client. */
struct tls_stream_options tls_usual_as(const struct tls_peer *peer, const struct test_identity *identity);

/* The key in a file; lives until the test ends. */
const struct secret *tls_key(const char *path);

/* What `options` lead to. */
struct tls_stream *tls_must_connect(const struct tls_stream_options *options);
void tls_must_echo(struct tls_stream *stream, const char *text);
void tls_expect_connect(const struct tls_stream_options *options, enum sealift_status status, const char *because);

/* That a call ended so, with this in its message behind the HOST:PORT, and nothing left in OpenSSL's queue. */
void tls_expect(enum sealift_status got, enum sealift_status wanted, const char *because);

/* Sets tls_cancel in a twentieth of a second; taking it back tells when that was (tls_now_ns()). */
void tls_cancel_soon(void);
int64_t tls_cancel_join(void);

int64_t tls_now_ns(void); /* the kernel's monotonic time */

#endif
