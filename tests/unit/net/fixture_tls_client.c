#include "fixture_tls_client.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct cancel tls_cancel;
const struct world tls_world = {&clock_system, &entropy_system, &tls_cancel, NULL};
struct test_pki tls_pki;
struct sealift_error tls_err;

static struct secret *keys[32];
static size_t key_count;
static pthread_t canceller;
static int64_t cancelled_ns;

void
tls_client_set_up(void)
{
    cr_assert_eq(secret_init(&tls_err), SEALIFT_OK, "%s", tls_err.message);
    test_pki_make(&tls_pki);
}

void
tls_client_tear_down(void)
{
    while (key_count > 0)
        secret_free(&keys[--key_count]);
    test_pki_done(&tls_pki);
}

const struct secret *
tls_key(const char *path)
{
    cr_assert_lt(key_count, sizeof(keys) / sizeof(keys[0]));
    cr_assert_eq(secret_from_file(&tls_world, path, &keys[key_count], &tls_err), SEALIFT_OK, "%s", tls_err.message);
    return keys[key_count++];
}

struct tls_stream_options
tls_usual_as(const struct tls_peer *peer, const struct test_identity *identity)
{
    struct tls_stream_options options = {
        .endpoint = {.host = "127.0.0.1"},
        .ca_file = tls_pki.ca.certificate_file,
        .client_certificate = identity->certificate_file,
        .client_key = tls_key(identity->key_file),
        .client_key_name = "the key's file",
        .connect_timeout_ns = LONG_NS,
        .handshake_timeout_ns = LONG_NS,
    };

    snprintf(options.endpoint.port, sizeof(options.endpoint.port), "%s", peer != NULL ? tls_peer_port(peer) : "1");
    return options;
}

struct tls_stream_options
tls_usual(const struct tls_peer *peer)
{
    return tls_usual_as(peer, &tls_pki.client);
}

struct tls_stream *
tls_must_connect(const struct tls_stream_options *options)
{
    struct tls_stream *stream = NULL;

    cr_assert_eq(tls_stream_connect(&tls_world, options, &stream, &tls_err), SEALIFT_OK, "%s", tls_err.message);
    cr_assert_eq(ERR_peek_error(), 0);
    return stream;
}

void
tls_must_echo(struct tls_stream *stream, const char *text)
{
    char out[64] = "";
    size_t got = 0;

    cr_assert_lt(strlen(text), sizeof(out));
    cr_assert_eq(tls_stream_write(stream, bytes_of_text(text), LONG_NS, &tls_err), SEALIFT_OK, "%s", tls_err.message);
    cr_assert_eq(tls_stream_read(stream, (uint8_t *)out, strlen(text), LONG_NS, &got, &tls_err), SEALIFT_OK, "%s",
                 tls_err.message);
    cr_assert_eq(got, strlen(text));
    cr_assert_str_eq(out, text);
    cr_assert_eq(ERR_peek_error(), 0);
}

void
tls_expect(enum sealift_status got, enum sealift_status wanted, const char *because)
{
    cr_assert_eq(got, wanted, "%s: %s", sealift_status_name(got), got != SEALIFT_OK ? tls_err.message : "");
    cr_assert_eq(tls_err.status, wanted);
    cr_assert_not_null(strstr(tls_err.message, because), "\"%s\" does not say \"%s\"", tls_err.message, because);
    cr_assert(strncmp(tls_err.message, "127.0.0.1:", 10) == 0 || strncmp(tls_err.message, "[::1]:", 6) == 0 ||
                  strncmp(tls_err.message, "localhost:", 10) == 0,
              "%s", tls_err.message);
    cr_assert_eq(ERR_peek_error(), 0);
}

void
tls_expect_connect(const struct tls_stream_options *options, enum sealift_status status, const char *because)
{
    struct tls_stream *stream = NULL;

    tls_expect(tls_stream_connect(&tls_world, options, &stream, &tls_err), status, because);
    cr_assert_null(stream);
}

static void *
cancel_in_a_moment(void *unused)
{
    clock_system.sleep_ns(&clock_system, 50 * NS_PER_MS, NULL);
    cancelled_ns = tls_now_ns();
    atomic_store(&tls_cancel.asked, true);
    return unused;
}

void
tls_cancel_soon(void)
{
    cr_assert_eq(pthread_create(&canceller, NULL, cancel_in_a_moment, NULL), 0);
}

int64_t
tls_cancel_join(void)
{
    pthread_join(canceller, NULL);
    atomic_store(&tls_cancel.asked, false);
    return cancelled_ns;
}

int64_t
tls_now_ns(void)
{
    return clock_system.mono_ns(&clock_system);
}
