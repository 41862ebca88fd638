#include "vault_login.h"

#include "error.h"
#include "scoped.h"
#include "vault_config.h"
#include "vault_session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A renewal or login that fails while the token is still good is tried again after this. */
#define TRY_AGAIN_NS (30 * NS_PER_S)

static const struct vault_pace patient;

struct vault_login {
    const struct world *world;
    const struct kms_config *config;
    struct vault_client *client;
    struct vault_session *session; /* the process's, not ours */
    char shown_role[256];          /* for messages: of a role id only its beginning */
};

static const char *
role_of(const struct kms_config *config)
{
    return config->vault.auth == KMS_AUTH_APPROLE ? config->vault.role_id : config->vault.kubernetes_role;
}

enum sealift_status
vault_login_new(const struct world *world, const struct kms_config *config, struct vault_client *client,
                struct vault_login **ret_login, struct sealift_error *err)
{
    SCOPED(free_done) char *name = NULL;
    SCOPED(vault_login_free) struct vault_login *login = calloc(1, sizeof(*login));
    char credential[1040];

    if (login == NULL)
        return error_no_memory(err);
    *login = (struct vault_login){.world = world, .config = config, .client = client};
    snprintf(login->shown_role, sizeof(login->shown_role), config->vault.auth == KMS_AUTH_APPROLE ? "%.8s..." : "%s",
             role_of(config));
    credential_format(&config->credential, credential);
    TRY(text_format(&name, "%s\n%s\n%d\n%s\n%s\n%s", err, config->address, vault_config_login_namespace(config),
                    (int)config->vault.auth, config->vault.auth_path, role_of(config), credential));
    TRY(vault_session_get(name, &login->session, err));
    *ret_login = TAKE(login);
    return SEALIFT_OK;
}

void
vault_login_free(struct vault_login **login)
{
    free(*login);
    *login = NULL;
}

static struct vault_place
place_of(const struct vault_login *login)
{
    const struct kms_config *config = login->config;

    return (struct vault_place){
        config->address, vault_config_login_namespace(config), config->vault.auth_path, login->shown_role, NULL, {0}};
}

/* --- The token and its life --- */

static int64_t
now_ns(const struct vault_login *login)
{
    return login->world->clock->mono_ns(login->world->clock);
}

static void
set_life_locked(struct vault_login *login, const struct vault_lease *lease)
{
    struct vault_session *session = login->session;
    int64_t now = now_ns(login);

    session->renewable = lease->renewable;
    session->due_ns = lease->ttl_s == 0 ? INT64_MAX : now + lease->ttl_s * NS_PER_S / 3 * 2;
    session->expires_ns = lease->ttl_s == 0 ? INT64_MAX : now + lease->ttl_s * NS_PER_S;
}

static void
forget_locked(struct vault_login *login)
{
    secret_free(&login->session->token);
}

static enum sealift_status
look_up(struct vault_login *login, const struct secret *token, struct vault_pace pace, struct vault_answer *ret_answer,
        struct sealift_error *err)
{
    struct vault_request request = {
        .method = "GET", .path = "auth/token/lookup-self", .token = token, .of_login = true, .pace = pace};

    return vault_client_call(login->client, &request, ret_answer, err);
}

/* --- Logging in --- */

static enum sealift_status
check_token(const struct secret *token, const struct credential_source *source, struct sealift_error *err)
{
    char where[1040];

    for (size_t i = 0; i < token->len; i++) {
        if (token->bytes[i] > ' ' && token->bytes[i] < 0x7f)
            continue;
        credential_format(source, where);
        return error_set(err, SEALIFT_INVALID,
                         "the token in %s holds white space or other characters that no token has: is something else "
                         "in there?",
                         where);
    }
    return SEALIFT_OK;
}

/* A token that somebody else issued. Looking it up tells how long it lives; a policy that forbids just that does not
 * make it a bad one. */
static enum sealift_status
take_token_locked(struct vault_login *login, struct vault_pace pace, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *token = NULL;
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    struct vault_place place = place_of(login);
    struct vault_lease lease = {0};

    TRY(credential_read(login->world, &login->config->credential, "the token", &token, err));
    TRY(check_token(token, &login->config->credential, err));
    TRY(look_up(login, token, pace, &answer, err));
    if (vault_answer_is_success(&answer))
        TRY(vault_lease_from_lookup(&answer, &lease, err));
    else if (answer.status != 403 || !vault_error_is_policy(&answer))
        return vault_error(VAULT_LOOK_UP_TOKEN, &place, &answer, err);
    set_life_locked(login, &lease);
    login->session->token = TAKE(token);
    return SEALIFT_OK;
}

static enum sealift_status
write_login(const struct vault_login *login, struct buf *body, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;
    SCOPED(secret_free) struct secret *credential = NULL;
    const struct kms_config *config = login->config;
    bool approle = config->vault.auth == KMS_AUTH_APPROLE;

    TRY(credential_read(login->world, &config->credential, approle ? "the secret id" : "the service account's token",
                        &credential, err));
    TRY(json_writer_new(&writer, err));
    json_open_object(writer, NULL);
    json_put_string(writer, approle ? "role_id" : "role", role_of(config));
    json_put_string(writer, approle ? "secret_id" : "jwt", secret_text(credential));
    json_close_object(writer);
    return json_writer_finish(writer, body, err);
}

static enum sealift_status
explain_login(const struct vault_login *login, const struct vault_answer *answer, struct sealift_error *err)
{
    enum vault_act act = login->config->vault.auth == KMS_AUTH_APPROLE ? VAULT_LOGIN_APPROLE : VAULT_LOGIN_KUBERNETES;
    struct vault_place place = place_of(login);
    char where[1040];

    credential_format(&login->config->credential, where);
    if (vault_error(act, &place, answer, err) == SEALIFT_DENIED)
        return error_hint(err, "what was sent came from %s", where);
    return err->status;
}

/* With AppRole or Kubernetes. The credential is read each time: secret ids are replaced, and projected JWTs rotate. */
static enum sealift_status
log_in_locked(struct vault_login *login, struct vault_pace pace, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf body = {.wipe = true};
    SCOPED(free_done) char *path = NULL;
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    SCOPED(secret_free) struct secret *token = NULL;
    struct vault_request request = {.method = "POST", .of_login = true, .pace = pace};
    struct vault_lease lease;

    TRY(write_login(login, &body, err));
    TRY(text_format(&path, "auth/%s/login", err, login->config->vault.auth_path));
    request.path = path;
    request.body = buf_bytes(&body);
    TRY(vault_client_call(login->client, &request, &answer, err));
    if (!vault_answer_is_success(&answer))
        return explain_login(login, &answer, err);
    TRY(vault_lease_from_auth(&answer, &lease, &token, err));
    forget_locked(login);
    set_life_locked(login, &lease);
    login->session->token = TAKE(token);
    world_log(login->world, LOG_INFO, "Vault %s: logged in at auth/%s", answer.address, login->config->vault.auth_path);
    return SEALIFT_OK;
}

static enum sealift_status
start_locked(struct vault_login *login, struct vault_pace pace, struct sealift_error *err)
{
    if (vault_client_is_exposed(login->client))
        world_log(login->world, LOG_WARNING,
                  "Vault %s: the token and the keys travel unprotected over plain http; use https",
                  login->config->address);
    return login->config->vault.auth == KMS_AUTH_TOKEN ? take_token_locked(login, pace, err)
                                                       : log_in_locked(login, pace, err);
}

/* --- Renewing --- */

static enum sealift_status
renew_locked(struct vault_login *login, struct sealift_error *err)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};
    struct vault_place place = place_of(login);
    struct vault_lease lease;
    struct vault_request request = {
        .method = "POST",
        .path = "auth/token/renew-self",
        .of_login = true,
        .token = login->session->token,
        .body = {(const uint8_t *)"{}", 2},
        .pace.once = true, /* the token is still good, and there will be another time */
    };

    TRY(vault_client_call(login->client, &request, &answer, err));
    if (!vault_answer_is_success(&answer))
        return vault_error(VAULT_RENEW_TOKEN, &place, &answer, err);
    TRY(vault_lease_from_auth(&answer, &lease, NULL, err));
    set_life_locked(login, &lease);
    return SEALIFT_OK;
}

/* When two thirds of its life are over. A token that cannot be renewed is replaced by a fresh login, or, if it was
 * given to us, used for as long as it lives. */
static enum sealift_status
refresh_locked(struct vault_login *login, struct vault_pace pace, struct sealift_error *err)
{
    bool own_login = login->config->vault.auth != KMS_AUTH_TOKEN;

    if (login->session->renewable && renew_locked(login, err) == SEALIFT_OK)
        return SEALIFT_OK;
    if (own_login)
        return log_in_locked(login, pace, err);
    return login->session->renewable
               ? err->status
               : error_set(err, SEALIFT_DENIED, "Vault %s: the token cannot be renewed", login->config->address);
}

static enum sealift_status
ensure_locked(struct vault_login *login, struct vault_pace pace, struct sealift_error *err)
{
    struct vault_session *session = login->session;
    struct sealift_error trouble;
    int64_t now = now_ns(login);

    if (session->token != NULL && now >= session->expires_ns)
        forget_locked(login);
    if (session->token == NULL)
        return start_locked(login, pace, err);
    if (now < session->due_ns || refresh_locked(login, pace, &trouble) == SEALIFT_OK)
        return SEALIFT_OK;
    session->due_ns = now + TRY_AGAIN_NS;
    world_log(login->world, LOG_WARNING, "%s; the token is good for another %" PRId64 " s", trouble.message,
              (session->expires_ns - now) / NS_PER_S);
    return SEALIFT_OK;
}

/* --- For callers --- */

static enum sealift_status
copy_token(struct vault_login *login, struct vault_pace pace, struct secret **ret_token, struct sealift_error *err)
{
    enum sealift_status status;

    pthread_mutex_lock(&login->session->lock);
    status = ensure_locked(login, pace, err);
    if (status == SEALIFT_OK)
        status = secret_copy(secret_bytes(login->session->token), ret_token, err);
    pthread_mutex_unlock(&login->session->lock);
    return status;
}

enum sealift_status
vault_login_ensure(struct vault_login *login, struct vault_pace pace, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *token = NULL;

    return copy_token(login, pace, &token, err);
}

/* Unless another thread, refused as well, has already done so. */
static void
give_up(struct vault_login *login, const struct secret *token)
{
    struct vault_session *session = login->session;

    pthread_mutex_lock(&session->lock);
    if (session->token != NULL && secret_equal(session->token, token))
        forget_locked(login);
    pthread_mutex_unlock(&session->lock);
}

enum sealift_status
vault_login_call(struct vault_login *login, const struct vault_request *request, struct vault_answer *ret_answer,
                 struct sealift_error *err)
{
    struct vault_request with_token = *request;

    for (int attempt = 1;; attempt++) {
        SCOPED(secret_free) struct secret *token = NULL;

        TRY(copy_token(login, request->pace, &token, err));
        with_token.token = token;
        TRY(vault_client_call(login->client, &with_token, ret_answer, err));
        if (ret_answer->status != 403 || attempt == 2)
            return SEALIFT_OK;
        give_up(login, token);
        vault_answer_done(ret_answer);
    }
}

static enum sealift_status
start_anew(struct vault_login *login, struct sealift_error *err)
{
    enum sealift_status status;

    pthread_mutex_lock(&login->session->lock);
    forget_locked(login);
    status = start_locked(login, patient, err);
    pthread_mutex_unlock(&login->session->lock);
    return status;
}

enum sealift_status
vault_login_try(struct vault_login *login, struct vault_lease *ret_lease, bool *ret_known, struct sealift_error *err)
{
    SCOPED(secret_free) struct secret *token = NULL;
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    TRY(start_anew(login, err));
    TRY(copy_token(login, patient, &token, err));
    TRY(look_up(login, token, patient, &answer, err));
    *ret_known = vault_answer_is_success(&answer);
    return *ret_known ? vault_lease_from_lookup(&answer, ret_lease, err) : SEALIFT_OK;
}

static bool
is_logged_in(struct vault_login *login)
{
    bool logged_in;

    pthread_mutex_lock(&login->session->lock);
    logged_in = login->session->token != NULL;
    pthread_mutex_unlock(&login->session->lock);
    return logged_in;
}

void
vault_login_keep_alive(struct vault_login *login)
{
    struct sealift_error err;

    if (is_logged_in(login) && vault_login_ensure(login, patient, &err) != SEALIFT_OK)
        world_log(login->world, LOG_WARNING, "%s", err.message);
}
