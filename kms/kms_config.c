#include "kms_config.h"

#include "envelope.h"
#include "error.h"
#include "http.h"
#include "scoped.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Where Kubernetes projects a pod's service account token. */
static const struct credential_source kubernetes_jwt = {CREDENTIAL_FILE,
                                                        "/var/run/secrets/kubernetes.io/serviceaccount/token"};

/* The rules for single fields. */

static enum sealift_status
need(const char *value, const char *what, struct sealift_error *err)
{
    if (value[0] == '\0')
        return error_set(err, SEALIFT_INVALID, "Vault: %s is missing", what);
    return SEALIFT_OK;
}

static enum sealift_status
refuse(const char *value, const char *what, const char *why, struct sealift_error *err)
{
    if (value[0] != '\0')
        return error_set(err, SEALIFT_INVALID, "Vault: %s is of no use %s", what, why);
    return SEALIFT_OK;
}

static enum sealift_status
check_plain(const char *value, const char *what, struct sealift_error *err)
{
    if (!envelope_text_is_plain(value))
        return error_set(err, SEALIFT_INVALID, "Vault: %s \"%s\" holds something else than printable ASCII", what,
                         value);
    return SEALIFT_OK;
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
                         "names; for the root namespace leave it out",
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

static enum sealift_status
check_address(char *address, struct sealift_error *err)
{
    struct url url;
    size_t len;

    TRY(need(address, "the address (https://host:8200)", err));
    if (url_parse(address, &url, err) != SEALIFT_OK)
        return error_prefix(err, "Vault: address");
    for (len = strlen(address); address[len - 1] == '/'; len--)
        address[len - 1] = '\0';
    return SEALIFT_OK;
}

/* What each way of logging in needs, and what belongs to another way: two of them at once is somebody's mistake. */
static enum sealift_status
check_auth(struct kms_config *config, struct sealift_error *err)
{
    switch (config->auth) {
    case KMS_AUTH_TOKEN:
        TRY(refuse(config->role_id, "a role id", "with a token: choose one of the two", err));
        TRY(refuse(config->kubernetes_role, "a Kubernetes role", "with a token: choose one of the two", err));
        TRY(refuse(config->auth_path, "the path of an auth method", "with a token: nobody logs in", err));
        if (config->credential.kind == CREDENTIAL_NONE)
            return error_set(err, SEALIFT_INVALID, "Vault: nobody said where the token is found");
        return SEALIFT_OK;
    case KMS_AUTH_APPROLE:
        TRY(need(config->role_id, "the role id", err));
        TRY(check_plain(config->role_id, "role id", err));
        TRY(refuse(config->kubernetes_role, "a Kubernetes role", "with AppRole: choose one of the two", err));
        if (config->credential.kind == CREDENTIAL_NONE)
            return error_set(err, SEALIFT_INVALID, "Vault: nobody said where the secret id is found");
        return check_mount(config->auth_path, sizeof(config->auth_path), "approle", "auth path", err);
    case KMS_AUTH_KUBERNETES:
        TRY(need(config->kubernetes_role, "the Kubernetes role", err));
        TRY(check_plain(config->kubernetes_role, "Kubernetes role", err));
        TRY(refuse(config->role_id, "a role id", "with Kubernetes: choose one of the two", err));
        if (config->credential.kind == CREDENTIAL_NONE)
            config->credential = kubernetes_jwt;
        return check_mount(config->auth_path, sizeof(config->auth_path), "kubernetes", "auth path", err);
    }
    return error_set(err, SEALIFT_INTERNAL, "Vault: an unknown way of logging in");
}

enum sealift_status
kms_config_check(struct kms_config *config, struct sealift_error *err)
{
    if (config->type != KMS_VAULT)
        return SEALIFT_OK;
    TRY(check_address(config->address, err));
    TRY(need(config->key, "the name of the transit key", err));
    TRY(check_key_name(config->key, err));
    TRY(check_namespace(config->name_space, err));
    TRY(check_mount(config->transit_path, sizeof(config->transit_path), "transit", "transit path", err));
    if (config->ca_file[0] != '\0' && config->ca_file[0] != '/')
        return error_set(err, SEALIFT_INVALID, "Vault: CA file \"%s\": give an absolute path", config->ca_file);
    return check_auth(config, err);
}

/* As JSON, in the configuration table. */

static const char *const type_names[] = {[KMS_NONE] = "none", [KMS_LOCAL] = "local", [KMS_VAULT] = "vault"};
static const char *const auth_names[] = {
    [KMS_AUTH_TOKEN] = "token", [KMS_AUTH_APPROLE] = "approle", [KMS_AUTH_KUBERNETES] = "kubernetes"};

static void
put_text_unless_empty(struct json_writer *writer, const char *key, const char *text)
{
    if (text[0] != '\0')
        json_put_string(writer, key, text);
}

static void
write_vault(const struct kms_config *config, struct json_writer *writer)
{
    char credential[1040];

    credential_format(&config->credential, credential);
    json_put_string(writer, "address", config->address);
    json_put_string(writer, "key", config->key);
    put_text_unless_empty(writer, "namespace", config->name_space);
    put_text_unless_empty(writer, "transit_path", config->transit_path);
    json_put_string(writer, "auth", auth_names[config->auth]);
    put_text_unless_empty(writer, "auth_path", config->auth_path);
    put_text_unless_empty(writer, "role_id", config->role_id);
    put_text_unless_empty(writer, "kubernetes_role", config->kubernetes_role);
    put_text_unless_empty(writer, "ca_file", config->ca_file);
    put_text_unless_empty(writer, "credential", credential);
}

enum sealift_status
kms_config_to_json(const struct kms_config *config, struct buf *out, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    TRY(json_writer_new(&writer, err));
    json_open_object(writer, NULL);
    json_put_string(writer, "type", type_names[config->type]);
    if (config->type == KMS_VAULT)
        write_vault(config, writer);
    json_close_object(writer);
    return json_writer_finish(writer, out, err);
}

static enum sealift_status
read_name(const struct json *json, const char *key, const char *const *names, size_t count, size_t *ret_index,
          struct sealift_error *err)
{
    const char *text;

    TRY(json_need_string(json, key, &text, err));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], text) == 0) {
            *ret_index = i;
            return SEALIFT_OK;
        }
    }
    return error_set(err, SEALIFT_INVALID, "KMS configuration: \"%s\" is \"%s\", which this sealift does not know", key,
                     text);
}

static enum sealift_status
read_text(const struct json *json, const char *key, char *out, size_t size, struct sealift_error *err)
{
    const char *text = "";

    if (json_get(json, key) != NULL)
        TRY(json_need_string(json, key, &text, err));
    if (strlen(text) >= size)
        return error_set(err, SEALIFT_CORRUPT, "KMS configuration: \"%s\" is longer than %zu bytes", key, size - 1);
    memcpy(out, text, strlen(text) + 1);
    return SEALIFT_OK;
}

static enum sealift_status
read_vault(const struct json *json, struct kms_config *config, struct sealift_error *err)
{
    char credential[1040];
    size_t auth;

    TRY(read_text(json, "address", config->address, sizeof(config->address), err));
    TRY(read_text(json, "key", config->key, sizeof(config->key), err));
    TRY(read_text(json, "namespace", config->name_space, sizeof(config->name_space), err));
    TRY(read_text(json, "transit_path", config->transit_path, sizeof(config->transit_path), err));
    TRY(read_name(json, "auth", auth_names, COUNT(auth_names), &auth, err));
    TRY(read_text(json, "auth_path", config->auth_path, sizeof(config->auth_path), err));
    TRY(read_text(json, "role_id", config->role_id, sizeof(config->role_id), err));
    TRY(read_text(json, "kubernetes_role", config->kubernetes_role, sizeof(config->kubernetes_role), err));
    TRY(read_text(json, "ca_file", config->ca_file, sizeof(config->ca_file), err));
    TRY(read_text(json, "credential", credential, sizeof(credential), err));
    config->auth = (enum kms_auth)auth;
    return credential_parse(credential, &config->credential, err);
}

enum sealift_status
kms_config_from_json(struct bytes text, struct kms_config *ret_config, struct sealift_error *err)
{
    SCOPED(json_free) struct json *json = NULL;
    struct kms_config config = {0};
    size_t type;

    TRY(json_parse(text, "KMS configuration", &json, err));
    TRY(read_name(json, "type", type_names, COUNT(type_names), &type, err));
    config.type = (enum kms_type)type;
    if (config.type == KMS_VAULT)
        TRY(read_vault(json, &config, err));
    TRY(kms_config_check(&config, err));
    *ret_config = config;
    return SEALIFT_OK;
}
