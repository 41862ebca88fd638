#include "vault_config.h"

#include "envelope.h"
#include "error.h"
#include "scoped.h"
#include "vault_address.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Where Kubernetes projects a pod's service account token. */
static const struct credential_source kubernetes_jwt = {CREDENTIAL_FILE,
                                                        "/var/run/secrets/kubernetes.io/serviceaccount/token"};

/* --- The rules for single fields --- */

static enum sealift_status
need(const char *value, const char *what, struct sealift_error *err)
{
    return config_need("Vault", value, what, err);
}

static enum sealift_status
refuse(const char *value, const char *what, const char *why, struct sealift_error *err)
{
    return config_refuse("Vault", value, what, why, err);
}

static enum sealift_status
check_plain(const char *value, const char *what, struct sealift_error *err)
{
    return config_check_plain("Vault", value, what, err);
}

static void
strip_slashes(char *path)
{
    size_t leading = strspn(path, "/");
    size_t len = strlen(path + leading);

    memmove(path, path + leading, len + 1);
    while (len > 0 && path[len - 1] == '/')
        path[--len] = '\0';
}

/* True when `test` holds for one of the parts between the slashes. */
static bool
any_part(const char *path, bool (*test)(const char *part, size_t len))
{
    for (;;) {
        size_t len = strcspn(path, "/");

        if (test(path, len))
            return true;
        if (path[len] == '\0')
            return false;
        path += len + 1;
    }
}

static bool
leads_astray(const char *part, size_t len)
{
    return len == 0 || (len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.');
}

/* A mount's or namespace's path becomes part of a URL or a header: nothing in it may change what is asked for. */
static enum sealift_status
check_path(const char *path, const char *what, struct sealift_error *err)
{
    TRY(check_plain(path, what, err));
    if (strpbrk(path, " ?#%\\") != NULL)
        return error_set(err, SEALIFT_INVALID, "Vault: %s \"%s\" holds a space or one of ?#%%\\", what, path);
    if (any_part(path, leads_astray))
        return error_set(err, SEALIFT_INVALID, "Vault: %s \"%s\" has an empty part, \".\" or \"..\" in it", what, path);
    return SEALIFT_OK;
}

static bool
is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static enum sealift_status
check_key_name(const char *key, struct sealift_error *err)
{
    size_t len = strlen(key);
    bool good = len > 0 && is_word(key[0]) && is_word(key[len - 1]);

    for (size_t i = 0; i < len; i++)
        good = good && (is_word(key[i]) || key[i] == '-' || key[i] == '.');
    if (!good)
        return error_set(
            err, SEALIFT_INVALID,
            "Vault: \"%s\" is no name of a transit key: letters, digits, \"_\", \"-\" and \".\", beginning "
            "and ending with a letter, digit or \"_\"",
            key);
    return SEALIFT_OK;
}

static bool
is_reserved(const char *part, size_t len)
{
    static const char *const reserved[] = {"root", "sys", "audit", "auth", "cubbyhole", "identity"};

    for (size_t i = 0; i < COUNT(reserved); i++) {
        if (strlen(reserved[i]) == len && strncmp(part, reserved[i], len) == 0)
            return true;
    }
    return false;
}

static enum sealift_status
check_namespace(const char *name_space, struct sealift_error *err)
{
    size_t len = strlen(name_space);

    if (len == 0)
        return SEALIFT_OK;
    if (name_space[0] == '/' || name_space[len - 1] == '/')
        return error_set(err, SEALIFT_INVALID, "Vault: namespace \"%s\": write it without a slash at its ends",
                         name_space);
    TRY(check_path(name_space, "namespace", err));
    if (any_part(name_space, is_reserved))
        return error_set(err, SEALIFT_INVALID,
                         "Vault: namespace \"%s\": root, sys, audit, auth, cubbyhole and identity are Vault's own "
                         "names; the root namespace is written as /",
                         name_space);
    return SEALIFT_OK;
}

static enum sealift_status
check_mount(char *mount, size_t size, const char *usual, const char *what, struct sealift_error *err)
{
    strip_slashes(mount);
    if (mount[0] == '\0' && strlen(usual) < size)
        memcpy(mount, usual, strlen(usual) + 1);
    return check_path(mount, what, err);
}

/* One address or several, brought into the form "https://a:8200,https://b:8200". */
static enum sealift_status
check_address(char *address, size_t size, struct sealift_error *err)
{
    struct vault_address list[VAULT_ADDRESS_MAX];
    size_t count, at = 0;

    TRY(need(address, "the address (https://host:8200)", err));
    if (vault_address_parse_list(address, list, &count, err) != SEALIFT_OK)
        return error_prefix(err, "Vault: address");
    for (size_t i = 0; i < count; i++) /* no longer than it was */
        at += (size_t)snprintf(address + at, size - at, "%s%s", i > 0 ? "," : "", list[i].text);
    return SEALIFT_OK;
}

/* What each way of logging in needs, and what belongs to another way: two of them at once is somebody's mistake. */
static enum sealift_status
check_auth(struct kms_config *config, struct sealift_error *err)
{
    switch (config->vault.auth) {
    case KMS_AUTH_TOKEN:
        TRY(refuse(config->vault.role_id, "a role id", "with a token: choose one of the two", err));
        TRY(refuse(config->vault.kubernetes_role, "a Kubernetes role", "with a token: choose one of the two", err));
        TRY(refuse(config->vault.auth_path, "the path of an auth method", "with a token: nobody logs in", err));
        if (config->credential.kind == CREDENTIAL_NONE)
            return error_set(err, SEALIFT_INVALID, "Vault: nobody said where the token is found");
        return SEALIFT_OK;
    case KMS_AUTH_APPROLE:
        TRY(need(config->vault.role_id, "the role id", err));
        TRY(check_plain(config->vault.role_id, "role id", err));
        TRY(refuse(config->vault.kubernetes_role, "a Kubernetes role", "with AppRole: choose one of the two", err));
        if (config->credential.kind == CREDENTIAL_NONE)
            return error_set(err, SEALIFT_INVALID, "Vault: nobody said where the secret id is found");
        return check_mount(config->vault.auth_path, sizeof(config->vault.auth_path), "approle", "auth path", err);
    case KMS_AUTH_KUBERNETES:
        TRY(need(config->vault.kubernetes_role, "the Kubernetes role", err));
        TRY(check_plain(config->vault.kubernetes_role, "Kubernetes role", err));
        TRY(refuse(config->vault.role_id, "a role id", "with Kubernetes: choose one of the two", err));
        if (config->credential.kind == CREDENTIAL_NONE)
            config->credential = kubernetes_jwt;
        return check_mount(config->vault.auth_path, sizeof(config->vault.auth_path), "kubernetes", "auth path", err);
    }
    return error_set(err, SEALIFT_INTERNAL, "Vault: an unknown way of logging in");
}

enum sealift_status
vault_config_check(struct kms_config *config, struct sealift_error *err)
{
    TRY(check_address(config->address, sizeof(config->address), err));
    TRY(need(config->key, "the name of the transit key", err));
    TRY(check_key_name(config->key, err));
    TRY(check_namespace(config->vault.name_space, err));
    TRY(check_mount(config->vault.transit_path, sizeof(config->vault.transit_path), "transit", "transit path", err));
    TRY(config_check_file("Vault", config->ca_file, "CA file", err));
    return check_auth(config, err);
}

void
vault_config_take_root(struct vault_config *vault)
{
    if (strcmp(vault->name_space, VAULT_ROOT_NAMESPACE) == 0)
        memset(vault->name_space, 0, sizeof(vault->name_space));
}

/* --- As JSON, in the configuration table --- */

static const char *const auth_names[] = {
    [KMS_AUTH_TOKEN] = "token", [KMS_AUTH_APPROLE] = "approle", [KMS_AUTH_KUBERNETES] = "kubernetes"};

void
vault_config_write(const struct kms_config *config, struct json_writer *writer)
{
    const struct vault_config *vault = &config->vault;

    json_put_string(writer, "address", config->address);
    json_put_string(writer, "key", config->key);
    config_put(writer, "namespace", vault->name_space);
    if (vault->login_is_apart)
        json_put_string(writer, "login_namespace", vault->login_name_space);
    config_put(writer, "transit_path", vault->transit_path);
    json_put_string(writer, "auth", auth_names[vault->auth]);
    config_put(writer, "auth_path", vault->auth_path);
    config_put(writer, "role_id", vault->role_id);
    config_put(writer, "kubernetes_role", vault->kubernetes_role);
    config_put(writer, "ca_file", config->ca_file);
    config_put_credential(writer, "credential", &config->credential);
}

const char *
vault_config_login_namespace(const struct kms_config *config)
{
    return config->vault.login_is_apart ? config->vault.login_name_space : config->vault.name_space;
}

enum sealift_status
vault_config_read(const struct json *json, struct kms_config *config, struct sealift_error *err)
{
    struct vault_config *vault = &config->vault;
    size_t auth;

    TRY(config_read(json, "address", config->address, sizeof(config->address), err));
    TRY(config_read(json, "key", config->key, sizeof(config->key), err));
    TRY(config_read(json, "namespace", vault->name_space, sizeof(vault->name_space), err));
    vault->login_is_apart = json_get(json, "login_namespace") != NULL;
    TRY(config_read(json, "login_namespace", vault->login_name_space, sizeof(vault->login_name_space), err));
    TRY(config_read(json, "transit_path", vault->transit_path, sizeof(vault->transit_path), err));
    TRY(config_read_name(json, "auth", auth_names, COUNT(auth_names), &auth, err));
    TRY(config_read(json, "auth_path", vault->auth_path, sizeof(vault->auth_path), err));
    TRY(config_read(json, "role_id", vault->role_id, sizeof(vault->role_id), err));
    TRY(config_read(json, "kubernetes_role", vault->kubernetes_role, sizeof(vault->kubernetes_role), err));
    TRY(config_read(json, "ca_file", config->ca_file, sizeof(config->ca_file), err));
    vault->auth = (enum kms_auth)auth;
    return config_read_credential(json, "credential", &config->credential, err);
}
