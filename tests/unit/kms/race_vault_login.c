/* Many threads that need the same login at once, for ThreadSanitizer to watch: one of them logs in, the others wait for
 * it. */
#include "scoped.h"
#include "scripted_server.h"
#include "vault_login.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 8
#define CALLS   10

static struct cancel cancel;
static const struct world world = {&clock_system, &entropy_system, &cancel, NULL};
static struct kms_config config = {
    .type = KMS_VAULT,
    .vault.auth = KMS_AUTH_APPROLE,
    .vault.auth_path = "approle",
    .vault.role_id = "role",
    .credential = {CREDENTIAL_ENVIRONMENT, "SEALIFT_TEST_SECRET_ID"},
};

static void
need(bool condition, const char *message)
{
    if (!condition) {
        fprintf(stderr, "race_vault_login: %s\n", message);
        exit(1);
    }
}

static void *
call_often(void *unused)
{
    SCOPED(vault_client_free) struct vault_client *client = NULL;
    SCOPED(vault_login_free) struct vault_login *login = NULL;
    struct sealift_error err = {0};

    need(vault_client_new(&world, &config, &client, &err) == SEALIFT_OK, err.message);
    need(vault_login_new(&world, &config, client, &login, &err) == SEALIFT_OK, err.message);
    for (int i = 0; i < CALLS; i++) {
        SCOPED(vault_answer_done) struct vault_answer answer = {0};

        need(vault_login_call(login, &(struct vault_request){.method = "GET", .path = "x"}, &answer, &err) ==
                 SEALIFT_OK,
             err.message);
        need(answer.status == 200, "another answer than was sent");
        vault_login_keep_alive(login);
    }
    return unused;
}

int
main(void)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 81\r\n\r\n"
        "{\"auth\":{\"client_token\":\"s.abcdefghijkl\",\"lease_duration\":3600,\"renewable\":true}}";
    static struct scripted_step steps[1 + THREADS * CALLS];
    struct scripted_server *server;
    pthread_t threads[THREADS];

    for (size_t i = 0; i < 1 + THREADS * CALLS; i++)
        steps[i].answer = answer;
    server = scripted_server_start(steps, 1 + THREADS * CALLS, NULL);
    setenv("SEALIFT_TEST_SECRET_ID", "secret", 1);
    snprintf(config.address, sizeof(config.address), "%s", scripted_server_url(server));

    for (size_t i = 0; i < THREADS; i++)
        need(pthread_create(&threads[i], NULL, call_often, NULL) == 0, "no thread");
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    need(scripted_server_requests(server) == 1 + THREADS * CALLS, "there was more than one login");
    scripted_server_stop(&server);
    return 0;
}
