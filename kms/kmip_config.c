#include "kmip_config.h"

#include "endpoint.h"
#include "error.h"
#include "scoped.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const cipher_names[] = {
    [KMIP_CIPHER_UNKNOWN] = "unknown", [KMIP_AES_GCM] = "AES-GCM", [KMIP_AES_CBC] = "AES-CBC"};

static enum sealift_status
check_servers(struct kms_config *config, struct sealift_error *err)
{
    struct endpoint servers[ENDPOINT_LIST_MAX];
    size_t count, at = 0;

    TRY(config_need("KMIP", config->address, "the server (HOST:PORT, usually port 5696)", err));
    if (endpoint_parse_list(config->address, servers, &count, err) != SEALIFT_OK)
        return error_prefix(err, "KMIP");
    for (size_t i = 0; i < count; i++) {
        char text[ENDPOINT_TEXT_SIZE];

        endpoint_format(&servers[i], text);
        at += (size_t)snprintf(config->address + at, sizeof(config->address) - at, "%s%s", i > 0 ? "," : "", text);
        if (at >= sizeof(config->address))
            return error_set(err, SEALIFT_INVALID, "KMIP: the servers are longer than %zu bytes",
                             sizeof(config->address) - 1);
    }
    return SEALIFT_OK;
}

static enum sealift_status
check_user(const struct kms_config *config, struct sealift_error *err)
{
    const struct kmip_config *kmip = &config->kmip;

    TRY(config_check_plain("KMIP", kmip->username, "user name", err));
    if (kmip->username[0] == '\0' && config->credential.kind != CREDENTIAL_NONE)
        return error_set(err, SEALIFT_INVALID, "KMIP: a password needs its user name (--username)");
    if (kmip->username[0] != '\0' && config->credential.kind == CREDENTIAL_NONE)
        return error_set(err, SEALIFT_INVALID,
                         "KMIP: nobody said where the password of \"%s\" is found: name its file with --password-file, "
                         "or have it in $SEALIFT_KMIP_PASSWORD",
                         kmip->username);
    return SEALIFT_OK;
}

static enum sealift_status
check_certificate(const struct kmip_config *kmip, struct sealift_error *err)
{
    const struct credential_source *key = &kmip->client_key;

    TRY(config_need("KMIP", kmip->client_cert, "the client certificate (--client-cert)", err));
    TRY(config_check_file("KMIP", kmip->client_cert, "client certificate", err));
    if (key->kind != CREDENTIAL_FILE && key->kind != CREDENTIAL_SYSTEMD)
        return error_set(err, SEALIFT_INVALID, "KMIP: the client certificate's private key (--client-key) is missing");
    if (key->kind == CREDENTIAL_FILE)
        TRY(config_check_file("KMIP", key->name, "client key", err));
    return SEALIFT_OK;
}

/* A name or an address as a certificate holds it. What else somebody may write would never be found in one, and would
 * look like a wrong certificate. */
static enum sealift_status
check_server_name(const char *name, struct sealift_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:";
    const char *colon = strchr(name, ':');

    if (name[strspn(name, allowed)] != '\0' || (colon != NULL && strchr(colon + 1, ':') == NULL))
        return error_set(err, SEALIFT_INVALID,
                         "KMIP: server name \"%s\": write the name or the address that the server's certificate holds, "
                         "without scheme, port and brackets",
                         name);
    return SEALIFT_OK;
}

enum sealift_status
kmip_config_check(struct kms_config *config, struct sealift_error *err)
{
    const struct kmip_config *kmip = &config->kmip;

    TRY(check_servers(config, err));
    TRY(config_need("KMIP", config->key, "the key's unique identifier", err));
    TRY(config_check_plain("KMIP", config->key, "unique identifier", err));
    TRY(check_certificate(kmip, err));
    TRY(config_check_file("KMIP", config->ca_file, "CA file", err));
    TRY(check_server_name(kmip->server_name, err));
    if (kmip->version_is_pinned && kmip->version == KMIP_VERSION_UNKNOWN)
        return error_set(err, SEALIFT_INVALID, "KMIP: a version is pinned, and none is named: set the KMS again");
    return check_user(config, err);
}

void
kmip_config_write(const struct kms_config *config, struct json_writer *writer)
{
    const struct kmip_config *kmip = &config->kmip;

    json_put_string(writer, "address", config->address);
    json_put_string(writer, "key", config->key);
    config_put(writer, "ca_file", config->ca_file);
    config_put(writer, "client_cert", kmip->client_cert);
    config_put_credential(writer, "client_key", &kmip->client_key);
    config_put(writer, "username", kmip->username);
    config_put_credential(writer, "credential", &config->credential);
    config_put(writer, "server_name", kmip->server_name);
    config_put(writer, "version", kmip_version_text(kmip->version));
    json_put_bool(writer, "version_is_pinned", kmip->version_is_pinned);
    json_put_string(writer, "mode", cipher_names[kmip->mode.cipher]);
    json_put_bool(writer, "own_iv", kmip->mode.own_iv);
}

static enum sealift_status
read_version(const struct json *json, enum kmip_version *ret_version, struct sealift_error *err)
{
    char text[16];

    TRY(config_read(json, "version", text, sizeof(text), err));
    if (text[0] == '\0')
        return SEALIFT_OK;
    return kmip_version_parse(text, ret_version, err);
}

enum sealift_status
kmip_config_read(const struct json *json, struct kms_config *config, struct sealift_error *err)
{
    struct kmip_config *kmip = &config->kmip;
    size_t cipher;

    TRY(config_read(json, "address", config->address, sizeof(config->address), err));
    TRY(config_read(json, "key", config->key, sizeof(config->key), err));
    TRY(config_read(json, "ca_file", config->ca_file, sizeof(config->ca_file), err));
    TRY(config_read(json, "client_cert", kmip->client_cert, sizeof(kmip->client_cert), err));
    TRY(config_read_credential(json, "client_key", &kmip->client_key, err));
    TRY(config_read(json, "username", kmip->username, sizeof(kmip->username), err));
    TRY(config_read_credential(json, "credential", &config->credential, err));
    TRY(config_read(json, "server_name", kmip->server_name, sizeof(kmip->server_name), err));
    TRY(read_version(json, &kmip->version, err));
    TRY(config_read_flag(json, "version_is_pinned", &kmip->version_is_pinned, err));
    TRY(config_read_name(json, "mode", cipher_names, COUNT(cipher_names), &cipher, err));
    TRY(config_read_flag(json, "own_iv", &kmip->mode.own_iv, err));
    kmip->mode.cipher = (enum kmip_cipher)cipher;
    return SEALIFT_OK;
}
