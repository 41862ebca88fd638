#include "own_key.h"

#include "config_field.h"
#include "error.h"
#include "scoped.h"
#include "vault_config.h"

#include <string.h>

/* Over what the cluster has, when something is said. */
#define SAY(field, said)                                                                                               \
    do {                                                                                                               \
        _Static_assert(sizeof(field) == sizeof(said), "the own key holds no more, and no less, than the cluster's");   \
        if ((said)[0] != '\0')                                                                                         \
            memcpy(field, said, sizeof(field));                                                                        \
    } while (0)

/* --- Vault --- */

static enum sealift_status
check_vault_options(const struct own_key *own, struct sealift_error *err)
{
    if (own->client_cert[0] != '\0' || own->client_key.kind != CREDENTIAL_NONE)
        return error_set(err, SEALIFT_INVALID,
                         "a client certificate of a filesystem's own (--kms-client-cert, --kms-client-key) is for "
                         "KMIP, and the cluster's KMS is Vault, which is logged in to with --kms-role-id");
    if (own->role_id[0] != '\0' && own->credential.kind == CREDENTIAL_NONE)
        return error_set(err, SEALIFT_INVALID,
                         "the own role (--kms-role-id) needs to know where its secret id is found: "
                         "--kms-secret-id-file or --kms-secret-id-env");
    if (own->role_id[0] == '\0' && own->credential.kind != CREDENTIAL_NONE)
        return error_set(err, SEALIFT_INVALID,
                         "a secret id of a filesystem's own means nothing without its role (--kms-role-id)");
    if (own->role_id[0] == '\0' && own->auth_path[0] != '\0')
        return error_set(err, SEALIFT_INVALID,
                         "where to log in (--kms-auth-path) means nothing without a role of the filesystem's own "
                         "(--kms-role-id): the cluster's login is used, where it is");
    return SEALIFT_OK;
}

/* In the key's own namespace, whatever way the cluster's login takes. */
static void
use_own_role(const struct own_key *own, struct kms_config *config)
{
    struct vault_config *vault = &config->vault;

    vault->login_is_apart = false;
    memset(vault->login_name_space, 0, sizeof(vault->login_name_space));
    vault->auth = KMS_AUTH_APPROLE;
    memset(vault->kubernetes_role, 0, sizeof(vault->kubernetes_role));
    memcpy(vault->auth_path, own->auth_path, sizeof(vault->auth_path));
    memcpy(vault->role_id, own->role_id, sizeof(vault->role_id));
    config->credential = own->credential;
}

/* Where the cluster logs in; so many filesystems that do the same share one token. */
static void
share_login(const struct kms_config *cluster, struct kms_config *config)
{
    struct vault_config *vault = &config->vault;
    const char *login = vault_config_login_namespace(cluster);

    vault->login_is_apart = strcmp(login, vault->name_space) != 0;
    memset(vault->login_name_space, 0, sizeof(vault->login_name_space));
    if (vault->login_is_apart)
        memcpy(vault->login_name_space, login, strlen(login) + 1);
}

static enum sealift_status
apply_to_vault(const struct kms_config *cluster, const struct own_key *own, struct kms_config *config,
               struct sealift_error *err)
{
    struct vault_config *vault = &config->vault;

    if (cluster->vault.auth == KMS_AUTH_TOKEN)
        return error_set(err, SEALIFT_INVALID,
                         "a filesystem's own key needs a login, and the cluster has a token: that is one credential, "
                         "issued for the cluster key, which would have to open every tenant's key, and which nobody "
                         "here could get anew; set the KMS again with an AppRole (\"sealift kms set vault ... "
                         "--role-id ID --secret-id-file FILE\") or --kubernetes-role");
    TRY(check_vault_options(own, err));
    SAY(config->key, own->key);
    SAY(vault->name_space, own->name_space);
    vault_config_take_root(vault);
    SAY(vault->transit_path, own->transit_path);
    if (own->role_id[0] != '\0')
        use_own_role(own, config);
    else
        share_login(cluster, config);
    return SEALIFT_OK;
}

/* --- KMIP --- */

static enum sealift_status
check_kmip_options(const struct own_key *own, struct sealift_error *err)
{
    const struct {
        bool is_said;
        const char *option;
    } of_vault[] = {
        {own->name_space[0] != '\0', "--kms-namespace"},
        {own->transit_path[0] != '\0', "--kms-transit-path"},
        {own->auth_path[0] != '\0', "--kms-auth-path"},
        {own->role_id[0] != '\0', "--kms-role-id"},
        {own->credential.kind != CREDENTIAL_NONE, "the secret id"},
    };

    for (size_t i = 0; i < sizeof(of_vault) / sizeof(of_vault[0]); i++)
        if (of_vault[i].is_said)
            return error_set(err, SEALIFT_INVALID,
                             "%s is for Vault, and the cluster's KMS is KMIP: there a filesystem's own key is the "
                             "unique identifier of another key, with the cluster's client certificate or "
                             "(--kms-client-cert, --kms-client-key) one of its own",
                             of_vault[i].option);
    if ((own->client_cert[0] != '\0') != (own->client_key.kind != CREDENTIAL_NONE))
        return error_set(err, SEALIFT_INVALID,
                         "a client certificate of a filesystem's own and its private key go together: give both "
                         "--kms-client-cert and --kms-client-key, or neither for the cluster's");
    return SEALIFT_OK;
}

/* The servers, what was agreed on with them, and a user name stay the cluster's: another key is no other server. */
static enum sealift_status
apply_to_kmip(const struct own_key *own, struct kms_config *config, struct sealift_error *err)
{
    TRY(check_kmip_options(own, err));
    SAY(config->key, own->key);
    SAY(config->kmip.client_cert, own->client_cert);
    if (own->client_key.kind != CREDENTIAL_NONE)
        config->kmip.client_key = own->client_key;
    return SEALIFT_OK;
}

/* --- Both --- */

static enum sealift_status
apply(const struct kms_config *cluster, const struct own_key *own, struct kms_config *config, struct sealift_error *err)
{
    switch (cluster->type) {
    case KMS_NONE:
    case KMS_LOCAL:
        return error_set(err, SEALIFT_INVALID,
                         "a filesystem's own key is one of the cluster's KMS, and none is set: set one first with "
                         "\"sealift kms set vault\" or \"sealift kms set kmip\"");
    case KMS_VAULT:
        return apply_to_vault(cluster, own, config, err);
    case KMS_KMIP:
        return apply_to_kmip(own, config, err);
    }
    return error_set(err, SEALIFT_INTERNAL, "a KMS of an unknown type");
}

enum sealift_status
own_key_apply(const struct kms_config *cluster, const struct own_key *own, struct kms_config *ret_config,
              struct sealift_error *err)
{
    struct kms_config config = *cluster;

    if (own->key[0] != '\0')
        TRY(apply(cluster, own, &config, err));
    TRY(kms_config_check(&config, err));
    *ret_config = config;
    return SEALIFT_OK;
}

/* --- As JSON --- */

enum sealift_status
own_key_to_json(const struct own_key *own, struct buf *out, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    if (own->key[0] == '\0')
        return SEALIFT_OK;
    TRY(json_writer_new(&writer, err));
    json_open_object(writer, NULL);
    json_put_string(writer, "key", own->key);
    config_put(writer, "namespace", own->name_space);
    config_put(writer, "transit_path", own->transit_path);
    config_put(writer, "auth_path", own->auth_path);
    config_put(writer, "role_id", own->role_id);
    config_put_credential(writer, "credential", &own->credential);
    config_put(writer, "client_cert", own->client_cert);
    config_put_credential(writer, "client_key", &own->client_key);
    json_close_object(writer);
    return json_writer_finish(writer, out, err);
}

static enum sealift_status
read_fields(const struct json *json, struct own_key *own, struct sealift_error *err)
{
    TRY(config_read(json, "key", own->key, sizeof(own->key), err));
    TRY(config_read(json, "namespace", own->name_space, sizeof(own->name_space), err));
    TRY(config_read(json, "transit_path", own->transit_path, sizeof(own->transit_path), err));
    TRY(config_read(json, "auth_path", own->auth_path, sizeof(own->auth_path), err));
    TRY(config_read(json, "role_id", own->role_id, sizeof(own->role_id), err));
    TRY(config_read_credential(json, "credential", &own->credential, err));
    TRY(config_read(json, "client_cert", own->client_cert, sizeof(own->client_cert), err));
    return config_read_credential(json, "client_key", &own->client_key, err);
}

enum sealift_status
own_key_from_json(struct bytes text, struct own_key *ret_own, struct sealift_error *err)
{
    SCOPED(json_free) struct json *json = NULL;
    struct own_key own = {0};

    if (text.len > 0) {
        TRY(json_parse(text, "a filesystem's own key", &json, err));
        TRY(read_fields(json, &own, err));
        if (own.key[0] == '\0') /* never written so, and it would be the cluster's key that nobody chose */
            return error_set(err, SEALIFT_CORRUPT, "a filesystem's own key has no identifier");
    }
    *ret_own = own;
    return SEALIFT_OK;
}
