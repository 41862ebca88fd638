/* Many threads on one client, for ThreadSanitizer to watch: the pool, the shared names and TLS sessions. */
#include "http.h"

#include "scoped.h"
#include "scripted_server.h"
#include "test_certificate.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS  8
#define REQUESTS 12

static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};

struct errand {
    struct http_client *client;
    char url[128];
};

static void
need(bool condition, const char *message)
{
    if (!condition) {
        fprintf(stderr, "race_http: %s\n", message);
        exit(1);
    }
}

static void *
run_errand(void *context)
{
    const struct errand *errand = context;

    for (int i = 0; i < REQUESTS; i++) {
        SCOPED(http_answer_done) struct http_answer answer = {0};
        struct sealift_error err = {0};
        uint8_t out[2];
        struct http_request request = {
            .method = "GET",
            .url = errand->url,
            .secret_header = {"authorization", "secret"},
            .body_out = out,
            .body_capacity = sizeof(out),
        };

        need(http_perform(errand->client, &request, &answer, &err) == SEALIFT_OK, err.message);
        need(answer.body_len == 2 && out[0] == 'h', "another answer than was sent");
    }
    return NULL;
}

int
main(void)
{
    static struct scripted_step steps[THREADS * REQUESTS];
    struct test_certificate certificate;
    struct scripted_server *server;
    struct errand errand = {0};
    struct sealift_error err = {0};
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS * REQUESTS; i++)
        steps[i] = (struct scripted_step){
            .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            .ending = i % 7 == 0 ? SCRIPTED_CLOSE : SCRIPTED_KEEP,
        };
    test_certificate_make("IP:127.0.0.1", 3600, &certificate);
    server = scripted_server_start(steps, THREADS * REQUESTS,
                                   &(struct scripted_tls){certificate.certificate_file, certificate.key_file});
    snprintf(errand.url, sizeof(errand.url), "%s/", scripted_server_url(server));
    need(http_client_new(&world, &(struct http_client_options){.ca_file = certificate.certificate_file}, &errand.client,
                         &err) == SEALIFT_OK,
         err.message);
    for (size_t i = 0; i < THREADS; i++)
        need(pthread_create(&threads[i], NULL, run_errand, &errand) == 0, "no thread");
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    http_client_free(&errand.client);
    scripted_server_stop(&server);
    test_certificate_remove(&certificate);
    return 0;
}
