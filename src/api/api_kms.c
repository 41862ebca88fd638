#include "error.h"
#include "handle.h"
#include "scoped.h"

#include <stdlib.h>
#include <string.h>

/* The first of these variables that is set, or NULL. */
static const char *
from_environment(const char *first, const char *second)
{
    const char *value = getenv(first);

    if (value == NULL || value[0] == '\0')
        value = getenv(second);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static enum sealift_status
put(char *out, size_t size, const char *what, const char *text, struct sealift_error *err)
{
    if (text == NULL)
        text = "";
    if (strlen(text) >= size)
        return error_set(err, SEALIFT_INVALID, "%s is longer than %zu bytes", what, size - 1);
    memcpy(out, text, strlen(text) + 1);
    return SEALIFT_OK;
}

static enum sealift_status
put_path(char *out, size_t size, const char *what, const char *path, struct sealift_error *err)
{
    SCOPED(free_done) char *absolute = NULL;

    if (path == NULL || path[0] == '\0')
        return put(out, size, what, NULL, err);
    TRY(handle_absolute_path(path, &absolute, err));
    return put(out, size, what, absolute, err);
}

static enum sealift_status
credential_at(struct credential_source *source, const char *what, const char *file, const char *variable,
              struct sealift_error *err)
{
    source->kind = file != NULL ? CREDENTIAL_FILE : CREDENTIAL_ENVIRONMENT;
    if (file != NULL && strncmp(file, "credential:", strlen("credential:")) == 0)
        return credential_parse(file, source, err);
    if (file != NULL)
        return put_path(source->name, sizeof(source->name), what, file, err);
    return put(source->name, sizeof(source->name), what, variable, err);
}

/* Which of the three ways to log in: exactly one may be asked for. */
static enum sealift_status
fill_auth(struct kms_config *config, const struct sealift_vault_spec *spec, struct sealift_error *err)
{
    if ((spec->token_file != NULL) + (spec->role_id != NULL) + (spec->kubernetes_role != NULL) > 1)
        return error_set(err, SEALIFT_INVALID,
                         "a token, an AppRole and a Kubernetes role exclude each other: give one");
    if (spec->secret_id_file != NULL && spec->role_id == NULL)
        return error_set(err, SEALIFT_INVALID, "a secret id needs its role id (--role-id)");
    if (spec->kubernetes_role != NULL) {
        config->vault.auth = KMS_AUTH_KUBERNETES;
        TRY(put(config->vault.kubernetes_role, sizeof(config->vault.kubernetes_role), "the Kubernetes role",
                spec->kubernetes_role, err));
        if (spec->kubernetes_jwt_file == NULL)
            return SEALIFT_OK; /* kms_config_check() knows the usual place */
        return credential_at(&config->credential, "the token file's path", spec->kubernetes_jwt_file, NULL, err);
    }
    if (spec->role_id != NULL) {
        config->vault.auth = KMS_AUTH_APPROLE;
        TRY(put(config->vault.role_id, sizeof(config->vault.role_id), "the role id", spec->role_id, err));
        return credential_at(&config->credential, "the secret id file's path", spec->secret_id_file,
                             "SEALIFT_VAULT_SECRET_ID", err);
    }
    config->vault.auth = KMS_AUTH_TOKEN;
    return credential_at(&config->credential, "the token file's path", spec->token_file,
                         getenv("VAULT_TOKEN") == NULL && getenv("BAO_TOKEN") != NULL ? "BAO_TOKEN" : "VAULT_TOKEN",
                         err);
}

static enum sealift_status
fill_config(struct kms_config *config, const struct sealift_vault_spec *spec, struct sealift_error *err)
{
    const char *address = spec->address != NULL ? spec->address : from_environment("VAULT_ADDR", "BAO_ADDR");
    const char *name_space =
        spec->name_space != NULL ? spec->name_space : from_environment("VAULT_NAMESPACE", "BAO_NAMESPACE");
    const char *ca_cert = spec->ca_cert != NULL ? spec->ca_cert : from_environment("VAULT_CACERT", "BAO_CACERT");

    config->type = KMS_VAULT;
    if (address == NULL)
        return error_set(err, SEALIFT_INVALID, "Vault's address is missing: give it, or set $VAULT_ADDR");
    if (spec->key == NULL)
        return error_set(err, SEALIFT_INVALID, "the name of the transit key is missing");
    TRY(put(config->address, sizeof(config->address), "the address", address, err));
    TRY(put(config->key, sizeof(config->key), "the key's name", spec->key, err));
    TRY(put(config->vault.name_space, sizeof(config->vault.name_space), "the namespace", name_space, err));
    TRY(put(config->vault.transit_path, sizeof(config->vault.transit_path), "the transit path", spec->transit_path,
            err));
    TRY(put(config->vault.auth_path, sizeof(config->vault.auth_path), "the auth path", spec->auth_path, err));
    TRY(put_path(config->ca_file, sizeof(config->ca_file), "the CA file's path", ca_cert, err));
    TRY(fill_auth(config, spec, err));
    return kms_config_check(config, err);
}

static void
ignore_finding(void *context, const struct kms_finding *finding)
{
    (void)context;
    (void)finding;
}

static enum sealift_status
prove(struct sealift *sealift, const struct kms_config *config, struct sealift_error *err)
{
    SCOPED(kms_free) struct kms *kms = NULL;

    TRY(kms_open(&sealift->world, config, sealift->home, &kms, err));
    return kms_check(kms, ignore_finding, NULL, err);
}

enum sealift_status
sealift_kms_set_vault(struct sealift *sealift, const struct sealift_vault_spec *spec, bool no_check,
                      struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    struct kms_config config = {0};
    const char *json;

    TRY(handle_need_table(sealift, err));
    TRY(fill_config(&config, spec, err));
    if (!no_check)
        TRY(prove(sealift, &config, err));
    TRY(kms_config_to_json(&config, &text, err));
    TRY(buf_text(&text, &json, err));
    TRY(table_kms_set(sealift->table, json, err));
    handle_forget_kms(sealift);
    return SEALIFT_OK;
}

static const char *
or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static const char *
auth_name(enum kms_auth auth)
{
    switch (auth) {
    case KMS_AUTH_TOKEN:
        return "token";
    case KMS_AUTH_APPROLE:
        return "approle";
    case KMS_AUTH_KUBERNETES:
        return "kubernetes";
    }
    return "unknown";
}

enum sealift_status
sealift_kms_get(struct sealift *sealift, struct sealift_kms *ret_kms, struct sealift_error *err)
{
    SCOPED(buf_done) struct buf text = {0};
    struct kms_config *config = &sealift->kms_config;

    TRY(handle_need_table(sealift, err));
    TRY(table_kms_get(sealift->table, &text, err));
    TRY(kms_config_from_json(buf_bytes(&text), config, err));
    credential_format(&config->credential, sealift->kms_credential);
    *ret_kms = (struct sealift_kms){
        .type = config->type == KMS_VAULT ? "vault" : "local",
        .address = or_null(config->address),
        .key = or_null(config->key),
        .name_space = or_null(config->vault.name_space),
        .transit_path = or_null(config->vault.transit_path),
        .auth_method = auth_name(config->vault.auth),
        .auth_path = or_null(config->vault.auth_path),
        .role_id = or_null(config->vault.role_id),
        .kubernetes_role = or_null(config->vault.kubernetes_role),
        .ca_cert = or_null(config->ca_file),
        .credential = or_null(sealift->kms_credential),
    };
    return SEALIFT_OK;
}

struct findings {
    sealift_each_kms_finding *each;
    void *context;
};

static void
pass_finding(void *context, const struct kms_finding *finding)
{
    struct findings *findings = context;
    const struct sealift_kms_finding passed = {
        .call = finding->call,
        .ok = finding->ok,
        .warning = finding->warning,
        .message = finding->message,
    };

    findings->each(findings->context, &passed);
}

enum sealift_status
sealift_kms_check(struct sealift *sealift, sealift_each_kms_finding *each, void *context, struct sealift_error *err)
{
    struct findings findings = {each, context};
    struct kms *kms;

    TRY(handle_kms(sealift, false, &kms, err));
    return kms_check(kms, pass_finding, &findings, err);
}
