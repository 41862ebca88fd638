/* An HTTP server that plays exact exchanges: it answers the requests that reach it, on whichever connection, with the
 * steps of a script in their order, and remembers every request. It can also close, stall or dawdle, with or without
 * TLS. */
#ifndef SCRIPTED_SERVER_H
#define SCRIPTED_SERVER_H

#include <stddef.h>
#include <sys/types.h>

enum scripted_ending {
    SCRIPTED_KEEP,  /* the connection stays open for the next request */
    SCRIPTED_CLOSE, /* closed right after the answer's bytes, whatever they promised */
    SCRIPTED_STALL, /* kept open, and silent for ever */
};

struct scripted_step {
    const char *answer; /* as it goes on the wire; NULL: not a byte */
    size_t answer_len;  /* 0: up to the NUL */
    enum scripted_ending ending;
    size_t impatient;  /* not 0: played as soon as so many bytes came, although the request is not whole */
    unsigned pause_ms; /* before the answer, and between its ... */
    size_t piece;      /* ... pieces of so many bytes; 0: all at once */
};

struct scripted_tls {
    const char *certificate_file; /* PEM */
    const char *key_file;
};

struct scripted_server;

/* Listens on a port of 127.0.0.1 that the kernel chooses. The steps stay the caller's; a request after the last one is
 * answered with 599. Failing to set it up aborts: it is a test's own machinery. `tls` NULL: plain HTTP. */
struct scripted_server *scripted_server_start(const struct scripted_step *steps, size_t count,
                                              const struct scripted_tls *tls);
void scripted_server_stop(struct scripted_server **server);

/* The same in a process of its own, which ends with this one: what it remembers is not in our memory. Its id, to be
 * killed. */
pid_t scripted_server_fork(const struct scripted_step *steps, size_t count, unsigned *ret_port);

unsigned scripted_server_port(const struct scripted_server *server);
const char *scripted_server_url(
    const struct scripted_server *server); /* "http://127.0.0.1:PORT", without a final slash */

/* How many requests came so far, and over how many connections. */
size_t scripted_server_requests(struct scripted_server *server);
size_t scripted_server_connections(struct scripted_server *server);

/* The request's head (up to the empty line) and body as they came; "" when there is none with that number. */
const char *scripted_server_head(struct scripted_server *server, size_t number);
const char *scripted_server_body(struct scripted_server *server, size_t number);
size_t scripted_server_body_len(struct scripted_server *server, size_t number);

/* Whether the request began with this line ("GET /bucket/key HTTP/1.1"), and the value of a header of it ("": it has
 * none; valid until the next call from the same thread). */
int scripted_server_saw_line(struct scripted_server *server, size_t number, const char *line);
const char *scripted_server_saw_header(struct scripted_server *server, size_t number, const char *name);

#endif
