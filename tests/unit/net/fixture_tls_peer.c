#include "fixture_tls_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_LINKS 256

#define NEED(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            perror("tls peer: " #condition);                                                                           \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* One connection. */
struct link {
    struct tls_peer *peer;
    int fd;
    SSL *ssl; /* NULL: no TLS */
    pthread_t thread;
};

struct tls_peer {
    struct tls_peer_options options;
    SSL_CTX *tls;
    int listener;
    int stop; /* an eventfd: readable for good once it is time to stop */
    char port[6];
    pthread_t thread;
    struct link links[MAX_LINKS]; /* the accepting thread's */

    pthread_mutex_t lock; /* guards what follows */
    size_t accepted;
    size_t ended;
    size_t farewells;
    char server_name[256];
};

static void
count(struct tls_peer *peer, size_t *counter)
{
    pthread_mutex_lock(&peer->lock);
    (*counter)++;
    pthread_mutex_unlock(&peer->lock);
}

/* False when it is time to stop. */
static bool
wait_for(struct link *link, short events)
{
    struct pollfd polled[] = {{link->peer->stop, POLLIN, 0}, {link->fd, events, 0}};

    while (poll(polled, 2, -1) < 0)
        NEED(errno == EINTR);
    return polled[0].revents == 0;
}

/* False when time came to stop meanwhile. */
static bool
pause_ms(struct link *link, unsigned ms)
{
    struct pollfd polled = {link->peer->stop, POLLIN, 0};

    return poll(&polled, 1, (int)ms) == 0;
}

/* What wants to be repeated is; true when there is no more to wait for. */
static bool
await_tls(struct link *link, int result, bool *ret_again)
{
    int reason = SSL_get_error(link->ssl, result);

    *ret_again = reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
    return *ret_again && wait_for(link, reason == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
}

/* Bytes that came, or 0: the end, an error, or time to stop. */
static size_t
receive(struct link *link, char *out, size_t len)
{
    bool again = true;
    size_t got = 0;

    while (again) {
        ERR_clear_error();
        if (link->ssl == NULL) {
            ssize_t n = recv(link->fd, out, len, 0);

            if (n >= 0)
                return (size_t)n;
            again = errno == EAGAIN && wait_for(link, POLLIN);
        } else {
            int result = SSL_read_ex(link->ssl, out, len, &got);

            if (result == 1)
                return got;
            if (!await_tls(link, result, &again))
                return 0;
        }
    }
    return 0;
}

static bool
send_all(struct link *link, const char *data, size_t len)
{
    while (len > 0) {
        size_t moved = 0;

        ERR_clear_error();
        if (link->ssl == NULL) {
            ssize_t n = send(link->fd, data, len, MSG_NOSIGNAL);

            if (n < 0 && (errno != EAGAIN || !wait_for(link, POLLOUT)))
                return false;
            moved = n > 0 ? (size_t)n : 0;
        } else {
            int result = SSL_write_ex(link->ssl, data, len, &moved);
            bool again;

            if (result != 1 && !await_tls(link, result, &again))
                return false;
        }
        data += moved;
        len -= moved;
    }
    return true;
}

static bool
read_request(struct link *link)
{
    char piece[4096];
    size_t left = link->peer->options.reads;

    while (left > 0) {
        size_t got = receive(link, piece, left < sizeof(piece) ? left : sizeof(piece));

        if (got == 0)
            return false;
        left -= got;
    }
    return true;
}

static bool
send_answer(struct link *link)
{
    const struct tls_peer_options *options = &link->peer->options;
    size_t len = options->answer == NULL || options->answer_len != 0 ? options->answer_len : strlen(options->answer);
    size_t piece = options->piece != 0 ? options->piece : len;

    if (options->new_keys)
        NEED(SSL_key_update(link->ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
    do {
        for (size_t at = 0; at < len; at += piece) {
            if (at > 0 && options->pause_ms > 0 && !pause_ms(link, options->pause_ms))
                return false;
            if (!send_all(link, options->answer + at, piece < len - at ? piece : len - at))
                return false;
        }
    } while (options->forever);
    return true;
}

static void
echo(struct link *link)
{
    static _Thread_local char piece[65536];
    size_t got;

    while ((got = receive(link, piece, sizeof(piece))) > 0 && send_all(link, piece, got))
        continue;
    if (link->ssl != NULL && (SSL_get_shutdown(link->ssl) & SSL_RECEIVED_SHUTDOWN) != 0)
        count(link->peer, &link->peer->farewells);
}

static void
end(struct link *link)
{
    const struct linger at_once = {1, 0};

    switch (link->peer->options.ending) {
    case TLS_PEER_ECHO:
        echo(link);
        break;
    case TLS_PEER_STALL:
        pause_ms(link, 3600 * 1000);
        break;
    case TLS_PEER_CLOSE:
        SSL_shutdown(link->ssl);
        break;
    case TLS_PEER_RESET:
        setsockopt(link->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        break;
    case TLS_PEER_CUT:
        break;
    }
}

/* What the handshake says first goes to memory; so much of it goes on. */
static void
begin_handshake(struct link *link)
{
    BIO *said = BIO_new(BIO_s_mem());
    SSL *ssl = link->ssl;
    char *data;
    long len;

    NEED(said != NULL);
    SSL_set0_wbio(ssl, said);
    if (!wait_for(link, POLLIN))
        return;
    SSL_accept(ssl);
    len = BIO_get_mem_data(said, &data);
    NEED((size_t)len > link->peer->options.handshake_bytes);
    link->ssl = NULL; /* the rest goes around TLS */
    send_all(link, data, link->peer->options.handshake_bytes);
    end(link);
    link->ssl = ssl;
}

static bool
shake_hands(struct link *link)
{
    bool again = true;

    while (again) {
        int result;

        ERR_clear_error();
        result = SSL_accept(link->ssl);
        if (result == 1)
            return true;
        if (!await_tls(link, result, &again))
            return false;
    }
    return false;
}

static void
serve(struct link *link)
{
    if (link->ssl != NULL && link->peer->options.handshake_bytes != 0)
        begin_handshake(link);
    else if ((link->ssl == NULL || shake_hands(link)) && read_request(link) && send_answer(link))
        end(link);
}

static void *
run_link(void *context)
{
    struct link *link = context;

    serve(link);
    SSL_free(link->ssl);
    close(link->fd);
    ERR_clear_error();
    count(link->peer, &link->peer->ended);
    return NULL;
}

static void *
run(void *context)
{
    struct tls_peer *peer = context;
    struct pollfd polled[] = {{peer->stop, POLLIN, 0}, {peer->listener, POLLIN, 0}};
    size_t made = 0;

    while (poll(polled, 2, -1) >= 0 && polled[0].revents == 0) {
        struct link *link = &peer->links[made];
        int on = 1;

        NEED(made++ < MAX_LINKS);
        *link = (struct link){peer, accept4(peer->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), NULL, 0};
        NEED(link->fd >= 0);
        setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        if (peer->tls != NULL) {
            link->ssl = SSL_new(peer->tls);
            NEED(link->ssl != NULL && SSL_set_fd(link->ssl, link->fd) == 1);
        }
        count(peer, &peer->accepted);
        NEED(pthread_create(&link->thread, NULL, run_link, link) == 0);
    }
    for (size_t i = 0; i < made; i++)
        pthread_join(peer->links[i].thread, NULL);
    return NULL;
}

static int
note_server_name(SSL *ssl, int *alert, void *context)
{
    struct tls_peer *peer = context;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    (void)alert;
    pthread_mutex_lock(&peer->lock);
    snprintf(peer->server_name, sizeof(peer->server_name), "%s", name != NULL ? name : "");
    pthread_mutex_unlock(&peer->lock);
    return SSL_TLSEXT_ERR_OK;
}

/* OpenSSL makes the alert of the reason. */
static int
judge(int is_fine, X509_STORE_CTX *store)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct tls_peer *peer = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    if (peer->options.takes_any)
        return 1;
    if (peer->options.refusal == 0)
        return is_fine;
    X509_STORE_CTX_set_error(store, peer->options.refusal);
    return 0;
}

static void
set_up_tls(struct tls_peer *peer)
{
    const struct tls_peer_options *options = &peer->options;

    peer->tls = SSL_CTX_new(TLS_server_method());
    NEED(peer->tls != NULL);
    if (options->weak) {
        SSL_CTX_set_security_level(peer->tls, 0);
        NEED(SSL_CTX_set_min_proto_version(peer->tls, TLS1_VERSION) == 1);
    }
    if (options->version != 0)
        NEED(SSL_CTX_set_min_proto_version(peer->tls, options->version) == 1 &&
             SSL_CTX_set_max_proto_version(peer->tls, options->version) == 1);
    if (options->ciphers != NULL)
        NEED(SSL_CTX_set_cipher_list(peer->tls, options->ciphers) == 1);
    NEED(SSL_CTX_use_certificate_chain_file(peer->tls, options->identity->certificate_file) == 1);
    NEED(SSL_CTX_use_PrivateKey_file(peer->tls, options->identity->key_file, SSL_FILETYPE_PEM) == 1);
    SSL_CTX_set_app_data(peer->tls, peer);
    SSL_CTX_set_mode(peer->tls, SSL_MODE_RELEASE_BUFFERS); /* what is found in memory is not the peer's */
    SSL_CTX_set_options(peer->tls, SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_tlsext_servername_callback(peer->tls, note_server_name);
    SSL_CTX_set_tlsext_servername_arg(peer->tls, peer);
    if (options->client_ca != NULL)
        NEED(SSL_CTX_load_verify_file(peer->tls, options->client_ca) == 1);
    if (options->client_ca != NULL || options->takes_any)
        SSL_CTX_set_verify(peer->tls, SSL_VERIFY_PEER | (options->takes_any ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT),
                           judge);
    ERR_clear_error();
}

/* False when there is no such address on this machine. */
static bool
listen_on_loopback(struct tls_peer *peer)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool ipv6 = peer->options.ipv6;
    socklen_t len = ipv6 ? sizeof(v6) : sizeof(v4);
    struct sockaddr *address = ipv6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;

    peer->listener = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer->listener < 0 || bind(peer->listener, address, len) != 0) {
        NEED(ipv6);
        return false;
    }
    NEED(listen(peer->listener, 64) == 0 && getsockname(peer->listener, address, &len) == 0);
    snprintf(peer->port, sizeof(peer->port), "%u", ntohs(ipv6 ? v6.sin6_port : v4.sin_port));
    return true;
}

/* OpenSSL writes without MSG_NOSIGNAL; the mask goes on to the threads of the connections. */
static void
start_thread(struct tls_peer *peer)
{
    sigset_t only, before;

    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &only, &before);
    NEED(pthread_create(&peer->thread, NULL, run, peer) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void
free_peer(struct tls_peer *peer)
{
    if (peer->listener >= 0)
        close(peer->listener);
    if (peer->stop >= 0)
        close(peer->stop);
    SSL_CTX_free(peer->tls);
    pthread_mutex_destroy(&peer->lock);
    free(peer);
}

struct tls_peer *
tls_peer_start(const struct tls_peer_options *options)
{
    struct tls_peer *peer = calloc(1, sizeof(*peer));

    NEED(peer != NULL);
    peer->options = *options;
    pthread_mutex_init(&peer->lock, NULL);
    peer->stop = eventfd(0, EFD_CLOEXEC);
    NEED(peer->stop >= 0);
    if (!listen_on_loopback(peer)) {
        free_peer(peer);
        return NULL;
    }
    if (options->identity != NULL)
        set_up_tls(peer);
    start_thread(peer);
    return peer;
}

void
tls_peer_stop(struct tls_peer **peer)
{
    struct tls_peer *gone = *peer;

    *peer = NULL;
    if (gone == NULL)
        return;
    NEED(eventfd_write(gone->stop, 1) == 0);
    pthread_join(gone->thread, NULL);
    free_peer(gone);
}

const char *
tls_peer_port(const struct tls_peer *peer)
{
    return peer->port;
}

static size_t
read_locked(struct tls_peer *peer, const size_t *counter)
{
    size_t value;

    pthread_mutex_lock(&peer->lock);
    value = *counter;
    pthread_mutex_unlock(&peer->lock);
    return value;
}

size_t
tls_peer_accepted(struct tls_peer *peer)
{
    return read_locked(peer, &peer->accepted);
}

size_t
tls_peer_ended(struct tls_peer *peer)
{
    return read_locked(peer, &peer->ended);
}

size_t
tls_peer_farewells(struct tls_peer *peer)
{
    return read_locked(peer, &peer->farewells);
}

const char *
tls_peer_server_name(struct tls_peer *peer)
{
    static _Thread_local char name[256];

    pthread_mutex_lock(&peer->lock);
    memcpy(name, peer->server_name, sizeof(name));
    pthread_mutex_unlock(&peer->lock);
    return name;
}

int
tls_peer_deaf_port(char out[6])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    NEED(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0);
    NEED(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    snprintf(out, 6, "%u", ntohs(address.sin_port));
    return fd;
}

/* Fills the queue with connections that nobody accepts, until one does not come about. */
void
tls_peer_fill_backlog(struct tls_peer_backlog *ret_backlog)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    size_t made = 1;
    bool full = false;

    memset(ret_backlog->fds, -1, sizeof(ret_backlog->fds));
    ret_backlog->fds[0] = tls_peer_deaf_port(ret_backlog->port);
    address.sin_port = htons((uint16_t)atoi(ret_backlog->port));
    NEED(listen(ret_backlog->fds[0], 0) == 0);
    while (!full) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        struct pollfd polled = {fd, POLLOUT, 0};

        NEED(fd >= 0 && made < sizeof(ret_backlog->fds) / sizeof(ret_backlog->fds[0]));
        ret_backlog->fds[made++] = fd;
        NEED(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EINPROGRESS);
        full = poll(&polled, 1, 300) == 0;
    }
}

void
tls_peer_backlog_done(struct tls_peer_backlog *backlog)
{
    for (size_t i = 0; i < sizeof(backlog->fds) / sizeof(backlog->fds[0]); i++)
        if (backlog->fds[i] >= 0)
            close(backlog->fds[i]);
}
