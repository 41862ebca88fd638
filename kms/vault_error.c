#include "vault_error.h"

#include "error.h"

#include <stdio.h>
#include <string.h>

#define ACT(act) (1u << (act))

enum {
    ANY_ACT = ~0,
    LOGIN = ACT(VAULT_LOGIN_APPROLE) | ACT(VAULT_LOGIN_KUBERNETES),
    TOKEN = ACT(VAULT_LOOK_UP_TOKEN) | ACT(VAULT_RENEW_TOKEN),
    OPEN = ACT(VAULT_UNWRAP) | ACT(VAULT_REWRAP),
    USE_KEY = ACT(VAULT_WRAP) | OPEN,
    KEY = ACT(VAULT_READ_KEY) | USE_KEY,
};

#define ANY_STATUS 0

#define DR_SECONDARY "replication DR secondary mode" /* as a server of Vault Enterprise refuses with 400 */

#define NO_ACTIVE_SERVER                                                                                               \
    "this server is a standby that finds no active one: its cluster is choosing one, or has lost the majority of its " \
    "servers"

/* The first row that fits counts. A text of "" fits any answer, one without a text too. */
static const struct row {
    unsigned acts;
    int status;
    const char *text;
    enum sealift_status meaning;
    const char *sentence;
} rows[] = {
    /* What any call may meet. */
    {ANY_ACT, ANY_STATUS, "namespace not found", SEALIFT_NOT_FOUND, "there is no such namespace: check its path"},
    {ANY_ACT, 501, "", SEALIFT_UNAVAILABLE,
     "the server is not initialised yet: its admin has to initialise and unseal it"},
    {ANY_ACT, 503, "", SEALIFT_UNAVAILABLE,
     "the server (or this namespace) is sealed, or its API is locked: have its admin unseal it, then try again"},
    {ANY_ACT, 429, "", SEALIFT_UNAVAILABLE,
     "the server turned us away for too many requests (a rate limit quota): try again later, or have the quota raised"},
    {ANY_ACT, 412, "", SEALIFT_UNAVAILABLE,
     "the server is behind its primary, or a proxy in between drops the header X-Vault-Request: try again, or go past "
     "the proxy"},
    {ANY_ACT, 413, "", SEALIFT_INVALID,
     "the server finds the request too large: a proxy in between may have a small limit"},
    {ANY_ACT, 472, "", SEALIFT_UNAVAILABLE, "this server is a disaster recovery secondary: give the primary's address"},
    {ANY_ACT, 400, DR_SECONDARY, SEALIFT_UNAVAILABLE,
     "this server is a disaster recovery secondary: give the primary's address"},
    {ANY_ACT, 474, "", SEALIFT_UNAVAILABLE, NO_ACTIVE_SERVER},
    {ANY_ACT, 500, "node not active but active", SEALIFT_UNAVAILABLE, NO_ACTIVE_SERVER},
    {ANY_ACT, 530, "", SEALIFT_UNAVAILABLE, "this server was removed from its cluster: give another one's address"},
    {ANY_ACT, 307, "", SEALIFT_UNAVAILABLE,
     "this server is a standby and sends us to a place that cannot be followed: give the active server's address"},

    /* Logging in. */
    {ACT(VAULT_LOGIN_APPROLE), 400, "missing secret_id", SEALIFT_DENIED, "the secret id is empty"},
    {ACT(VAULT_LOGIN_APPROLE), 400, "", SEALIFT_DENIED,
     "the role id or the secret id is not accepted: the secret id is expired, used up or revoked, or the two do not "
     "belong together; have a new secret id issued and put it where sealift reads it"},
    {ACT(VAULT_LOGIN_APPROLE), 403, "", SEALIFT_DENIED,
     "the login is refused: there is no AppRole at this path of this namespace (check --auth-path and --namespace), "
     "the role is locked after failed logins, or this machine's address is not among those that it may come from"},
    {ACT(VAULT_LOGIN_KUBERNETES), 400, "invalid role name", SEALIFT_NOT_FOUND,
     "this auth method has no such role: check --kubernetes-role"},
    {ACT(VAULT_LOGIN_KUBERNETES), 400, "", SEALIFT_DENIED, "the service account's token is not accepted"},
    {ACT(VAULT_LOGIN_KUBERNETES), 403, "permission denied", SEALIFT_DENIED,
     "the login is refused: the service account or its Kubernetes namespace is not bound to the role, the token is "
     "expired or for another audience, Vault may not do TokenReviews, or there is no such auth method at this path of "
     "this namespace (check --auth-path and --namespace); only the server's own log says which"},
    {ACT(VAULT_LOGIN_KUBERNETES), 403, "", SEALIFT_DENIED,
     "the login is refused: the role is not for this service account, Kubernetes namespace or audience"},
    {LOGIN, 404, "", SEALIFT_NOT_FOUND, "there is no such auth method: check --auth-path and --namespace"},
    {LOGIN, 405, "", SEALIFT_INVALID, "what is mounted at this path is another auth method: check --auth-path"},

    /* The token. */
    {TOKEN, 403, "", SEALIFT_DENIED,
     "the token is not accepted: it is expired, revoked or used up, or it belongs to another namespace or another "
     "server"},
    {ACT(VAULT_RENEW_TOKEN), 400, "", SEALIFT_DENIED, "the token cannot be renewed"},

    /* The key, and what it wrapped. */
    {KEY, ANY_STATUS, "message authentication failed", SEALIFT_KEY,
     "the wrapped key does not open: it is damaged, or another key wrapped it"},
    {KEY, ANY_STATUS, "(too old)", SEALIFT_KEY,
     "the version of the key that wrapped it is below the key's min_decryption_version: have that lowered, else what "
     "this version wrapped is lost"},
    {KEY, ANY_STATUS, "version is too new", SEALIFT_KEY,
     "it was wrapped by a version of the key that the server does not have: the server was restored from an older "
     "backup, or is another one"},
    {KEY, ANY_STATUS, "encryption key not found", SEALIFT_NOT_FOUND,
     "there is no such key: its name or the transit path is wrong, or it was deleted"},
    {KEY, ANY_STATUS, "no handler for route", SEALIFT_NOT_FOUND,
     "nothing is mounted at this path of this namespace: check transit path and namespace"},
    {KEY, ANY_STATUS, "missing 'context'", SEALIFT_KEY,
     "the key is a derived one, which needs a context for each call: use a key that was created with derived=false"},
    {KEY, ANY_STATUS, "not supported for key type", SEALIFT_KEY,
     "a key of this type cannot encrypt: use one of type aes256-gcm96"},
    {OPEN, 400, "invalid ciphertext", SEALIFT_KEY, "the wrapped key is damaged"},
    {ACT(VAULT_READ_KEY), 404, "", SEALIFT_NOT_FOUND,
     "there is no such key: check its name, or have it created; sealift never creates one, for a typo must not become "
     "a new master key"},
    {USE_KEY, 404, "", SEALIFT_NOT_FOUND, "there is no such key, or no transit engine at this path"},
    {KEY, 405, "", SEALIFT_INVALID, "what is mounted at this path is no transit engine: check the transit path"},
    {ANY_ACT, 403, "", SEALIFT_DENIED, "refused"},
    {KEY, 400, "", SEALIFT_KEY, "the server finds something wrong with it"},
};

/* A web server's or a proxy's own 404 must not pass for "no such key": Vault's refusals are always JSON. */
static bool
is_vaults_own(const struct vault_answer *answer)
{
    return answer->json != NULL || answer->status < 400 || answer->status > 405;
}

/* An engine of another type answers "nothing here" as an empty success would look, not as an error. */
static bool
is_another_engine(enum vault_act act, const struct vault_answer *answer)
{
    return (KEY & ACT(act)) != 0 && answer->status == 404 && json_get(answer->json, "errors") == NULL;
}

static const struct row *
find_row(enum vault_act act, const struct vault_answer *answer)
{
    static const struct row another_engine = {
        .meaning = SEALIFT_INVALID,
        .sentence = "what is mounted at this path is no transit engine: check the transit path",
    };

    if (!is_vaults_own(answer))
        return NULL;
    if (is_another_engine(act, answer))
        return &another_engine;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];

        if ((row->acts & ACT(act)) != 0 && (row->status == ANY_STATUS || row->status == answer->status) &&
            vault_answer_says(answer, row->text))
            return row;
    }
    return NULL;
}

/* What came of it when no row says: the class of the status. */
static struct row
judge_status(const struct vault_answer *answer)
{
    if (!is_vaults_own(answer))
        return (struct row){
            .meaning = SEALIFT_INVALID,
            .sentence =
                "what answers there is no Vault or OpenBao: check the address, and whether it begins with https"};
    if (answer->status / 100 == 3)
        return (struct row){.meaning = SEALIFT_INVALID,
                            .sentence = "the server sends us elsewhere: give the address that it names"};
    if (answer->status / 100 == 5)
        return (struct row){.meaning = SEALIFT_UNAVAILABLE,
                            .sentence = "the server has trouble of its own: try again later, and look into its log"};
    return (struct row){.meaning = SEALIFT_CORRUPT, .sentence = "the server's answer makes no sense"};
}

static const struct {
    const char *words;
    const char *path; /* between mount and name */
    const char *capability;
} acts[] = {
    [VAULT_LOGIN_APPROLE] = {"log in with AppRole at", NULL, NULL},
    [VAULT_LOGIN_KUBERNETES] = {"log in with Kubernetes at", NULL, NULL},
    [VAULT_LOOK_UP_TOKEN] = {"look up the token", "auth/token/lookup-self", "read"},
    [VAULT_RENEW_TOKEN] = {"renew the token", "auth/token/renew-self", "update"},
    [VAULT_READ_KEY] = {"read the key", "keys", "read"},
    [VAULT_WRAP] = {"wrap with the key", "encrypt", "update"},
    [VAULT_UNWRAP] = {"unwrap with the key", "decrypt", "update"},
    [VAULT_REWRAP] = {"rewrap with the key", "rewrap", "update"},
};

void
vault_error_subject(enum vault_act act, const struct vault_place *place, char *out, size_t size)
{
    bool in_namespace = place->name_space[0] != '\0';
    bool about_token = (TOKEN & ACT(act)) != 0;
    const char *folder = (LOGIN & ACT(act)) != 0 ? "auth/" : "";

    if (about_token)
        snprintf(out, size, "%s%s%s: %s", place->address, in_namespace ? ", namespace " : "", place->name_space,
                 acts[act].words);
    else
        snprintf(out, size, "%s%s%s: %s %s%s%s%s", place->address, in_namespace ? ", namespace " : "",
                 place->name_space, acts[act].words, folder, place->mount, (LOGIN & ACT(act)) != 0 ? ", role " : "/",
                 place->name);
}

void
vault_error_policy(enum vault_act act, const struct vault_place *place, char *out, size_t size)
{
    if ((TOKEN & ACT(act)) != 0)
        snprintf(out, size, "path \"%s\" { capabilities = [\"%s\"] }", acts[act].path, acts[act].capability);
    else
        snprintf(out, size, "path \"%s/%s/%s\" { capabilities = [\"%s\"] }", place->mount, acts[act].path, place->name,
                 acts[act].capability);
}

/* A refusal by policy says "1 error occurred: * permission denied"; a token that the server does not know has
 * "permission denied" bare, or together with "invalid token". */
bool
vault_error_is_policy(const struct vault_answer *answer)
{
    return vault_answer_says(answer, "1 error occurred");
}

static enum sealift_status
add_policy(enum vault_act act, const struct vault_place *place, const struct vault_answer *answer,
           struct sealift_error *err)
{
    char line[1024];

    vault_error_policy(act, place, line, sizeof(line));
    return error_hint(err, "%s: ask Vault's admin for the policy line  %s",
                      vault_error_is_policy(answer)
                          ? "the token's policies do not allow it"
                          : "the token is expired, revoked or of another namespace, or its policies do not allow it",
                      line);
}

static enum sealift_status
add_answer(const struct vault_answer *answer, struct sealift_error *err)
{
    if (answer->errors[0] != '\0')
        return error_hint(err, "the answer was %d: %s", answer->status, answer->errors);
    return error_hint(err, "the answer was %d", answer->status);
}

enum sealift_status
vault_error(enum vault_act act, const struct vault_place *place, const struct vault_answer *answer,
            struct sealift_error *err)
{
    const struct row *found = find_row(act, answer);
    struct row row = found != NULL ? *found : judge_status(answer);
    struct vault_place answering = *place;
    char subject[1600];
    enum sealift_status status;

    if (answer->address[0] != '\0')
        answering.address = answer->address;
    vault_error_subject(act, &answering, subject, sizeof(subject));
    status = error_set(err, row.meaning, "Vault %s: %s", subject, row.sentence);
    if (row.meaning == SEALIFT_DENIED && (KEY & ACT(act)) != 0)
        status = add_policy(act, place, answer, err);
    if (answer->status / 100 == 3 && answer->location[0] != '\0')
        status = error_hint(err, "it names %s", answer->location);
    return status == row.meaning ? add_answer(answer, err) : status;
}

bool
vault_error_is_servers(const struct vault_answer *answer)
{
    static const int statuses[] = {307, 472, 474, 501};

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (answer->status == statuses[i])
            return true;
    }
    return !is_vaults_own(answer) || vault_answer_says(answer, DR_SECONDARY);
}

enum sealift_status
vault_error_of_server(const struct vault_address *address, const struct vault_answer *answer, struct sealift_error *err)
{
    const struct row *found = find_row(VAULT_LOOK_UP_TOKEN, answer); /* any act would do: the server does none now */
    struct row row = found != NULL ? *found : judge_status(answer);
    enum sealift_status status = error_set(err, row.meaning, "Vault: %s: %s", address->name, row.sentence);

    if (strcmp(answer->address, address->text) != 0)
        status = error_hint(err, "so says %s, to which it sends us", answer->address);
    if (answer->status / 100 == 3 && answer->location[0] != '\0')
        status = error_hint(err, "it names %s", answer->location);
    return status == row.meaning ? add_answer(answer, err) : status;
}
