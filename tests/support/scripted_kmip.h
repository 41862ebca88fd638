/* A KMIP server over mutual TLS that answers properly (scripted_kmip_model.h), or wrongly in just the way that is asked
 * for (scripted_kmip_fault.h), and remembers every request. It runs in threads of its own, one a connection, so that
 * one that stalls does not keep others waiting. Setting it up and running it abort where they fail: it is a test's own
 * machinery.
 *
 *     SCOPED(test_pki_done) struct test_pki pki;
 *     test_pki_make(&pki);
 *     struct scripted_kmip *server = scripted_kmip_start(&(struct scripted_kmip_setup){.pki = &pki}, NULL);
 *     ... a client of "127.0.0.1:<scripted_kmip_port(server)>" with pki.client and pki.ca; the key's UID is "1" ...
 *     scripted_kmip_add_fault(server, &(struct scripted_fault){.kind = SCRIPTED_CUT_AT, .operation = 0x1f, .at = 20});
 *     ... the next Encrypt's answer ends after 20 bytes, and so does each that follows ...
 *     scripted_kmip_stop(&server);
 */
#ifndef SCRIPTED_KMIP_H
#define SCRIPTED_KMIP_H

#include "scripted_kmip_fault.h"
#include "scripted_kmip_model.h"
#include "test_pki.h"

#include <sys/types.h>

struct scripted_kmip;

struct scripted_kmip_setup {
    const struct test_pki *pki;           /* must outlive the start only: whose clients are let in */
    const struct test_identity *identity; /* the server's certificate; NULL: the pki's */
    bool asks_nobody;                     /* no client certificate is asked for */
    int min_version, max_version;         /* TLS1_2_VERSION ...; 0: from 1.2 to 1.3 */
    unsigned port;                        /* 0: one that the kernel chooses */
    bool full;                            /* nobody gets in: the kernel leaves connecting unanswered */
};

/* `model` NULL: all zero. It is copied, the texts that it names are not. */
struct scripted_kmip *scripted_kmip_start(const struct scripted_kmip_setup *setup,
                                          const struct scripted_kmip_model *model);
/* Connections that are open are closed; the port refuses from then on. NULL is left alone. */
void scripted_kmip_stop(struct scripted_kmip **server);

/* The same in a process of its own, which ends with this one: what it remembers is not in our memory. Its id, to be
 * killed. */
pid_t scripted_kmip_fork(const struct scripted_kmip_setup *setup, const struct scripted_kmip_model *model,
                         unsigned *ret_port);

unsigned scripted_kmip_port(const struct scripted_kmip *server);
const char *scripted_kmip_address(const struct scripted_kmip *server); /* "127.0.0.1:PORT" */

/* From the next request on. */
void scripted_kmip_change(struct scripted_kmip *server, const struct scripted_kmip_model *model);

/* Faults add up, in their order: unknown tags, sent in pieces. Each counts requests (or connections) from when it was
 * added. The text stays the caller's. */
void scripted_kmip_add_fault(struct scripted_kmip *server, const struct scripted_fault *fault);
void scripted_kmip_clear_faults(struct scripted_kmip *server);
/* How often a fault was at work since they were cleared: a test that expects one asks. */
size_t scripted_kmip_faults(struct scripted_kmip *server);

/* --- What it saw --- */

struct scripted_request {
    struct scripted_seen seen;
    size_t connection; /* the number of the one that it came over, from 0 */
    const uint8_t *bytes;
    size_t len;
    const uint8_t *answer; /* as it was before any fault that is about sending */
    size_t answer_len;
};

size_t scripted_kmip_requests(struct scripted_kmip *server);
size_t scripted_kmip_count(struct scripted_kmip *server, uint32_t operation);
/* The request with that number (it must exist). The bytes stay until the server is stopped. */
struct scripted_request scripted_kmip_request(struct scripted_kmip *server, size_t number);
struct scripted_request scripted_kmip_last(struct scripted_kmip *server, uint32_t operation);
/* The first complaint about any request; empty: a strict server accepts every one. */
const char *scripted_kmip_complaint(struct scripted_kmip *server);

/* Connections that were accepted; those of them that TLS let in; those that are open. */
size_t scripted_kmip_connections(struct scripted_kmip *server);
size_t scripted_kmip_handshakes(struct scripted_kmip *server);
size_t scripted_kmip_open_connections(struct scripted_kmip *server);
/* Waits until the clients have closed theirs, for ten seconds at most. */
bool scripted_kmip_all_closed(struct scripted_kmip *server);

#endif
