/* Many threads that add the same routes, open envelopes by them and keep them alive, for ThreadSanitizer to watch:
 * there is one connection to each KMS, and all open. */
#include "kms_routes.h"
#include "scoped.h"
#include "scratch_folder.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 8
#define CALLS   20

static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};
static const struct kms_config local = {.type = KMS_LOCAL};
static struct kms_routes *routes;
static struct envelope envelope;
static struct kms *connection;

static void
need(bool condition, const char *message)
{
    if (!condition) {
        fprintf(stderr, "race_kms_routes: %s\n", message);
        exit(1);
    }
}

static void
open_once(void)
{
    SCOPED(secret_free) struct secret *fs_key = NULL;
    struct kms_errand errand = {0};
    struct sealift_error err = {0};

    need(kms_routes_open(routes, &errand, &envelope, &fs_key, NULL, &err) == SEALIFT_OK, err.message);
}

static void *
use_often(void *number)
{
    struct kms_config own = {
        .type = KMS_VAULT,
        .address = "http://127.0.0.1:1",
        .key = "k",
        .vault = {.auth = KMS_AUTH_APPROLE, .role_id = "r"},
        .credential = {CREDENTIAL_ENVIRONMENT, "SEALIFT_TEST_SECRET_ID"},
    };
    struct sealift_error err = {0};
    struct kms *kms;

    for (int i = 0; i < CALLS; i++) {
        snprintf(own.vault.name_space, sizeof(own.vault.name_space), "tenant-%d", i);
        need(kms_routes_add(routes, KMS_ROLE_OWN, &own, &err) == SEALIFT_OK, err.message);
        open_once();
        need(kms_routes_first(routes, KMS_ROLE_LOCAL, &kms, &err) == SEALIFT_OK && kms == connection,
             "another connection");
        kms_routes_keep_alive(routes);
    }
    return number;
}

static void
make_envelope(void)
{
    SCOPED(secret_free) struct secret *fs_key = NULL;
    struct kms_errand errand = {.fs = {{1}}};
    struct sealift_error err = {0};

    need(kms_routes_first(routes, KMS_ROLE_LOCAL, &connection, &err) == SEALIFT_OK, err.message);
    need(secret_random(&world, FS_KEY_SIZE, &fs_key, &err) == SEALIFT_OK, err.message);
    need(keyring_seal(connection, &errand, fs_key, NULL, &envelope, &err) == SEALIFT_OK, err.message);
}

int
main(void)
{
    SCOPED(scratch_folder_done) struct scratch_folder scratch;
    struct sealift_error err = {0};
    pthread_t threads[THREADS];

    scratch_folder_make(&scratch);
    need(kms_routes_new(&world, &(struct kms_routes_options){.home = scratch.path}, &routes, &err) == SEALIFT_OK,
         err.message);
    need(kms_routes_add(routes, KMS_ROLE_LOCAL, &local, &err) == SEALIFT_OK, err.message);
    make_envelope();
    for (size_t i = 0; i < THREADS; i++)
        need(pthread_create(&threads[i], NULL, use_often, NULL) == 0, "no thread");
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    kms_routes_free(&routes);
    return 0;
}
