#include "scripted_server.h"

#include "serving.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNECTIONS 128
#define MAX_REQUESTS    1024

#define NEED(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            perror("scripted server: " #condition);                                                                    \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

struct connection {
    int fd; /* -1: closed */
    SSL *ssl;
    bool stalled;
    char *data; /* what came and is not answered yet */
    size_t len;
};

struct request {
    char *head; /* NUL-terminated, and so is the body */
    char *body;
    size_t body_len;
};

struct scripted_server {
    const struct scripted_step *steps;
    size_t step_count;
    SSL_CTX *tls;
    int listener;
    int stop; /* an eventfd */
    char url[64];
    unsigned port;
    pthread_t thread;

    struct connection connections[MAX_CONNECTIONS]; /* the thread's own */
    size_t connection_count;

    pthread_mutex_t lock; /* guards what follows */
    struct request requests[MAX_REQUESTS];
    size_t request_count;
    size_t accepted;
};

static ssize_t
receive(struct connection *connection, char *out, size_t len)
{
    return connection->ssl != NULL ? SSL_read(connection->ssl, out, (int)len) : recv(connection->fd, out, len, 0);
}

static bool
send_all(struct connection *connection, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = connection->ssl != NULL ? SSL_write(connection->ssl, data, (int)len)
                                               : send(connection->fd, data, len, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        data += sent;
        len -= (size_t)sent;
    }
    return true;
}

static void
close_connection(struct connection *connection)
{
    SSL_free(connection->ssl);
    close(connection->fd);
    free(connection->data);
    *connection = (struct connection){.fd = -1};
}

static size_t
length_of_body(const char *data, size_t head_len)
{
    char *head = strndup(data, head_len);
    const char *header;
    size_t len;

    NEED(head != NULL);
    header = strcasestr(head, "\r\ncontent-length:");
    len = header != NULL ? strtoul(header + strlen("\r\ncontent-length:"), NULL, 10) : 0;
    free(head);
    return len;
}

static void
remember(struct scripted_server *server, struct connection *connection, size_t head_len, size_t body_len)
{
    struct request request = {strndup(connection->data, head_len), calloc(1, body_len + 1), body_len};
    size_t whole = head_len + body_len;

    NEED(request.head != NULL && request.body != NULL);
    memcpy(request.body, connection->data + head_len, body_len);
    memmove(connection->data, connection->data + whole, connection->len - whole);
    connection->len -= whole;
    pthread_mutex_lock(&server->lock);
    NEED(server->request_count < MAX_REQUESTS);
    server->requests[server->request_count++] = request;
    pthread_mutex_unlock(&server->lock);
}

/* Takes a request off the connection's data and remembers it; false while it is not whole and its step is patient. */
static bool
take_request(struct scripted_server *server, struct connection *connection)
{
    const char *end = connection->len > 0 ? memmem(connection->data, connection->len, "\r\n\r\n", 4) : NULL;
    size_t number = server->request_count; /* only this thread writes it */
    size_t impatient = number < server->step_count ? server->steps[number].impatient : 0;
    size_t head_len, body_len;

    if (impatient != 0 && connection->len >= impatient) {
        remember(server, connection, connection->len, 0);
        return true;
    }
    if (end == NULL)
        return false;
    head_len = (size_t)(end - connection->data) + 4;
    body_len = length_of_body(connection->data, head_len);
    if (connection->len - head_len < body_len)
        return false;
    remember(server, connection, head_len, body_len);
    return true;
}

static void
answer(struct scripted_server *server, struct connection *connection, size_t number)
{
    static const struct scripted_step over = {
        .answer = "HTTP/1.1 599 The script is over\r\nContent-Length: 0\r\n\r\n",
    };
    const struct scripted_step *step = number < server->step_count ? &server->steps[number] : &over;
    size_t len = step->answer_len != 0 || step->answer == NULL ? step->answer_len : strlen(step->answer);
    size_t piece = step->piece != 0 ? step->piece : len;

    usleep(step->pause_ms * 1000);
    for (size_t at = 0; at < len; at += piece) {
        if (at > 0)
            usleep(step->pause_ms * 1000);
        if (!send_all(connection, step->answer + at, piece < len - at ? piece : len - at))
            break;
    }
    if (step->ending == SCRIPTED_CLOSE)
        close_connection(connection);
    else
        connection->stalled = step->ending == SCRIPTED_STALL;
}

static void
serve(struct scripted_server *server, struct connection *connection)
{
    char piece[65536];
    ssize_t got;

    do {
        got = receive(connection, piece, sizeof(piece));
        if (got <= 0) {
            close_connection(connection);
            return;
        }
        connection->data = realloc(connection->data, connection->len + (size_t)got);
        NEED(connection->data != NULL);
        memcpy(connection->data + connection->len, piece, (size_t)got);
        connection->len += (size_t)got;
    } while (connection->ssl != NULL && SSL_pending(connection->ssl) > 0);

    while (connection->fd >= 0 && !connection->stalled && take_request(server, connection))
        answer(server, connection, server->request_count - 1);
}

static void
accept_connection(struct scripted_server *server)
{
    struct connection connection = {.fd = accept(server->listener, NULL, NULL)};
    int on = 1;

    NEED(connection.fd >= 0 && server->connection_count < MAX_CONNECTIONS);
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    pthread_mutex_lock(&server->lock);
    server->accepted++;
    pthread_mutex_unlock(&server->lock);
    if (server->tls != NULL) {
        connection.ssl = SSL_new(server->tls);
        NEED(connection.ssl != NULL && SSL_set_fd(connection.ssl, connection.fd) == 1);
        if (SSL_accept(connection.ssl) != 1) { /* the client did not like our certificate: what a test wants */
            close_connection(&connection);
            return;
        }
    }
    server->connections[server->connection_count++] = connection;
}

static void *
run(void *context)
{
    struct scripted_server *server = context;

    for (;;) {
        struct pollfd polled[MAX_CONNECTIONS + 2] = {{server->stop, POLLIN, 0}, {server->listener, POLLIN, 0}};
        size_t count = server->connection_count;

        /* poll() leaves out negative descriptors: connections that are closed, or stalled. */
        for (size_t i = 0; i < count; i++)
            polled[i + 2] = (struct pollfd){server->connections[i].stalled ? -1 : server->connections[i].fd, POLLIN, 0};
        poll(polled, count + 2, -1);
        if (polled[0].revents != 0)
            return NULL;
        for (size_t i = 0; i < count; i++)
            if (polled[i + 2].revents != 0)
                serve(server, &server->connections[i]);
        if (polled[1].revents != 0)
            accept_connection(server);
    }
}

static void
set_up_tls(struct scripted_server *server, const struct scripted_tls *tls)
{
    server->tls = SSL_CTX_new(TLS_server_method());
    NEED(server->tls != NULL);
    NEED(SSL_CTX_use_certificate_chain_file(server->tls, tls->certificate_file) == 1);
    NEED(SSL_CTX_use_PrivateKey_file(server->tls, tls->key_file, SSL_FILETYPE_PEM) == 1);
}

struct scripted_server *
scripted_server_start(const struct scripted_step *steps, size_t count, const struct scripted_tls *tls)
{
    struct scripted_server *server = calloc(1, sizeof(*server));

    NEED(server != NULL);
    server->steps = steps;
    server->step_count = count;
    pthread_mutex_init(&server->lock, NULL);
    server->stop = eventfd(0, EFD_CLOEXEC);
    NEED(server->stop >= 0);
    if (tls != NULL)
        set_up_tls(server, tls);
    server->listener = serving_listen(0, 64, &server->port);
    snprintf(server->url, sizeof(server->url), "http%s://127.0.0.1:%u", tls != NULL ? "s" : "", server->port);
    serving_start(run, server, &server->thread);
    return server;
}

void
scripted_server_stop(struct scripted_server **server)
{
    struct scripted_server *gone = *server;

    *server = NULL;
    if (gone == NULL)
        return;
    NEED(eventfd_write(gone->stop, 1) == 0);
    pthread_join(gone->thread, NULL);
    for (size_t i = 0; i < gone->connection_count; i++)
        if (gone->connections[i].fd >= 0)
            close_connection(&gone->connections[i]);
    for (size_t i = 0; i < gone->request_count; i++) {
        free(gone->requests[i].head);
        free(gone->requests[i].body);
    }
    close(gone->listener);
    close(gone->stop);
    SSL_CTX_free(gone->tls);
    pthread_mutex_destroy(&gone->lock);
    free(gone);
}

struct forked {
    const struct scripted_step *steps;
    size_t count;
};

static unsigned
start_forked(const void *context)
{
    const struct forked *forked = context;

    return scripted_server_start(forked->steps, forked->count, NULL)->port;
}

pid_t
scripted_server_fork(const struct scripted_step *steps, size_t count, unsigned *ret_port)
{
    return serving_fork(start_forked, &(struct forked){steps, count}, ret_port);
}

unsigned
scripted_server_port(const struct scripted_server *server)
{
    return server->port;
}

const char *
scripted_server_url(const struct scripted_server *server)
{
    return server->url;
}

static size_t
read_locked(struct scripted_server *server, const size_t *count)
{
    size_t value;

    pthread_mutex_lock(&server->lock);
    value = *count;
    pthread_mutex_unlock(&server->lock);
    return value;
}

size_t
scripted_server_requests(struct scripted_server *server)
{
    return read_locked(server, &server->request_count);
}

size_t
scripted_server_connections(struct scripted_server *server)
{
    return read_locked(server, &server->accepted);
}

/* A request does not change once it is counted. */
static const struct request *
request_at(struct scripted_server *server, size_t number)
{
    static char nothing[] = "";
    static const struct request none = {nothing, nothing, 0};

    return number < scripted_server_requests(server) ? &server->requests[number] : &none;
}

const char *
scripted_server_head(struct scripted_server *server, size_t number)
{
    return request_at(server, number)->head;
}

const char *
scripted_server_body(struct scripted_server *server, size_t number)
{
    return request_at(server, number)->body;
}

size_t
scripted_server_body_len(struct scripted_server *server, size_t number)
{
    return request_at(server, number)->body_len;
}

int
scripted_server_saw_line(struct scripted_server *server, size_t number, const char *line)
{
    const char *head = scripted_server_head(server, number);

    return strncmp(head, line, strlen(line)) == 0 && strncmp(head + strlen(line), "\r\n", 2) == 0;
}

const char *
scripted_server_saw_header(struct scripted_server *server, size_t number, const char *name)
{
    static _Thread_local char value[8192];
    char wanted[256];
    const char *header;

    snprintf(wanted, sizeof(wanted), "\r\n%s:", name);
    header = strcasestr(scripted_server_head(server, number), wanted);
    if (header == NULL)
        return "";
    header += strlen(wanted);
    header += strspn(header, " ");
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(header, "\r"), header);
    return value;
}
