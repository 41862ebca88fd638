/* Many threads that share one client of two KMIP servers, one of which dies meanwhile, for ThreadSanitizer to watch:
 * one request is under way at a time, and each gets its own answer. */
#include "kmip_client.h"
#include "kmip_query.h"
#include "scoped.h"
#include "scripted_kmip.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 8
#define CALLS   10

static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};
static struct kms_config config = {.type = KMS_KMIP, .key = "1"};
static struct kmip_client *client;

static void
need(bool condition, const char *message)
{
    if (!condition) {
        fprintf(stderr, "race_kmip_client: %s\n", message);
        exit(1);
    }
}

static void
write_query(struct ttlv_writer *writer, enum kmip_version version, const void *context)
{
    (void)version, (void)context;
    kmip_query_write(writer);
}

static void
query(void)
{
    static const struct kmip_call call = {.operation = KMIP_QUERY, .write = write_query};
    SCOPED(kmip_reply_done) struct kmip_reply reply = {0};
    struct kmip_abilities abilities;
    struct sealift_error err = {0};

    need(kmip_client_call(client, &call, &reply, &err) == SEALIFT_OK, err.message);
    need(kmip_reply_check(&reply, &call, &err) == SEALIFT_OK, err.message);
    need(kmip_query_read(&reply.answer, &abilities, &err) == SEALIFT_OK, err.message);
    need(abilities.encrypt && abilities.decrypt, "another answer than was sent");
    need(reply.version == KMIP_1_4 && kmip_client_version(client) == KMIP_1_4, "another version");
}

static void *
call_often(void *unused)
{
    for (int i = 0; i < CALLS; i++) {
        query();
        kmip_client_close_idle(client);
    }
    return unused;
}

static void *
greet_sometimes(void *unused)
{
    struct kmip_greeting greeting;
    struct sealift_error err = {0};

    for (int i = 0; i < 2; i++) {
        need(kmip_client_greet(client, 1, &greeting, &err) == SEALIFT_OK, err.message);
        need(strncmp(greeting.protocol, "TLS", 3) == 0, "no protocol");
    }
    return unused;
}

int
main(void)
{
    SCOPED(test_pki_done) struct test_pki pki;
    struct scripted_kmip_setup setup = {.pki = &pki};
    struct scripted_kmip *first, *second;
    struct sealift_error err = {0};
    pthread_t threads[THREADS + 1];

    test_pki_make(&pki);
    first = scripted_kmip_start(&setup, NULL);
    second = scripted_kmip_start(&setup, NULL);
    snprintf(config.address, sizeof(config.address), "%s,%s", scripted_kmip_address(first),
             scripted_kmip_address(second));
    snprintf(config.ca_file, sizeof(config.ca_file), "%s", pki.ca.certificate_file);
    snprintf(config.kmip.client_cert, sizeof(config.kmip.client_cert), "%s", pki.client.certificate_file);
    config.kmip.client_key.kind = CREDENTIAL_FILE;
    snprintf(config.kmip.client_key.name, sizeof(config.kmip.client_key.name), "%s", pki.client.key_file);
    need(kmip_client_new(&world, &config, NULL, &client, &err) == SEALIFT_OK, err.message);

    query();
    for (size_t i = 0; i < THREADS; i++)
        need(pthread_create(&threads[i], NULL, call_often, NULL) == 0, "no thread");
    need(pthread_create(&threads[THREADS], NULL, greet_sometimes, NULL) == 0, "no thread");
    scripted_kmip_stop(&first);
    for (size_t i = 0; i < THREADS + 1; i++)
        pthread_join(threads[i], NULL);
    query();
    need(scripted_kmip_count(second, KMIP_QUERY) > 0, "the second server was never asked");
    kmip_client_free(&client);
    scripted_kmip_stop(&second);
    return 0;
}
