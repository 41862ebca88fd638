/* A Vault that plays a script: what each test adds to it is answered in that order. The world's time moves only when
 * somebody sleeps. */
#ifndef VAULT_SCRIPT_H
#define VAULT_SCRIPT_H

#include "kms_config.h"
#include "scripted_server.h"
#include "scripted_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VAULT_SCRIPT_STEPS 24

/* What a server says when all is well. */
#define ANSWER_LOOKUP  "{\"data\":{\"ttl\":3600,\"renewable\":true,\"period\":3600,\"num_uses\":0}}"
#define ANSWER_LOGIN   "{\"auth\":{\"client_token\":\"s.fresh\",\"lease_duration\":3600,\"renewable\":true}}"
#define ANSWER_RENEWED "{\"auth\":{\"client_token\":\"s.fresh\",\"lease_duration\":3600,\"renewable\":true}}"
#define ANSWER_KEY_OF(more)                                                                                            \
    "{\"data\":{\"type\":\"aes256-gcm96\",\"latest_version\":3,\"min_decryption_version\":1,"                          \
    "\"supports_encryption\":true,\"supports_decryption\":true" more "}}"
#define ANSWER_KEY     ANSWER_KEY_OF("")
#define ANSWER_WRAPPED "{\"data\":{\"ciphertext\":\"vault:v3:AAAA\",\"key_version\":3}}"
/* 32 bytes: 00 01 ... 1f */
#define ANSWER_PLAIN   "{\"data\":{\"plaintext\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}}"
#define ANSWER_REFUSED "{\"errors\":[\"1 error occurred:\\n\\t* permission denied\\n\\n\"]}"
#define ANSWER_UNKNOWN "{\"errors\":[\"permission denied\"]}"
#define ANSWER_MISSING "{\"errors\":[]}"

struct vault_script {
    struct scripted_world scripted;
    const struct world *world;
    struct kms_config config; /* a token from an environment variable */
    struct scripted_server *server;
    struct scripted_step steps[VAULT_SCRIPT_STEPS];
    char texts[VAULT_SCRIPT_STEPS][4096];
    size_t count;
    struct sealift_error err;
};

static inline void
vault_script_add_with(struct vault_script *script, int status, const char *header, const char *body)
{
    char *text = script->texts[script->count];
    int len = snprintf(text, sizeof(script->texts[0]), "HTTP/1.1 %d Scripted\r\nContent-Length: %zu\r\n%s\r\n%s",
                       status, strlen(body), header, body);

    cr_assert_lt(script->count, VAULT_SCRIPT_STEPS);
    cr_assert_lt((size_t)len, sizeof(script->texts[0]));
    script->steps[script->count++] = (struct scripted_step){.answer = text};
}

static inline void
vault_script_add(struct vault_script *script, int status, const char *body)
{
    vault_script_add_with(script, status, "", body);
}

/* Starts to play; `config` leads there. */
static inline void
vault_script_play(struct vault_script *script)
{
    scripted_world_init(&script->scripted, "2026-11-24T14:45:57Z");
    script->world = &script->scripted.world;
    script->server = scripted_server_start(script->steps, script->count, NULL);
    setenv("SEALIFT_TEST_TOKEN", "s.given", 1);
    script->config = (struct kms_config){
        .type = KMS_VAULT,
        .key = "cluster-key",
        .vault.transit_path = "transit",
        .vault.auth = KMS_AUTH_TOKEN,
        .credential = {CREDENTIAL_ENVIRONMENT, "SEALIFT_TEST_TOKEN"},
    };
    snprintf(script->config.address, sizeof(script->config.address), "%s", scripted_server_url(script->server));
}

static inline void
vault_script_use_approle(struct vault_script *script)
{
    setenv("SEALIFT_TEST_SECRET_ID", "the-secret-id", 1);
    script->config.vault.auth = KMS_AUTH_APPROLE;
    strcpy(script->config.vault.auth_path, "approle");
    strcpy(script->config.vault.role_id, "0123456789abcdef");
    script->config.credential = (struct credential_source){CREDENTIAL_ENVIRONMENT, "SEALIFT_TEST_SECRET_ID"};
}

static inline void
vault_script_done(struct vault_script *script)
{
    scripted_server_stop(&script->server);
}

static inline void
vault_script_pass(struct vault_script *script, int64_t seconds)
{
    struct clock *clock = script->world->clock;

    clock->sleep_ns(clock, seconds * NS_PER_S, script->world->cancel);
}

/* All that was played was asked for, and in these words: lines such as "GET /v1/transit/keys/cluster-key". */
static inline void
vault_script_expect(struct vault_script *script, const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char line[256];

        snprintf(line, sizeof(line), "%s HTTP/1.1", lines[i]);
        cr_assert(scripted_server_saw_line(script->server, i, line), "request %zu is not \"%s\" but: %s", i, line,
                  scripted_server_head(script->server, i));
    }
    cr_assert_eq(scripted_server_requests(script->server), count, "there were %zu requests",
                 scripted_server_requests(script->server));
}

#define EXPECT_REQUESTS(script, ...)                                                                                   \
    vault_script_expect(script, (const char *const[]){__VA_ARGS__},                                                    \
                        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

#endif
