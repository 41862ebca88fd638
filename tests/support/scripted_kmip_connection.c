#include "scripted_kmip_server.h"

#include <openssl/err.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_REQUEST ((size_t)1 << 20)

/* How an answer is sent. */
struct delivery {
    size_t end; /* the byte before which `ending` happens */
    enum scripted_fault_kind ending;
    size_t piece;
    unsigned pause_us;
};

/* --- Bytes in and out; false: the other side is gone, or the server stops --- */

static bool
wait_for(const struct scripted_connection *connection, short events)
{
    struct pollfd polled[2] = {{connection->server->stop, POLLIN, 0}, {connection->fd, events, 0}};

    while (poll(polled, 2, -1) < 0)
        continue;
    return polled[0].revents == 0;
}

/* Whether a call of OpenSSL that returned `result` may be made again. */
static bool
wait_for_tls(const struct scripted_connection *connection, int result)
{
    switch (SSL_get_error(connection->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return wait_for(connection, POLLIN);
    case SSL_ERROR_WANT_WRITE:
        return wait_for(connection, POLLOUT);
    default:
        ERR_clear_error();
        return false;
    }
}

static bool
receive(const struct scripted_connection *connection, uint8_t *out, size_t len)
{
    while (len > 0) {
        int got = SSL_read(connection->ssl, out, (int)len);

        if (got > 0) {
            out += got;
            len -= (size_t)got;
        } else if (!wait_for_tls(connection, got)) {
            return false;
        }
    }
    return true;
}

static bool
send_piece(const struct scripted_connection *connection, const uint8_t *data, size_t len)
{
    while (len > 0) {
        int sent = SSL_write(connection->ssl, data, (int)len);

        if (sent > 0) {
            data += sent;
            len -= (size_t)sent;
        } else if (!wait_for_tls(connection, sent)) {
            return false;
        }
    }
    return true;
}

/* Whatever comes, until the other side is gone. */
static void
stall(const struct scripted_connection *connection)
{
    uint8_t nothing[4096];

    while (wait_for(connection, POLLIN) && recv(connection->fd, nothing, sizeof(nothing), 0) > 0)
        continue;
}

static void
set_reset(const struct scripted_connection *connection)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    NEED(setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0);
}

/* --- Faults --- */

static bool
is_about_hello(enum scripted_fault_kind kind)
{
    return kind >= SCRIPTED_HELLO_CLOSE;
}

static bool
is_about_sending(enum scripted_fault_kind kind)
{
    return kind >= SCRIPTED_PIECES && kind < SCRIPTED_HELLO_CLOSE;
}

bool
scripted_fault_is_due(struct counted_fault *fault)
{
    size_t number = fault->seen++;

    return number >= fault->fault.skip && (fault->fault.times == 0 || number - fault->fault.skip < fault->fault.times);
}

static void
plan(struct delivery *delivery, const struct scripted_fault *fault)
{
    if (fault->kind == SCRIPTED_PIECES) {
        delivery->piece = fault->number > 0 ? (size_t)fault->number : 1;
        delivery->pause_us = fault->pause_us;
    } else {
        delivery->end = fault->at;
        delivery->ending = fault->kind;
    }
}

static void
apply_faults_locked(struct scripted_kmip *server, uint32_t operation, struct scripted_ttlv *answer,
                    struct delivery *ret_delivery)
{
    *ret_delivery = (struct delivery){.end = SIZE_MAX, .piece = SIZE_MAX};
    for (size_t i = 0; i < server->fault_count; i++) {
        const struct scripted_fault *fault = &server->faults[i].fault;

        if (is_about_hello(fault->kind) || (fault->operation != 0 && fault->operation != operation) ||
            !scripted_fault_is_due(&server->faults[i]))
            continue;
        if (is_about_sending(fault->kind))
            plan(ret_delivery, fault);
        else if (!scripted_fault_change(fault, answer))
            continue;
        server->faults_at_work++;
    }
}

/* --- A request --- */

static uint8_t *
copy(const uint8_t *data, size_t len)
{
    uint8_t *copied = malloc(len + 1);

    NEED(copied != NULL);
    if (len > 0)
        memcpy(copied, data, len);
    return copied;
}

static void
remember_locked(struct scripted_kmip *server, const struct scripted_request *request)
{
    if (server->request_count == server->request_capacity) {
        server->request_capacity = 2 * server->request_capacity + 64;
        server->requests = realloc(server->requests, server->request_capacity * sizeof(server->requests[0]));
        NEED(server->requests != NULL);
    }
    server->requests[server->request_count++] = *request;
    if (server->complaint[0] == '\0')
        strcpy(server->complaint, request->seen.complaint);
}

static void
answer_request(struct scripted_connection *connection, const uint8_t *data, size_t len, struct scripted_ttlv *answer,
               struct delivery *ret_delivery)
{
    struct scripted_kmip *server = connection->server;
    struct scripted_request request = {.connection = connection->number, .bytes = copy(data, len), .len = len};

    pthread_mutex_lock(&server->lock);
    scripted_kmip_answer(&server->model, data, len, answer, &request.seen);
    if (answer->len > 0) {
        apply_faults_locked(server, request.seen.operation, answer, ret_delivery);
    } else {
        *ret_delivery = (struct delivery){.end = 0, .ending = SCRIPTED_CLOSE_AT, .piece = SIZE_MAX};
    }
    request.answer = copy(answer->data, answer->len);
    request.answer_len = answer->len;
    remember_locked(server, &request);
    pthread_mutex_unlock(&server->lock);
}

static bool
send_answer(const struct scripted_connection *connection, const struct scripted_ttlv *answer,
            const struct delivery *delivery)
{
    size_t end = delivery->end < answer->len ? delivery->end : answer->len;

    for (size_t at = 0; at < end;) {
        size_t piece = delivery->piece < end - at ? delivery->piece : end - at;

        if (!send_piece(connection, answer->data + at, piece))
            return false;
        at += piece;
        if (delivery->pause_us > 0 && at < end)
            usleep(delivery->pause_us);
    }
    switch (delivery->ending) {
    case SCRIPTED_NO_FAULT:
        return true;
    case SCRIPTED_STALL_AT:
        stall(connection);
        return false;
    case SCRIPTED_RESET_AT:
        set_reset(connection);
        return false;
    case SCRIPTED_CLOSE_AT:
        SSL_shutdown(connection->ssl);
        return false;
    default:
        return false;
    }
}

/* One request and its answer. */
static bool
serve(struct scripted_connection *connection)
{
    struct scripted_ttlv request = {0}, answer = {0};
    struct delivery delivery;
    uint8_t header[8];
    size_t len;
    bool goes_on = false;

    if (!receive(connection, header, sizeof(header)))
        return false;
    len = (size_t)header[4] << 24 | (size_t)header[5] << 16 | (size_t)header[6] << 8 | header[7];
    if (len > MAX_REQUEST)
        return false;
    len = (len + 7) / 8 * 8;
    scripted_ttlv_raw(&request, header, sizeof(header));
    while (request.len < sizeof(header) + len) {
        uint8_t piece[4096];
        size_t part = sizeof(header) + len - request.len;

        part = part < sizeof(piece) ? part : sizeof(piece);
        if (!receive(connection, piece, part))
            break;
        scripted_ttlv_raw(&request, piece, part);
    }
    if (request.len == sizeof(header) + len) {
        answer_request(connection, request.data, request.len, &answer, &delivery);
        goes_on = send_answer(connection, &answer, &delivery);
    }
    scripted_ttlv_done(&request);
    scripted_ttlv_done(&answer);
    return goes_on;
}

/* --- A connection --- */

/* The server's part of the handshake, up to a byte in its midst. */
static void
begin_handshake(struct scripted_connection *connection, size_t bytes)
{
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    uint8_t hello[4096], *flight = NULL;
    long len = 0;

    NEED(in != NULL && out != NULL);
    SSL_set_bio(connection->ssl, in, out);
    while (len <= 0 && wait_for(connection, POLLIN)) {
        ssize_t got = recv(connection->fd, hello, sizeof(hello), 0);

        if (got <= 0)
            return;
        BIO_write(in, hello, (int)got);
        SSL_accept(connection->ssl);
        ERR_clear_error();
        len = BIO_get_mem_data(out, &flight);
    }
    if (len > 0 && send(connection->fd, flight, (size_t)len < bytes ? (size_t)len : bytes, MSG_NOSIGNAL) < 0)
        return;
}

static void
spoil_hello(struct scripted_connection *connection, const struct scripted_fault *fault)
{
    size_t len = fault->text_len != 0 || fault->text == NULL ? fault->text_len : strlen(fault->text);
    uint8_t first[4096];

    if (fault->kind == SCRIPTED_HELLO_TEXT) {
        if (wait_for(connection, POLLIN) && recv(connection->fd, first, sizeof(first), 0) > 0)
            NEED(send(connection->fd, fault->text, len, MSG_NOSIGNAL) >= 0 || true);
        shutdown(connection->fd, SHUT_WR);
        stall(connection);
        return;
    }
    if (fault->at > 0)
        begin_handshake(connection, fault->at);
    if (fault->kind == SCRIPTED_HELLO_STALL)
        stall(connection);
}

static bool
shake_hands(struct scripted_connection *connection)
{
    int result;

    NEED(SSL_set_fd(connection->ssl, connection->fd) == 1);
    while ((result = SSL_accept(connection->ssl)) != 1)
        if (!wait_for_tls(connection, result))
            return false;
    pthread_mutex_lock(&connection->server->lock);
    connection->server->handshakes++;
    pthread_mutex_unlock(&connection->server->lock);
    return true;
}

void *
scripted_connection_run(void *context)
{
    struct scripted_connection *connection = context;
    struct scripted_kmip *server = connection->server;

    connection->ssl = SSL_new(server->tls);
    NEED(connection->ssl != NULL);
    if (connection->hello.kind != SCRIPTED_NO_FAULT)
        spoil_hello(connection, &connection->hello);
    else if (shake_hands(connection))
        while (serve(connection))
            continue;
    SSL_free(connection->ssl);
    close(connection->fd);
    free(connection);
    OPENSSL_thread_stop(); /* else what it keeps for this thread may outlive the program's end, as a leak */
    pthread_mutex_lock(&server->lock);
    server->open--;
    pthread_cond_broadcast(&server->gone);
    pthread_mutex_unlock(&server->lock);
    return NULL;
}
