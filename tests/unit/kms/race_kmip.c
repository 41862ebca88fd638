/* Many threads that wrap through one KMIP server whose mode nobody knows yet, for ThreadSanitizer to watch: one of them
 * finds it out, the others wait for it. */
#include "kms.h"
#include "scoped.h"
#include "scripted_kmip.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 6
#define ROUNDS  4
#define ENCRYPT 0x1f
#define DECRYPT 0x20

static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};

static void
need(bool condition, const char *message)
{
    if (!condition) {
        fprintf(stderr, "race_kmip: %s\n", message);
        exit(1);
    }
}

static void *
wrap_often(void *context)
{
    struct kms *kms = context;
    struct sealift_error err = {0};

    for (int i = 0; i < ROUNDS; i++) {
        SCOPED(secret_free) struct secret *kek = NULL;
        SCOPED(secret_free) struct secret *again = NULL;
        SCOPED(buf_done) struct buf wrapped = {0};
        struct kms_errand errand = {0};
        struct kms_hint hint;
        const char *text;

        need(secret_random(&world, KEY_SIZE, &kek, &err) == SEALIFT_OK, err.message);
        need(kms_wrap(kms, &errand, kek, &hint, &wrapped, &err) == SEALIFT_OK, err.message);
        need(buf_text(&wrapped, &text, &err) == SEALIFT_OK, err.message);
        need(kms_unwrap(kms, &errand, &hint, text, &again, &err) == SEALIFT_OK, err.message);
        need(secret_equal(kek, again), "another thread's key came back");
    }
    return NULL;
}

int
main(void)
{
    SCOPED(test_pki_done) struct test_pki pki;
    SCOPED(kms_free) struct kms *kms = NULL;
    struct kms_config config = {.type = KMS_KMIP, .key = "1", .kmip.client_key.kind = CREDENTIAL_FILE};
    struct sealift_error err = {0};
    struct scripted_kmip *server;
    pthread_t threads[THREADS];

    test_pki_make(&pki);
    server = scripted_kmip_start(&(struct scripted_kmip_setup){.pki = &pki}, NULL);
    snprintf(config.address, sizeof(config.address), "%s", scripted_kmip_address(server));
    snprintf(config.ca_file, sizeof(config.ca_file), "%s", pki.ca.certificate_file);
    snprintf(config.kmip.client_cert, sizeof(config.kmip.client_cert), "%s", pki.client.certificate_file);
    snprintf(config.kmip.client_key.name, sizeof(config.kmip.client_key.name), "%s", pki.client.key_file);
    need(kms_open(&world, &config, "/nowhere", &kms, &err) == SEALIFT_OK, err.message);

    for (size_t i = 0; i < THREADS; i++)
        need(pthread_create(&threads[i], NULL, wrap_often, kms) == 0, "no thread");
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    need(scripted_kmip_count(server, ENCRYPT) == 1 + THREADS * ROUNDS, "the modes were tried more than once");
    need(scripted_kmip_count(server, DECRYPT) == 4 + THREADS * ROUNDS, "the modes were tried more than once");
    kms_free(&kms);
    scripted_kmip_stop(&server);
    return 0;
}
