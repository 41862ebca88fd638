#include "tls_stream.h"

#include "error.h"
#include "net_deadline.h"
#include "openssl_error.h"
#include "scoped.h"
#include "sigpipe.h"
#include "tcp_socket.h"
#include "tls_failure.h"
#include "tls_identity.h"
#include "tls_trust.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONNECT_NS   (5 * NS_PER_S)
#define DEFAULT_HANDSHAKE_NS (10 * NS_PER_S)

struct tls_stream {
    const struct world *world;
    char name[ENDPOINT_TEXT_SIZE]; /* "HOST:PORT", before every message */
    char host[256];                /* whom the server must prove to be */
    int fd;
    SSL *ssl;
    struct net_deadline deadline; /* of what is under way */
    struct tls_verdict verdict;
    int64_t certificate_ends_ns;
    bool asked; /* the server wants our certificate */
    bool open;  /* the handshake is done, and nothing has failed since */
    bool heard; /* something has been read */
};

enum act { HANDSHAKE, WRITE, READ };

/* What is asked of OpenSSL, until it is done or has failed. */
struct step {
    enum act act;
    const uint8_t *in; /* to be written */
    uint8_t *out;      /* room for what is read */
    size_t len;        /* of either */
    size_t moved;
    int result;
    int error_number; /* errno right after it */
};

static void
context_done(SSL_CTX **context)
{
    SSL_CTX_free(*context);
}

/* Called when the server asks for a certificate. */
static int
note_that_it_asks(SSL *ssl, void *context)
{
    struct tls_stream *stream = context;

    (void)ssl;
    stream->asked = true;
    return 1;
}

static void
set_manners(SSL_CTX *context, struct tls_stream *stream)
{
    /* The system's configuration may ask for more than 1.2, not for less. */
    if (SSL_CTX_get_min_proto_version(context) < TLS1_2_VERSION)
        SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY); /* so that the deadline is looked at after every record */
    SSL_CTX_set_cert_cb(context, note_that_it_asks, stream);
}

static enum sealift_status
make_ssl(struct tls_stream *stream, const struct tls_stream_options *options, struct sealift_error *err)
{
    SCOPED(context_done) SSL_CTX *context = NULL;
    int64_t wall_ns = stream->world->clock->wall_ns(stream->world->clock);

    TRY(secret_init(err)); /* the key stands in OpenSSL's memory soon */
    context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        return openssl_error(err, "cannot set up TLS");
    set_manners(context, stream);
    TRY(tls_trust_load(context, options->ca_file, err));
    TRY(tls_identity_load(context, options, wall_ns, &stream->certificate_ends_ns, err));
    stream->ssl = SSL_new(context);
    if (stream->ssl == NULL)
        return openssl_error(err, "cannot set up TLS");
    return tls_trust_expect(stream->ssl, stream->host, wall_ns, &stream->verdict, err);
}

/* OpenSSL reads on by itself while something comes that it passes over, so a peer that sends nothing else would hold
 * it for ever: too late, it finds the socket empty. */
static long
stop_late_reads(BIO *bio, int act, const char *data, size_t len, int number, long more, int result, size_t *processed)
{
    const struct tls_stream *stream = (const void *)BIO_get_callback_arg(bio);

    (void)data, (void)len, (void)number, (void)more, (void)processed;
    if (act != BIO_CB_READ || !net_deadline_is_over(&stream->deadline))
        return result;
    BIO_set_retry_read(bio);
    return -1;
}

static enum sealift_status
attach_socket(struct tls_stream *stream, struct sealift_error *err)
{
    BIO *bio;

    if (SSL_set_fd(stream->ssl, stream->fd) != 1)
        return openssl_error(err, "cannot set up TLS");
    SSL_set_connect_state(stream->ssl);
    bio = SSL_get_rbio(stream->ssl);
    BIO_set_callback_ex(bio, stop_late_reads);
    BIO_set_callback_arg(bio, (char *)stream);
    return SEALIFT_OK;
}

static void
perform(struct tls_stream *stream, struct step *step)
{
    struct sigpipe sigpipe;

    sigpipe_hold(&sigpipe);
    ERR_clear_error();
    errno = 0;
    if (step->act == HANDSHAKE)
        step->result = SSL_do_handshake(stream->ssl);
    else if (step->act == WRITE)
        step->result = SSL_write_ex(stream->ssl, step->in, step->len, &step->moved);
    else
        step->result = SSL_read_ex(stream->ssl, step->out, step->len, &step->moved);
    step->error_number = errno;
    sigpipe_release(&sigpipe);
}

/* A server that refuses us sends an alert and closes. When it is our writing that meets the closed connection, the
 * alert is still there to be read, behind what else it had sent (session tickets). */
static void
look_for_alert(struct tls_stream *stream)
{
    uint8_t byte;

    for (int records = 0; records < 16; records++) {
        struct step step = {.act = READ, .out = &byte, .len = 1};

        perform(stream, &step);
        if (step.result == 1 || tls_failure_is_alert())
            return;
    }
}

static enum sealift_status
fail(struct tls_stream *stream, const struct step *step, struct sealift_error *err)
{
    struct tls_scene scene = {
        .host = stream->host,
        .verdict = &stream->verdict,
        .error_number = step->error_number,
        .in_handshake = step->act == HANDSHAKE,
        .greeted = SSL_get_pending_cipher(stream->ssl) != NULL,
        .asked = stream->asked,
        .heard = stream->heard,
    };

    stream->open = false;
    if (step->act == WRITE && ERR_peek_error() == 0)
        look_for_alert(stream);
    return tls_failure(stream->ssl, &scene, err);
}

static enum sealift_status
report_late(struct tls_stream *stream, const struct step *step, struct sealift_error *err)
{
    stream->open = false;
    switch (step->act) {
    case HANDSHAKE:
        return error_set(err, SEALIFT_UNAVAILABLE,
                         "connected, but the TLS handshake was not done in time: is this a port where TLS is spoken, "
                         "and is the server overloaded?");
    case WRITE:
        return error_set(err, SEALIFT_UNAVAILABLE,
                         "the server did not take in time what was sent to it: is it overloaded?");
    case READ:
        break;
    }
    return error_set(err, SEALIFT_UNAVAILABLE, "the server did not answer in time: is it overloaded?");
}

/* Until the step has moved something, or the handshake is done. */
static enum sealift_status
run(struct tls_stream *stream, struct step *step, struct sealift_error *err)
{
    enum sealift_status status;
    bool ready;

    for (;;) {
        perform(stream, step);
        if (step->result == 1)
            return SEALIFT_OK;
        switch (SSL_get_error(stream->ssl, step->result)) {
        case SSL_ERROR_WANT_READ:
            status = net_deadline_wait(&stream->deadline, stream->fd, POLLIN, &ready, err);
            break;
        case SSL_ERROR_WANT_WRITE:
            status = net_deadline_wait(&stream->deadline, stream->fd, POLLOUT, &ready, err);
            break;
        default:
            return fail(stream, step, err);
        }
        if (status != SEALIFT_OK) {
            stream->open = false;
            return status;
        }
        if (!ready)
            return report_late(stream, step, err);
    }
}

static enum sealift_status
shake_hands(struct tls_stream *stream, int64_t timeout_ns, struct sealift_error *err)
{
    struct step step = {.act = HANDSHAKE};

    stream->deadline = net_deadline_in(stream->world, timeout_ns);
    TRY(attach_socket(stream, err));
    TRY(run(stream, &step, err));
    stream->open = true;
    return SEALIFT_OK;
}

static enum sealift_status
connect_socket(struct tls_stream *stream, const struct tls_stream_options *options, struct sealift_error *err)
{
    int64_t timeout_ns = options->connect_timeout_ns != 0 ? options->connect_timeout_ns : DEFAULT_CONNECT_NS;

    stream->deadline = net_deadline_in(stream->world, timeout_ns);
    return tcp_socket_connect(&options->endpoint, &stream->deadline, &stream->fd, err);
}

static enum sealift_status
set_up(struct tls_stream *stream, const struct tls_stream_options *options, struct sealift_error *err)
{
    bool renamed = options->server_name != NULL && options->server_name[0] != '\0';
    int64_t handshake_ns = options->handshake_timeout_ns != 0 ? options->handshake_timeout_ns : DEFAULT_HANDSHAKE_NS;

    snprintf(stream->host, sizeof(stream->host), "%s", renamed ? options->server_name : options->endpoint.host);
    TRY(world_check_cancel(stream->world, err));
    TRY(make_ssl(stream, options, err));
    TRY(connect_socket(stream, options, err));
    return shake_hands(stream, handshake_ns, err);
}

enum sealift_status
tls_stream_connect(const struct world *world, const struct tls_stream_options *options, struct tls_stream **ret_stream,
                   struct sealift_error *err)
{
    SCOPED(tls_stream_close) struct tls_stream *stream = calloc(1, sizeof(*stream));

    if (stream == NULL)
        return error_no_memory(err);
    stream->world = world;
    stream->fd = -1;
    endpoint_format(&options->endpoint, stream->name);
    if (set_up(stream, options, err) != SEALIFT_OK)
        return error_prefix(err, "%s", stream->name);
    ERR_clear_error();
    *ret_stream = TAKE(stream);
    return SEALIFT_OK;
}

/* "close notify" goes out when the socket takes it at once; the peer's is not waited for. */
static void
say_goodbye(SSL *ssl)
{
    struct sigpipe sigpipe;

    sigpipe_hold(&sigpipe);
    SSL_shutdown(ssl);
    sigpipe_release(&sigpipe);
}

void
tls_stream_close(struct tls_stream **stream)
{
    struct tls_stream *gone = *stream;

    *stream = NULL;
    if (gone == NULL)
        return;
    if (gone->open)
        say_goodbye(gone->ssl);
    SSL_free(gone->ssl);
    ERR_clear_error();
    if (gone->fd >= 0)
        close(gone->fd);
    free(gone);
}

enum sealift_status
tls_stream_write(struct tls_stream *stream, struct bytes bytes, int64_t timeout_ns, struct sealift_error *err)
{
    stream->deadline = net_deadline_in(stream->world, timeout_ns);
    while (bytes.len > 0) {
        struct step step = {.act = WRITE, .in = bytes.data, .len = bytes.len};

        if (run(stream, &step, err) != SEALIFT_OK)
            return error_prefix(err, "%s", stream->name);
        bytes = (struct bytes){bytes.data + step.moved, bytes.len - step.moved};
    }
    ERR_clear_error();
    return SEALIFT_OK;
}

enum sealift_status
tls_stream_read(struct tls_stream *stream, uint8_t *out, size_t len, int64_t timeout_ns, size_t *ret_got,
                struct sealift_error *err)
{
    enum sealift_status status = SEALIFT_OK;
    size_t got = 0;

    stream->deadline = net_deadline_in(stream->world, timeout_ns);
    while (got < len && status == SEALIFT_OK) {
        struct step step = {.act = READ, .out = out + got, .len = len - got};

        status = run(stream, &step, err);
        got += step.moved;
        stream->heard = stream->heard || step.moved > 0;
    }
    ERR_clear_error();
    if (ret_got != NULL)
        *ret_got = got;
    if (status == SEALIFT_OK)
        return SEALIFT_OK;
    if (got > 0 && status == SEALIFT_UNAVAILABLE)
        status = error_hint(err, "%zu of %zu bytes had come", got, len);
    return error_prefix(err, "%s", stream->name);
}

int64_t
tls_stream_certificate_ends(const struct tls_stream *stream)
{
    return stream->certificate_ends_ns;
}

const char *
tls_stream_protocol(const struct tls_stream *stream)
{
    return SSL_get_version(stream->ssl);
}
