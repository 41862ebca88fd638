#include "scripted_kmip_server.h"
#include "serving.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What happens to the connection that was just accepted. */
static struct scripted_fault
hello_fault_locked(struct scripted_kmip *server)
{
    for (size_t i = 0; i < server->fault_count; i++) {
        struct counted_fault *fault = &server->faults[i];

        if (fault->fault.kind >= SCRIPTED_HELLO_CLOSE && scripted_fault_is_due(fault)) {
            server->faults_at_work++;
            return fault->fault;
        }
    }
    return (struct scripted_fault){0};
}

static void
accept_connection(struct scripted_kmip *server)
{
    struct scripted_connection *connection = calloc(1, sizeof(*connection));
    pthread_attr_t detached;
    pthread_t thread;
    int on = 1;

    NEED(connection != NULL);
    connection->server = server;
    connection->fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection->fd < 0) { /* it went away again */
        free(connection);
        return;
    }
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    pthread_mutex_lock(&server->lock);
    connection->number = server->accepted++;
    server->open++;
    connection->hello = hello_fault_locked(server);
    pthread_mutex_unlock(&server->lock);
    NEED(pthread_attr_init(&detached) == 0);
    NEED(pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED) == 0);
    NEED(pthread_create(&thread, &detached, scripted_connection_run, connection) == 0);
    pthread_attr_destroy(&detached);
}

static void *
run(void *context)
{
    struct scripted_kmip *server = context;
    struct pollfd polled[2] = {{server->stop, POLLIN, 0}, {server->listener, POLLIN, 0}};

    if (server->crowd[0] >= 0)
        polled[1].fd = -1; /* nobody is let in */
    for (;;) {
        poll(polled, 2, -1);
        if (polled[0].revents != 0)
            return NULL;
        if (polled[1].revents != 0)
            accept_connection(server);
    }
}

/* --- Starting and stopping --- */

static void
set_up_tls(struct scripted_kmip *server, const struct scripted_kmip_setup *setup)
{
    const struct test_identity *identity = setup->identity != NULL ? setup->identity : &setup->pki->server;
    static const unsigned char name[] = "scripted kmip";

    server->tls = SSL_CTX_new(TLS_server_method());
    NEED(server->tls != NULL);
    NEED(SSL_CTX_set_min_proto_version(server->tls, setup->min_version != 0 ? setup->min_version : TLS1_2_VERSION));
    NEED(SSL_CTX_set_max_proto_version(server->tls, setup->max_version));
    NEED(SSL_CTX_use_certificate_chain_file(server->tls, identity->certificate_file) == 1);
    NEED(SSL_CTX_use_PrivateKey_file(server->tls, identity->key_file, SSL_FILETYPE_PEM) == 1);
    NEED(SSL_CTX_set_session_id_context(server->tls, name, sizeof(name)) == 1);
    SSL_CTX_set_mode(server->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (!setup->asks_nobody) {
        NEED(SSL_CTX_load_verify_locations(server->tls, setup->pki->ca.certificate_file, NULL) == 1);
        SSL_CTX_set_verify(server->tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
}

/* A backlog of 0 holds one connection; Linux leaves unanswered who comes after it. */
static void
let_nobody_in(struct scripted_kmip *server)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)server->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    for (int i = 0; i < 2; i++) {
        server->crowd[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        NEED(server->crowd[i] >= 0);
        connect(server->crowd[i], (struct sockaddr *)&address, sizeof(address));
    }
}

static void
open_door(struct scripted_kmip *server, const struct scripted_kmip_setup *setup)
{
    server->crowd[0] = server->crowd[1] = -1;
    server->listener = serving_listen(setup->port, setup->full ? 0 : 128, &server->port);
    snprintf(server->address, sizeof(server->address), "127.0.0.1:%u", server->port);
    if (setup->full)
        let_nobody_in(server);
}

struct scripted_kmip *
scripted_kmip_start(const struct scripted_kmip_setup *setup, const struct scripted_kmip_model *model)
{
    struct scripted_kmip *server = calloc(1, sizeof(*server));

    NEED(server != NULL);
    if (model != NULL)
        server->model = *model;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->gone, NULL);
    server->stop = eventfd(0, EFD_CLOEXEC);
    NEED(server->stop >= 0);
    set_up_tls(server, setup);
    open_door(server, setup);
    serving_start(run, server, &server->thread);
    return server;
}

static void
close_listener(struct scripted_kmip *server)
{
    close(server->listener);
    for (int i = 0; i < 2; i++)
        if (server->crowd[i] >= 0)
            close(server->crowd[i]);
}

void
scripted_kmip_stop(struct scripted_kmip **server)
{
    struct scripted_kmip *gone = *server;

    *server = NULL;
    if (gone == NULL)
        return;
    NEED(eventfd_write(gone->stop, 1) == 0);
    pthread_join(gone->thread, NULL);
    close_listener(gone);
    pthread_mutex_lock(&gone->lock);
    while (gone->open > 0)
        pthread_cond_wait(&gone->gone, &gone->lock);
    pthread_mutex_unlock(&gone->lock);
    for (size_t i = 0; i < gone->request_count; i++) {
        free((void *)(uintptr_t)gone->requests[i].bytes);
        free((void *)(uintptr_t)gone->requests[i].answer);
    }
    free(gone->requests);
    close(gone->stop);
    SSL_CTX_free(gone->tls);
    pthread_cond_destroy(&gone->gone);
    pthread_mutex_destroy(&gone->lock);
    free(gone);
}

struct forked {
    const struct scripted_kmip_setup *setup;
    const struct scripted_kmip_model *model;
};

static unsigned
start_forked(const void *context)
{
    const struct forked *forked = context;

    return scripted_kmip_start(forked->setup, forked->model)->port;
}

pid_t
scripted_kmip_fork(const struct scripted_kmip_setup *setup, const struct scripted_kmip_model *model, unsigned *ret_port)
{
    return serving_fork(start_forked, &(struct forked){setup, model}, ret_port);
}

unsigned
scripted_kmip_port(const struct scripted_kmip *server)
{
    return server->port;
}

const char *
scripted_kmip_address(const struct scripted_kmip *server)
{
    return server->address;
}

void
scripted_kmip_change(struct scripted_kmip *server, const struct scripted_kmip_model *model)
{
    pthread_mutex_lock(&server->lock);
    server->model = *model;
    pthread_mutex_unlock(&server->lock);
}

void
scripted_kmip_add_fault(struct scripted_kmip *server, const struct scripted_fault *fault)
{
    pthread_mutex_lock(&server->lock);
    NEED(server->fault_count < SCRIPTED_KMIP_FAULTS);
    server->faults[server->fault_count++] = (struct counted_fault){.fault = *fault};
    pthread_mutex_unlock(&server->lock);
}

void
scripted_kmip_clear_faults(struct scripted_kmip *server)
{
    pthread_mutex_lock(&server->lock);
    server->fault_count = 0;
    server->faults_at_work = 0;
    pthread_mutex_unlock(&server->lock);
}

/* --- What it saw --- */

static size_t
read_locked(struct scripted_kmip *server, const size_t *count)
{
    size_t value;

    pthread_mutex_lock(&server->lock);
    value = *count;
    pthread_mutex_unlock(&server->lock);
    return value;
}

size_t
scripted_kmip_faults(struct scripted_kmip *server)
{
    return read_locked(server, &server->faults_at_work);
}

size_t
scripted_kmip_requests(struct scripted_kmip *server)
{
    return read_locked(server, &server->request_count);
}

size_t
scripted_kmip_connections(struct scripted_kmip *server)
{
    return read_locked(server, &server->accepted);
}

size_t
scripted_kmip_handshakes(struct scripted_kmip *server)
{
    return read_locked(server, &server->handshakes);
}

size_t
scripted_kmip_open_connections(struct scripted_kmip *server)
{
    return read_locked(server, &server->open);
}

size_t
scripted_kmip_count(struct scripted_kmip *server, uint32_t operation)
{
    size_t count = 0;

    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->request_count; i++)
        count += server->requests[i].seen.operation == operation;
    pthread_mutex_unlock(&server->lock);
    return count;
}

struct scripted_request
scripted_kmip_request(struct scripted_kmip *server, size_t number)
{
    struct scripted_request request;

    pthread_mutex_lock(&server->lock);
    NEED(number < server->request_count);
    request = server->requests[number];
    pthread_mutex_unlock(&server->lock);
    return request;
}

struct scripted_request
scripted_kmip_last(struct scripted_kmip *server, uint32_t operation)
{
    size_t number = scripted_kmip_requests(server);

    while (number-- > 0) {
        struct scripted_request request = scripted_kmip_request(server, number);

        if (request.seen.operation == operation)
            return request;
    }
    NEED(!"it was never asked for that");
    return (struct scripted_request){0};
}

const char *
scripted_kmip_complaint(struct scripted_kmip *server)
{
    pthread_mutex_lock(&server->lock); /* it is written once */
    pthread_mutex_unlock(&server->lock);
    return server->complaint;
}

bool
scripted_kmip_all_closed(struct scripted_kmip *server)
{
    struct timespec until;
    bool closed;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&server->lock);
    while (server->open > 0 && pthread_cond_timedwait(&server->gone, &server->lock, &until) == 0)
        continue;
    closed = server->open == 0;
    pthread_mutex_unlock(&server->lock);
    return closed;
}
