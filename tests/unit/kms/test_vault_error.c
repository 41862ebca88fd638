#include "vault_error.h"

#include "scoped.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct sealift_error err;
static const struct vault_place key = {"https://v:8200", "team/a", "transit", "cluster-key", NULL, {0}};
static const struct vault_place role = {"https://v:8200", "", "approle", "01234567...", NULL, {0}};

static const struct {
    enum vault_act act;
    int status;
    const char *error; /* NULL: an answer without JSON */
    enum sealift_status meaning;
    const char *says;
} cases[] = {
    {VAULT_UNWRAP, 400, "encryption key not found", SEALIFT_NOT_FOUND, "there is no such key"},
    {VAULT_UNWRAP, 400, "cipher: message authentication failed", SEALIFT_KEY, "damaged, or another key"},
    {VAULT_UNWRAP, 500, "cipher: message authentication failed", SEALIFT_KEY, "damaged, or another key"},
    {VAULT_UNWRAP, 400, "ciphertext or signature version is disallowed by policy (too old)", SEALIFT_KEY,
     "min_decryption_version"},
    {VAULT_UNWRAP, 400, "invalid ciphertext: version is too new", SEALIFT_KEY, "older backup"},
    {VAULT_UNWRAP, 400, "invalid ciphertext: no prefix", SEALIFT_KEY, "damaged"},
    {VAULT_UNWRAP, 400, "invalid ciphertext: could not decode base64", SEALIFT_KEY, "damaged"},
    {VAULT_REWRAP, 400, "cipher: message authentication failed", SEALIFT_KEY, "damaged, or another key"},
    {VAULT_WRAP, 400, "missing 'context' for key derivation; the key was created using a derived key", SEALIFT_KEY,
     "derived"},
    {VAULT_WRAP, 400, "message encryption not supported for key type ed25519", SEALIFT_KEY, "aes256-gcm96"},
    {VAULT_WRAP, 403, "1 error occurred: * permission denied", SEALIFT_DENIED,
     "path \"transit/encrypt/cluster-key\" { capabilities = [\"update\"] }"},
    {VAULT_UNWRAP, 403, "1 error occurred: * permission denied", SEALIFT_DENIED,
     "path \"transit/decrypt/cluster-key\" { capabilities = [\"update\"] }"},
    {VAULT_REWRAP, 403, "1 error occurred: * permission denied", SEALIFT_DENIED,
     "path \"transit/rewrap/cluster-key\" { capabilities = [\"update\"] }"},
    {VAULT_READ_KEY, 403, "1 error occurred: * permission denied", SEALIFT_DENIED,
     "path \"transit/keys/cluster-key\" { capabilities = [\"read\"] }"},
    {VAULT_READ_KEY, 403, "permission denied", SEALIFT_DENIED, "expired, revoked or of another namespace"},
    {VAULT_READ_KEY, 404, "", SEALIFT_NOT_FOUND, "sealift never creates one"},
    {VAULT_READ_KEY, 404, "no handler for route \"transit/keys/k\". route entry not found.", SEALIFT_NOT_FOUND,
     "check transit path"},
    {VAULT_READ_KEY, 404, "namespace not found", SEALIFT_NOT_FOUND, "no such namespace"},
    {VAULT_READ_KEY, 404, NULL, SEALIFT_INVALID, "no Vault or OpenBao"},
    {VAULT_READ_KEY, 405, "1 error occurred: * unsupported operation", SEALIFT_INVALID, "no transit engine"},
    {VAULT_WRAP, 405, "", SEALIFT_INVALID, "no transit engine"},
    {VAULT_WRAP, 413, "http: request body too large", SEALIFT_INVALID, "too large"},
    {VAULT_WRAP, 412, "", SEALIFT_UNAVAILABLE, "X-Vault-Request"},
    {VAULT_WRAP, 429, "rate limit quota exceeded", SEALIFT_UNAVAILABLE, "quota"},
    {VAULT_WRAP, 472, "", SEALIFT_UNAVAILABLE, "disaster recovery"},
    {VAULT_UNWRAP, 400, "path disabled in replication DR secondary mode", SEALIFT_UNAVAILABLE, "disaster recovery"},
    {VAULT_LOGIN_APPROLE, 400, "path disabled in replication DR secondary mode", SEALIFT_UNAVAILABLE,
     "disaster recovery"},
    {VAULT_UNWRAP, 474, "", SEALIFT_UNAVAILABLE, "finds no active one"},
    {VAULT_UNWRAP, 500, "local node not active but active cluster node not found", SEALIFT_UNAVAILABLE,
     "finds no active one"},
    {VAULT_UNWRAP, 530, "", SEALIFT_UNAVAILABLE, "removed from its cluster"},
    {VAULT_WRAP, 500, "internal error", SEALIFT_UNAVAILABLE, "try again later"},
    {VAULT_WRAP, 502, NULL, SEALIFT_UNAVAILABLE, "try again later"},
    {VAULT_WRAP, 501, "", SEALIFT_UNAVAILABLE, "not initialised"},
    {VAULT_WRAP, 503, "Vault is sealed", SEALIFT_UNAVAILABLE, "unseal"},
    {VAULT_WRAP, 307, NULL, SEALIFT_UNAVAILABLE, "standby"},
    {VAULT_WRAP, 302, NULL, SEALIFT_INVALID, "elsewhere"},
    {VAULT_WRAP, 418, "I am a teapot", SEALIFT_CORRUPT, "I am a teapot"},
    {VAULT_WRAP, 400, "something new", SEALIFT_KEY, "something new"},
    {VAULT_LOGIN_APPROLE, 400, "invalid role or secret ID", SEALIFT_DENIED, "new secret id"},
    {VAULT_LOGIN_APPROLE, 400, "failed to validate credentials: invalid secret_id", SEALIFT_DENIED, "new secret id"},
    {VAULT_LOGIN_APPROLE, 400, "missing secret_id", SEALIFT_DENIED, "empty"},
    {VAULT_LOGIN_APPROLE, 403, "permission denied", SEALIFT_DENIED, "--auth-path"},
    {VAULT_LOGIN_APPROLE, 404, "no handler for route", SEALIFT_NOT_FOUND, "--auth-path"},
    {VAULT_LOGIN_KUBERNETES, 400, "invalid role name \"x\"", SEALIFT_NOT_FOUND, "--kubernetes-role"},
    {VAULT_LOGIN_KUBERNETES, 403, "permission denied", SEALIFT_DENIED, "TokenReviews"},
    {VAULT_LOGIN_KUBERNETES, 403, "service account name not authorized", SEALIFT_DENIED, "service account"},
    {VAULT_LOOK_UP_TOKEN, 403, "permission denied", SEALIFT_DENIED, "expired, revoked or used up"},
    {VAULT_LOOK_UP_TOKEN, 403, "2 errors occurred: * permission denied * invalid token", SEALIFT_DENIED,
     "not accepted"},
    {VAULT_RENEW_TOKEN, 400, "batch tokens cannot be renewed", SEALIFT_DENIED, "cannot be renewed"},
};

static void
make_answer(int status, const char *error, struct vault_answer *ret_answer)
{
    char body[256];

    if (error == NULL)
        snprintf(body, sizeof(body), "<html>");
    else if (error[0] == '\0')
        snprintf(body, sizeof(body), "{\"errors\":[]}");
    else {
        SCOPED(buf_done) struct buf text = {0};
        SCOPED(json_writer_free) struct json_writer *writer = NULL;

        cr_assert_eq(json_writer_new(&writer, &err), SEALIFT_OK);
        json_open_object(writer, NULL);
        json_open_array(writer, "errors");
        json_put_string(writer, NULL, error);
        json_close_array(writer);
        json_close_object(writer);
        cr_assert_eq(json_writer_finish(writer, &text, &err), SEALIFT_OK);
        snprintf(body, sizeof(body), "%.*s", (int)text.len, (const char *)text.data);
    }
    cr_assert_eq(vault_answer_read(status, bytes_of_text(body), "test", ret_answer, &err), SEALIFT_OK);
}

Test(vault_error, says_what_a_refusal_means_and_what_to_do)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SCOPED(vault_answer_done) struct vault_answer answer = {0};
        bool login = cases[i].act == VAULT_LOGIN_APPROLE || cases[i].act == VAULT_LOGIN_KUBERNETES;

        make_answer(cases[i].status, cases[i].error, &answer);
        cr_assert_eq(vault_error(cases[i].act, login ? &role : &key, &answer, &err), cases[i].meaning,
                     "%d %s gives %s: %s", cases[i].status, cases[i].error, sealift_status_name(err.status),
                     err.message);
        cr_assert_eq(err.status, cases[i].meaning);
        cr_assert_not_null(strstr(err.message, cases[i].says), "%d %s: \"%s\" is not in: %s", cases[i].status,
                           cases[i].error, cases[i].says, err.message);
    }
}

Test(vault_error, names_the_object_and_the_act)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    make_answer(400, "encryption key not found", &answer);
    cr_assert_eq(vault_error(VAULT_UNWRAP, &key, &answer, &err), SEALIFT_NOT_FOUND);
    cr_assert_str_eq(
        err.message,
        "Vault https://v:8200, namespace team/a: unwrap with the key transit/cluster-key: there is no such "
        "key: its name or the transit path is wrong, or it was deleted; the answer was 400: encryption key "
        "not found");
    cr_assert_eq(vault_error(VAULT_LOGIN_APPROLE, &role, &answer, &err), SEALIFT_DENIED);
    cr_assert_eq(
        strncmp(err.message, "Vault https://v:8200: log in with AppRole at auth/approle, role 01234567...: ", 76), 0,
        "%s", err.message);
}

/* A key-value engine answers "nothing here" with a JSON that has no errors. */
Test(vault_error, names_the_server_of_a_cluster_that_refused)
{
    struct vault_place cluster = {"https://a:8200,https://b:8200", "", "transit", "cluster-key", NULL, {0}};
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    make_answer(400, "encryption key not found", &answer);
    strcpy(answer.address, "https://b:8200");
    cr_assert_eq(vault_error(VAULT_UNWRAP, &cluster, &answer, &err), SEALIFT_NOT_FOUND);
    cr_assert_eq(strncmp(err.message, "Vault https://b:8200: unwrap with", 33), 0, "%s", err.message);
}

Test(vault_error, tells_another_engine_from_a_missing_key)
{
    SCOPED(vault_answer_done) struct vault_answer answer = {0};

    cr_assert_eq(
        vault_answer_read(404, bytes_of_text("{\"data\":null,\"warnings\":[\"Invalid path\"]}"), "test", &answer, &err),
        SEALIFT_OK);
    cr_assert_eq(vault_error(VAULT_READ_KEY, &key, &answer, &err), SEALIFT_INVALID);
    cr_assert_not_null(strstr(err.message, "no transit engine"));
}

Test(vault_error, names_the_place_of_a_redirect)
{
    struct vault_answer answer = {.status = 307, .location = "https://other:8200/v1/transit/encrypt/k"};

    cr_assert_eq(vault_error(VAULT_WRAP, &key, &answer, &err), SEALIFT_UNAVAILABLE);
    cr_assert_not_null(strstr(err.message, "https://other:8200/"));
}
