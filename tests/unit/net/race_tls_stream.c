/* Many threads, each with streams of its own, for ThreadSanitizer to watch: what OpenSSL shares between them, lookups
 * that are waited for and lookups that are left behind, a wish to stop from another thread. */
#include "tls_stream.h"

#include "fixture_names.h"
#include "fixture_tls_peer.h"
#include "scoped.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 6
#define STREAMS 8

static struct cancel never, soon;
static const struct world world = {&clock_system, &entropy_system, &never, NULL};
static const struct world stopping_world = {&clock_system, &entropy_system, &soon, NULL};

static struct tls_stream_options options;
static atomic_bool is_reading;

static void
need(bool condition, const char *message)
{
    if (!condition) {
        fprintf(stderr, "race_tls_stream: %s\n", message);
        exit(1);
    }
}

static void *
talk(void *context)
{
    struct tls_stream_options mine = options;
    struct sealift_error err = {0};

    (void)context;
    for (int i = 0; i < STREAMS; i++) {
        struct tls_stream *stream = NULL;
        char out[6] = "";

        strcpy(mine.endpoint.host, i % 2 == 0 ? "127.0.0.1" : "three.test");
        mine.server_name = "localhost";
        need(tls_stream_connect(&world, &mine, &stream, &err) == SEALIFT_OK, err.message);
        need(tls_stream_write(stream, bytes_of_text("hello"), 60 * NS_PER_S, &err) == SEALIFT_OK, err.message);
        need(tls_stream_read(stream, (uint8_t *)out, 5, 60 * NS_PER_S, NULL, &err) == SEALIFT_OK, err.message);
        need(strcmp(out, "hello") == 0, "another answer than was sent");
        tls_stream_close(&stream);
    }
    return NULL;
}

/* Gives up on a name at about the moment when its answer comes, and is refused. */
static void *
give_up(void *context)
{
    struct tls_stream_options mine = options;
    struct tls_stream *stream = NULL;
    struct sealift_error err = {0};

    (void)context;
    strcpy(mine.endpoint.host, "slow.test");
    mine.connect_timeout_ns = 100 * NS_PER_MS;
    mine.server_name = "another.test";
    for (int i = 0; i < STREAMS; i++)
        need(tls_stream_connect(&world, &mine, &stream, &err) != SEALIFT_OK, "connected under a wrong name");
    return NULL;
}

static void *
be_stopped(void *context)
{
    struct tls_stream_options mine = options;
    struct tls_stream *stream = NULL;
    struct sealift_error err = {0};
    uint8_t byte;

    (void)context;
    need(tls_stream_connect(&stopping_world, &mine, &stream, &err) == SEALIFT_OK, err.message);
    atomic_store(&is_reading, true);
    need(tls_stream_read(stream, &byte, 1, 60 * NS_PER_S, NULL, &err) == SEALIFT_CANCELLED, "did not stop");
    tls_stream_close(&stream);
    return NULL;
}

int
main(void)
{
    struct test_pki pki;
    struct tls_peer *peer;
    struct secret *key = NULL;
    struct sealift_error err = {0};
    pthread_t threads[THREADS + 2];

    need(secret_init(&err) == SEALIFT_OK, err.message);
    test_pki_make(&pki);
    peer = tls_peer_start(&(struct tls_peer_options){.identity = &pki.server, .client_ca = pki.ca.certificate_file});
    need(secret_from_file(&world, pki.client.key_file, &key, &err) == SEALIFT_OK, err.message);
    options = (struct tls_stream_options){
        .endpoint = {.host = "127.0.0.1"},
        .ca_file = pki.ca.certificate_file,
        .client_certificate = pki.client.certificate_file,
        .client_key = key,
        .connect_timeout_ns = 60 * NS_PER_S,
        .handshake_timeout_ns = 60 * NS_PER_S,
    };
    strcpy(options.endpoint.port, tls_peer_port(peer));
    for (size_t i = 0; i < THREADS; i++)
        need(pthread_create(&threads[i], NULL, talk, NULL) == 0, "no thread");
    need(pthread_create(&threads[THREADS], NULL, give_up, NULL) == 0, "no thread");
    need(pthread_create(&threads[THREADS + 1], NULL, be_stopped, NULL) == 0, "no thread");
    clock_system.sleep_ns(&clock_system, 250 * NS_PER_MS, NULL);
    names_let_go();
    while (!atomic_load(&is_reading))
        clock_system.sleep_ns(&clock_system, NS_PER_MS, NULL);
    atomic_store(&soon.asked, true);
    for (size_t i = 0; i < THREADS + 2; i++)
        pthread_join(threads[i], NULL);
    tls_peer_stop(&peer);
    secret_free(&key);
    test_pki_done(&pki);
    return 0;
}
