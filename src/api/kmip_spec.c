#include "kmip_spec.h"

#include "scoped.h"
#include "spec_field.h"

/* Who we are: a certificate with its key, and for servers that want it a user name with its password. */
static enum sealift_status
fill_identity(struct kms_config *config, const struct sealift_kmip_spec *spec, struct sealift_error *err)
{
    struct kmip_config *kmip = &config->kmip;

    TRY(spec_put_path(kmip->client_cert, sizeof(kmip->client_cert), "the client certificate's path", spec->client_cert,
                      err));
    TRY(spec_put_credential(&kmip->client_key, "the client key's path", spec->client_key, NULL, err));
    TRY(spec_put(kmip->username, sizeof(kmip->username), "the user name", spec->username, err));
    return spec_put_credential(&config->credential, "the password file's path", spec->password_file,
                               spec->username != NULL ? "SEALIFT_KMIP_PASSWORD" : NULL, err);
}

enum sealift_status
kmip_spec_read(const struct sealift_kmip_spec *spec, struct kms_config *ret_config, struct sealift_error *err)
{
    struct kms_config config = {.type = KMS_KMIP};
    struct kmip_config *kmip = &config.kmip;

    TRY(spec_put(config.address, sizeof(config.address), "the list of servers", spec->servers, err));
    TRY(spec_put(config.key, sizeof(config.key), "the key's unique identifier", spec->key, err));
    TRY(spec_put_path(config.ca_file, sizeof(config.ca_file), "the CA file's path", spec->ca_cert, err));
    TRY(spec_put(kmip->server_name, sizeof(kmip->server_name), "the server's name", spec->server_name, err));
    TRY(fill_identity(&config, spec, err));
    if (spec->version != NULL) {
        TRY(kmip_version_parse(spec->version, &kmip->version, err));
        kmip->version_is_pinned = true;
    }
    TRY(kms_config_check(&config, err));
    *ret_config = config;
    return SEALIFT_OK;
}
