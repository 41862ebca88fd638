#include "kms_config.h"

#include "error.h"
#include "kmip_config.h"
#include "scoped.h"
#include "vault_config.h"

#include <stdio.h>
#include <string.h>

static const char *const type_names[] = {
    [KMS_NONE] = "none", [KMS_LOCAL] = "local", [KMS_VAULT] = "vault", [KMS_KMIP] = "kmip"};

enum sealift_status
kms_config_check(struct kms_config *config, struct sealift_error *err)
{
    switch (config->type) {
    case KMS_NONE:
    case KMS_LOCAL:
        return SEALIFT_OK;
    case KMS_VAULT:
        return vault_config_check(config, err);
    case KMS_KMIP:
        return kmip_config_check(config, err);
    }
    return error_set(err, SEALIFT_INTERNAL, "a KMS of an unknown type");
}

void
kms_config_place(const struct kms_config *config, struct kms_hint *ret_place)
{
    struct kms_hint place = {0};

    snprintf(place.type, sizeof(place.type), "%s", type_names[config->type]);
    if (config->type == KMS_VAULT) {
        memcpy(place.name_space, config->vault.name_space, sizeof(place.name_space));
        memcpy(place.mount, config->vault.transit_path, sizeof(place.mount));
    }
    if (config->type == KMS_VAULT || config->type == KMS_KMIP)
        memcpy(place.key_identifier, config->key, sizeof(place.key_identifier));
    *ret_place = place;
}

enum sealift_status
kms_config_to_json(const struct kms_config *config, struct buf *out, struct sealift_error *err)
{
    SCOPED(json_writer_free) struct json_writer *writer = NULL;

    TRY(json_writer_new(&writer, err));
    json_open_object(writer, NULL);
    json_put_string(writer, "type", type_names[config->type]);
    if (config->type == KMS_VAULT)
        vault_config_write(config, writer);
    if (config->type == KMS_KMIP)
        kmip_config_write(config, writer);
    json_close_object(writer);
    return json_writer_finish(writer, out, err);
}

enum sealift_status
kms_config_from_json(struct bytes text, struct kms_config *ret_config, struct sealift_error *err)
{
    SCOPED(json_free) struct json *json = NULL;
    struct kms_config config = {0};
    size_t type;

    TRY(json_parse(text, "KMS configuration", &json, err));
    TRY(config_read_name(json, "type", type_names, sizeof(type_names) / sizeof(type_names[0]), &type, err));
    config.type = (enum kms_type)type;
    if (config.type == KMS_VAULT)
        TRY(vault_config_read(json, &config, err));
    if (config.type == KMS_KMIP)
        TRY(kmip_config_read(json, &config, err));
    TRY(kms_config_check(&config, err));
    *ret_config = config;
    return SEALIFT_OK;
}
