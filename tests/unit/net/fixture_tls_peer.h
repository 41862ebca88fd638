/* The other end of a TLS connection, which does what a test needs of it: refuses, dribbles, stalls in any phase, cuts,
 * or speaks something else. Each connection is served by a thread of its own. Failing to set it up aborts. */
#ifndef FIXTURE_TLS_PEER_H
#define FIXTURE_TLS_PEER_H

#include "test_pki.h"

#include <stddef.h>

/* What follows the handshake, and the answer. */
enum tls_peer_ending {
    TLS_PEER_ECHO,  /* sends back what comes */
    TLS_PEER_STALL, /* neither reads nor writes */
    TLS_PEER_CLOSE, /* says so ("close notify"), and closes */
    TLS_PEER_CUT,   /* closes */
    TLS_PEER_RESET, /* closes, and the other end gets an RST */
};

struct tls_peer_options {
    const struct test_identity *identity; /* NULL: no TLS; `answer` goes out as it stands */
    const char *client_ca;  /* asks for a certificate, and refuses one that is not of this CA; NULL: does not ask */
    int refusal;            /* X509_V_ERR_...: refuses the certificate for this reason, whosever it is */
    bool takes_any;         /* asks for a certificate, and takes what comes, or nothing */
    int version;            /* TLS1_2_VERSION, TLS1_3_VERSION: no other; 0: any */
    const char *ciphers;    /* of TLS 1.2; NULL: the usual ones */
    bool weak;              /* takes keys and versions of yesterday */
    bool ipv6;              /* listens on ::1, else on 127.0.0.1 */
    size_t handshake_bytes; /* not 0: of what it says in the handshake so much goes out, and then the ending comes */
    size_t reads;           /* so much is awaited before the answer */
    const char *answer;     /* NULL: none */
    size_t answer_len;      /* 0: up to the NUL */
    size_t piece;           /* of so many bytes, 0: all at once, ... */
    unsigned pause_ms;      /* ... with this pause between them */
    bool new_keys;          /* before the answer, with TLS 1.3: changes its keys, and asks for the same */
    bool forever;           /* the answer again and again, as fast as it goes */
    enum tls_peer_ending ending;
};

struct tls_peer;

/* On a port that the kernel chooses. What `options` points at must outlive it. NULL: this machine has no ::1. */
struct tls_peer *tls_peer_start(const struct tls_peer_options *options);
void tls_peer_stop(struct tls_peer **peer);

const char *tls_peer_port(const struct tls_peer *peer);  /* "40123" */
size_t tls_peer_accepted(struct tls_peer *peer);         /* connections so far */
size_t tls_peer_ended(struct tls_peer *peer);            /* those that it has closed */
size_t tls_peer_farewells(struct tls_peer *peer);        /* those at whose end the other side said "close notify" */
const char *tls_peer_server_name(struct tls_peer *peer); /* of the last handshake; "" without SNI */

/* A port of 127.0.0.1 that is taken, but on which nobody listens. The descriptor to close(). */
int tls_peer_deaf_port(char out[6]);

/* A port that takes no more connections: its queue is full. */
struct tls_peer_backlog {
    int fds[16];
    char port[6];
};
void tls_peer_fill_backlog(struct tls_peer_backlog *ret_backlog);
void tls_peer_backlog_done(struct tls_peer_backlog *backlog);

#endif
