#include "vault_spec.h"

#include "error.h"
#include "scoped.h"
#include "spec_field.h"
#include "vault_config.h"

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
        TRY(spec_put(config->vault.kubernetes_role, sizeof(config->vault.kubernetes_role), "the Kubernetes role",
                     spec->kubernetes_role, err));
        if (spec->kubernetes_jwt_file == NULL)
            return SEALIFT_OK; /* kms_config_check() knows the usual place */
        return spec_put_credential(&config->credential, "the token file's path", spec->kubernetes_jwt_file, NULL, err);
    }
    if (spec->role_id != NULL) {
        config->vault.auth = KMS_AUTH_APPROLE;
        TRY(spec_put(config->vault.role_id, sizeof(config->vault.role_id), "the role id", spec->role_id, err));
        return spec_put_credential(&config->credential, "the secret id file's path", spec->secret_id_file,
                                   spec->secret_id_env != NULL ? spec->secret_id_env : "SEALIFT_VAULT_SECRET_ID", err);
    }
    config->vault.auth = KMS_AUTH_TOKEN;
    return spec_put_credential(
        &config->credential, "the token file's path", spec->token_file,
        getenv("VAULT_TOKEN") == NULL && getenv("BAO_TOKEN") != NULL ? "BAO_TOKEN" : "VAULT_TOKEN", err);
}

enum sealift_status
vault_spec_read(const struct sealift_vault_spec *spec, struct kms_config *ret_config, struct sealift_error *err)
{
    struct kms_config config = {.type = KMS_VAULT};
    const char *address = spec->address != NULL ? spec->address : from_environment("VAULT_ADDR", "BAO_ADDR");
    const char *name_space =
        spec->name_space != NULL ? spec->name_space : from_environment("VAULT_NAMESPACE", "BAO_NAMESPACE");
    const char *ca_cert = spec->ca_cert != NULL ? spec->ca_cert : from_environment("VAULT_CACERT", "BAO_CACERT");

    if (address == NULL)
        return error_set(err, SEALIFT_INVALID, "Vault's address is missing: give it, or set $VAULT_ADDR");
    if (spec->key == NULL)
        return error_set(err, SEALIFT_INVALID, "the name of the transit key is missing");
    TRY(spec_put(config.address, sizeof(config.address), "the address", address, err));
    TRY(spec_put(config.key, sizeof(config.key), "the key's name", spec->key, err));
    TRY(spec_put(config.vault.name_space, sizeof(config.vault.name_space), "the namespace", name_space, err));
    vault_config_take_root(&config.vault);
    TRY(spec_put(config.vault.transit_path, sizeof(config.vault.transit_path), "the transit path", spec->transit_path,
                 err));
    TRY(spec_put(config.vault.auth_path, sizeof(config.vault.auth_path), "the auth path", spec->auth_path, err));
    TRY(spec_put_path(config.ca_file, sizeof(config.ca_file), "the CA file's path", ca_cert, err));
    TRY(fill_auth(&config, spec, err));
    TRY(kms_config_check(&config, err));
    *ret_config = config;
    return SEALIFT_OK;
}
